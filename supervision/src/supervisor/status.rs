//! The status of a child in one fixed form, for whatever reads JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use playhouse_core::{ExitReason, Phase};
use serde::{Serialize, Serializer};

use super::handle::SupervisorRef;
use super::info::ChildInfo;
use crate::error::ChildError;

/// A child as programs outside see it. Its JSON keys are fixed.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::task;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let office = Supervisor::one_for_one()
///     .child(task("feed", |cx| async move { cx.until_cancelled().await }))
///     .start(&System::new("office"))
///     .await?;
/// let status = office.status("feed").await?;
/// assert!(status.running);
/// let json = serde_json::to_value(&status)?;
/// assert_eq!(json["type"], "task");
/// assert_eq!(json["restartCount"], 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChildStatus {
    /// The child's id.
    pub name: Arc<str>,
    /// `task`, `actor`, `supervisor`, or `process`.
    pub r#type: &'static str,
    /// Whether it is up. Not while it waits for its restart.
    pub running: bool,
    /// `starting`, `running`, `restarting`, `stopping`, `stopped` or `failed`.
    pub state: &'static str,
    /// The id of the operating system's process, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// How often it was started again, since somebody asked for its start the last time.
    pub restart_count: u64,
    /// When its latest start was done, as RFC 3339 in UTC; `null` before the first.
    #[serde(serialize_with = "rfc3339")]
    pub last_start: Option<SystemTime>,
    /// How long it has been up, in nanoseconds; 0 while it is not.
    #[serde(serialize_with = "nanos")]
    pub uptime: Duration,
    /// How it ended the last time, as a program would say it: 0 for a normal end, 1 for a failure, −1 when it was stopped
    /// or killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

impl SupervisorRef {
    /// The status of a child.
    ///
    /// # Errors
    /// [`ChildError`]: there is no such child, or the supervisor does not run.
    pub async fn status(&self, id: &str) -> Result<ChildStatus, ChildError> {
        let info = self.info().await.ok_or(ChildError::SupervisorGone)?;
        let mut children = info.children.iter();
        let child = children.find(|child| &*child.id == id);
        let not_found = || ChildError::NotFound { id: id.to_owned() };
        Ok(child.ok_or_else(not_found)?.status())
    }

    /// The status of each child, by id; none once the supervisor has ended.
    pub async fn statuses(&self) -> BTreeMap<Arc<str>, ChildStatus> {
        let children = self.children().await;
        let statuses = children
            .iter()
            .map(|child| (child.id.clone(), child.status()));
        statuses.collect()
    }
}

impl ChildInfo {
    /// The same in the form with fixed JSON keys.
    #[must_use]
    pub fn status(&self) -> ChildStatus {
        ChildStatus {
            name: self.id.clone(),
            r#type: self.kind,
            running: self.is_up(),
            state: match self.state {
                Phase::Starting => "starting",
                Phase::Running | Phase::Suspended => "running",
                Phase::Backoff => "restarting",
                Phase::Stopping => "stopping",
                Phase::Stopped => "stopped",
                Phase::Failed => "failed",
            },
            pid: None,
            restart_count: self.restarts,
            last_start: self.last_start,
            uptime: self.uptime.unwrap_or_default(),
            exit_code: self.last_exit.as_ref().map(exit_code),
        }
    }
}

fn exit_code(reason: &ExitReason) -> i32 {
    match reason {
        ExitReason::Normal => 0,
        ExitReason::Shutdown | ExitReason::ShutdownWith(_) | ExitReason::Killed => -1,
        // Errors, panics, starts that failed, and whatever failures are still to come.
        _ => 1,
    }
}

fn rfc3339<S: Serializer>(time: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
    // The library formats no others; a clock that says so is not set.
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    let is_of_our_time = |time: &SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .is_ok_and(|since| since < YEAR_10000)
    };
    match time.filter(is_of_our_time) {
        Some(time) => to.collect_str(&humantime::format_rfc3339_nanos(time)),
        None => to.serialize_none(),
    }
}

fn nanos<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
