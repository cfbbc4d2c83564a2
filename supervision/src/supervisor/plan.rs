//! The plan of a supervisor: what was asked for, found to make sense, and kept over restarts of the supervisor
//! itself.

use std::collections::HashSet;
use std::sync::Arc;

use playhouse_core::links::{ChildOptions, Parent};
use playhouse_core::{MailboxOptions, SpawnError, System};

use super::Supervisor;
use super::actor::Supervising;
use super::decide::{Rules, Settings};
use super::table::Shared;
use crate::backoff::Backoff;
use crate::child::{Adopted, ChildSpec, KeepQueue, Recipe, Restart, Shutdown};
use crate::error::{ConfigError, Mistake, Warning};
use crate::factory::InfoSlot;
use crate::intensity::Intensity;
use crate::strategy::AutoShutdown;

/// What a supervisor without a name is called in errors and logs.
const UNNAMED: &str = "supervisor";

/// What a supervisor is to be.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) name: Option<Arc<str>>,
    pub(super) settings: Settings,
    pub(super) seed: Option<u64>,
    pub(super) recorded: usize,
    /// It is there for one child alone, and ends when that has ended for good.
    pub(super) ends_with_child: bool,
    pub(super) children: Vec<ChildSpec>,
    backoff: Backoff,
    max_retries: Option<u32>,
}

impl Supervisor {
    /// Looks whether all of it makes sense, with all below it, without starting anything. Gives what may not do what was
    /// meant, and where; a start logs that.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// # #[actor]
    /// # struct Feed;
    /// # #[handlers]
    /// # impl Feed {
    /// #     #[message]
    /// #     fn read(&self) {}
    /// # }
    ///
    /// let news = Supervisor::one_for_one().name("news").backoff(Backoff::default()).child(actor("feed", || Feed));
    /// let warnings = news.check().unwrap();
    /// assert_eq!(warnings[0].0, "news/feed"); // such waits are too long for 3 restarts in 5 s
    /// assert!(news.max_retries(10).check().unwrap().is_empty());
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`]: all that makes no sense.
    pub fn check(&self) -> Result<Vec<(String, Warning)>, ConfigError> {
        let plan = self.clone().unchecked();
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        plan.check(plan.title(), &mut mistakes);
        ConfigError::check(mistakes)?;
        plan.warnings(plan.title(), &mut warnings);
        Ok(warnings)
    }

    /// The plan, if all of it makes sense.
    pub(super) fn plan(self) -> Result<Plan, ConfigError> {
        let plan = self.unchecked();
        let mut mistakes = Vec::new();
        plan.check(plan.title(), &mut mistakes);
        ConfigError::check(mistakes)?;
        plan.warn();
        Ok(plan)
    }

    /// The plan of a supervisor that is a child; the one at the top checks it.
    fn unchecked(self) -> Plan {
        let Self {
            name,
            strategy,
            dynamic,
            intensity,
            backoff,
            max_retries,
            auto_shutdown,
            retry_initial,
            max_children,
            seed,
            recorded,
            ends_with_child,
            children,
        } = self;
        Plan {
            name,
            settings: Settings {
                strategy,
                intensity,
                auto_shutdown,
                retry_initial,
                dynamic,
                max_children,
            },
            seed,
            recorded,
            ends_with_child,
            children,
            backoff,
            max_retries,
        }
    }
}

impl Plan {
    /// What it is called in errors and logs.
    pub(super) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(UNNAMED)
    }

    /// What a supervisor decides by about a child.
    pub(super) fn rules(&self, child: &ChildSpec) -> Rules {
        Rules {
            restart: child.restart,
            significant: child.significant,
            shutdown: child.shutdown,
            backoff: child
                .backoff
                .clone()
                .unwrap_or_else(|| self.backoff.clone()),
            max_retries: child.max_retries.or(self.max_retries),
            start_limit: child.start_limit,
            keeps_queue: child.keep_queue == KeepQueue::Always,
        }
    }

    /// What makes no sense in a child that is added to a supervisor that runs.
    pub(super) fn check_added(&self, child: &ChildSpec) -> Result<(), ConfigError> {
        let mut mistakes = Vec::new();
        self.check_child(self.title(), child, &mut mistakes);
        if let Some(plan) = child.recipe.plan() {
            plan.check(&format!("{}/{}", self.title(), child.id), &mut mistakes);
        }
        ConfigError::check(mistakes)?;
        let mut warnings = Vec::new();
        self.warnings_of(self.title(), child, &mut warnings);
        log(&warnings);
        Ok(())
    }

    /// Collects what makes no sense, here and below.
    fn check(&self, place: &str, mistakes: &mut Vec<(String, Mistake)>) {
        let mut note = |mistake| mistakes.push((place.to_owned(), mistake));
        if self
            .settings
            .intensity
            .is_some_and(|intensity| intensity.period.is_zero())
        {
            note(Mistake::ZeroPeriod);
        }
        if let Err(error) = self.backoff.check() {
            note(Mistake::Backoff(error));
        }
        let children = self.children.len();
        if let Some(max) = self.settings.max_children.filter(|max| children > *max) {
            note(Mistake::MaxChildren { children, max });
        }
        let mut ids = HashSet::new();
        for child in &self.children {
            if !child.id.is_empty() && !ids.insert(&child.id) {
                mistakes.push((format!("{place}/{}", child.id), Mistake::DuplicateId));
            }
            self.check_child(place, child, mistakes);
        }
        for child in &self.children {
            if let Some(plan) = child.recipe.plan() {
                plan.check(&format!("{place}/{}", child.id), mistakes);
            }
        }
    }

    /// Collects what makes no sense in one child by itself.
    fn check_child(&self, place: &str, child: &ChildSpec, mistakes: &mut Vec<(String, Mistake)>) {
        let mut note = |mistake| mistakes.push((format!("{place}/{}", child.id), mistake));
        if child.id.is_empty() {
            note(Mistake::NoId);
        }
        if child.start_limit.is_some_and(|limit| limit.is_zero()) {
            note(Mistake::ZeroStartLimit);
        }
        if child.idle_timeout.is_some_and(|limit| limit.is_zero()) {
            note(Mistake::ZeroIdleTimeout);
        }
        if child.mailbox.capacity() == 0 {
            note(Mistake::ZeroMailbox);
        }
        if let Some(Err(error)) = child.backoff.as_ref().map(Backoff::check) {
            note(Mistake::Backoff(error));
        }
        if child.significant && child.restart == Restart::Permanent {
            note(Mistake::SignificantPermanent);
        }
        if child.significant && self.settings.auto_shutdown == AutoShutdown::Never {
            note(Mistake::SignificantNever);
        }
    }

    /// Tells of what may not do what was meant, here and below.
    fn warn(&self) {
        let mut warnings = Vec::new();
        self.warnings(self.title(), &mut warnings);
        log(&warnings);
    }

    /// Collects what may not do what was meant, here and below.
    fn warnings(&self, place: &str, warnings: &mut Vec<(String, Warning)>) {
        for child in &self.children {
            self.warnings_of(place, child, warnings);
        }
    }

    fn warnings_of(&self, place: &str, child: &ChildSpec, warnings: &mut Vec<(String, Warning)>) {
        let below = || format!("{place}/{}", child.id);
        if let Some(plan) = child.recipe.plan() {
            plan.warnings(&below(), warnings);
        }
        if let Some(warning) = self.void_intensity(child) {
            warnings.push((below(), warning));
        }
    }

    /// With long waits there are never enough restarts within the period: then a child that always fails is never given
    /// up.
    fn void_intensity(&self, child: &ChildSpec) -> Option<Warning> {
        let Intensity { max, period } = self.settings.intensity?;
        let limited = child.max_retries.or(self.max_retries).is_some();
        let longest = child.backoff.as_ref().unwrap_or(&self.backoff).longest();
        let void = longest.saturating_mul(max) > period;
        (void && !limited && child.restart != Restart::Temporary).then_some(
            Warning::VoidIntensity {
                longest,
                max,
                period,
            },
        )
    }
}

fn log(warnings: &[(String, Warning)]) {
    for (place, warning) in warnings {
        tracing::warn!(place, "{warning}");
    }
}

/// A supervisor as a child: permanent, given all the time that it needs to start and to stop, since its own children
/// have limits of theirs.
impl From<Supervisor> for ChildSpec {
    fn from(supervisor: Supervisor) -> Self {
        let id = supervisor.name.clone().unwrap_or_default();
        let recipe = Nested {
            plan: Arc::new(supervisor.unchecked()),
        };
        let mut spec =
            Self::new(id, MailboxOptions::DEFAULT, Arc::new(recipe)).shutdown(Shutdown::Wait);
        spec.start_limit = None;
        spec
    }
}

/// A supervisor as a child.
struct Nested {
    plan: Arc<Plan>,
}

impl Recipe for Nested {
    fn type_name(&self) -> &'static str {
        Supervising::TYPE_NAME
    }

    fn kind(&self) -> &'static str {
        "supervisor"
    }

    fn adopt(
        &self,
        system: &System,
        options: ChildOptions,
        parent: Arc<dyn Parent>,
    ) -> Result<Adopted, SpawnError> {
        let shared = Arc::new(Shared::new(self.plan.clone()));
        let child = super::actor::adopt(shared.clone(), system, options, parent)?;
        Ok(Adopted {
            child,
            below: Some(shared),
            info: InfoSlot::default(),
        })
    }

    fn plan(&self) -> Option<&Arc<Plan>> {
        Some(&self.plan)
    }
}
