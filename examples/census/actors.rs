//! Who does what.
//!
//! ```text
//!            hand_out (an ask: answered when there is room)           read
//!  Walker ────────────────────────────────────────────▶ Dispatcher ─────────▶ Readers (a pool of threads)
//!    │                                                     ▲  │                  │   │
//!    │                          settled                    └──┼──────────────────┘   │
//!    │ failed, other                                          │ unread               │ counted, unread
//!    └───────────────────────────────▶ Merger ◀───────────────┴──────────────────────┘
//! ```
//!
//! *Bounded.* At most [`OUT`](dispatcher::OUT) files are on their way at any time: the walker's question is answered
//! when there is room for its files, and a file gives its room back when it is settled. The merger's mailbox is
//! bounded as well, and readers wait in front of it.
//!
//! *No deadlock.* The merger waits for nobody. The dispatcher waits only for the merger. The readers' mailbox has room
//! for all files that can be on their way, and the dispatcher's for what can be said about them, so nobody ever waits
//! in front of these two, except the walker, for whom nobody waits.
//!
//! *Nothing is lost and nothing counts twice.* A reader tells the merger about a file when it is done with all of it,
//! and then settles it. When it fails before that, the file goes back to the dispatcher, which hands it out again.
//! Files are handed out by the handful: those that its reader had not come to go back as they were.
//!
//! *The end* is known to the dispatcher alone: the walk is over and nothing is on its way. By then, everything that
//! there is to tell has been accepted by the merger's mailbox, so whoever asks the merger afterwards gets it all.

pub(crate) mod dispatcher;
pub(crate) mod merger;
pub(crate) mod reader;
pub(crate) mod reporter;
pub(crate) mod surveyor;
pub(crate) mod walker;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use playhouse::SpawnError;
use playhouse::prelude::*;

use crate::plan::Plan;
use crate::progress::Display;
use crate::report::Report;
use crate::tally::Tally;
use dispatcher::Dispatcher;
use merger::Merger;
use reporter::Reporter;
use surveyor::Surveyor;
use walker::Walker;

/// For questions whose answer may take as long as it likes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// All of them.
#[derive(Debug)]
pub(crate) struct Crew {
    walker: Address<Walker>,
    dispatcher: Address<Dispatcher>,
    merger: Address<Merger>,
    reporter: Address<Reporter>,
    /// Where somebody sees the progress.
    surveyor: Option<Address<Surveyor>>,
}

impl Crew {
    pub(crate) fn spawn(
        system: &System,
        plan: &Arc<Plan>,
        tally: Tally,
        display: Display,
    ) -> Result<Self, SpawnError> {
        let surveyor = match display.is_silent() {
            true => None,
            false => {
                let plan = plan.clone();
                Some(system.spawn_pool(1, move || Surveyor::new(plan.clone()))?)
            }
        };
        let reporter = system.spawn(Reporter::new(plan.clone(), display));
        let merger = system.spawn(Merger::new(tally));
        let dispatcher = system.spawn(Dispatcher::new(plan.clone(), merger.clone()));
        let walker = {
            let (plan, merger, dispatcher) = (plan.clone(), merger.clone(), dispatcher.clone());
            system.spawn_pool(1, move || {
                Walker::new(plan.clone(), merger.clone(), dispatcher.clone())
            })?
        };
        Ok(Self {
            walker,
            dispatcher,
            merger,
            reporter,
            surveyor,
        })
    }

    /// Sets them to work.
    pub(crate) async fn begin(&self) -> Result<(), Box<dyn Error>> {
        self.walker.walk().await?;
        if let Some(surveyor) = &self.surveyor {
            // Who is done within a second needs no forecast.
            surveyor.survey().after(secs(1));
        }
        Ok(())
    }

    /// Waits until every file is settled.
    pub(crate) async fn finished(&self) -> Result<(), Box<dyn Error>> {
        match self.dispatcher.finished().timeout(PATIENCE).await {
            Ok(()) => Ok(()),
            Err(_) => {
                let why = self.dispatcher.wait().await;
                Err(format!("the dispatcher has ended: {why}").into())
            }
        }
    }

    /// Takes the progress away and gives the report, and how often readers were started again.
    pub(crate) async fn result(&self) -> Result<(Report, u64), Box<dyn Error>> {
        let Ok(report) = self.merger.result().timeout(PATIENCE).await else {
            return Err("the merger has failed, so there is no result".into());
        };
        let restarts = self.dispatcher.restarts().await?;
        // If it has failed, there is nothing to take away.
        let _ = self.reporter.clear().ask().await;
        Ok((report, restarts))
    }
}
