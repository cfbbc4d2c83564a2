//! A handle of an application, for whoever begins its shutdown or waits for it.

use std::sync::Arc;

use super::error::AddError;
use super::report::{ShutdownReason, ShutdownReport};
use super::shared::Shared;
use super::task::{self, ShutdownTask};

/// A handle of an application: a cheap one, clones are of the same application. It keeps nothing running.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::Application;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let application = Application::new(&System::new("shop"));
/// let handle = application.handle();
/// tokio::spawn(async move {
///     // ... until all is sold
///     handle.shutdown("sold out");
/// });
/// let report = application.run().await?;
/// assert_eq!(report.reason.to_string(), "sold out");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ApplicationHandle {
    shared: Arc<Shared>,
}

impl ApplicationHandle {
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Begins the shutdown, with a word on why (of which 256 bytes are kept). False, and nothing happens, if it has
    /// begun already or the application is over.
    ///
    /// Before the application runs this is remembered: it shuts down as soon as it does.
    pub fn shutdown(&self, reason: impl AsRef<str>) -> bool {
        let reason = task::clip(reason.as_ref());
        self.shared.begin(ShutdownReason::Requested(reason))
    }

    /// Waits no longer: running tasks are dropped, actors are killed, and the report says who that was. Begins the
    /// shutdown if it has not begun. Again, or when all is over, it does nothing.
    pub fn force(&self) {
        self.shared
            .force(ShutdownReason::Requested(Arc::from("forced")));
    }

    /// Adds a task to a phase that has not begun, of an application that runs. For what is made while it runs, and
    /// must be undone when it ends.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::{Application, ShutdownPhase, ShutdownTask};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let report = Application::new(&System::new("shop"))
    ///     .phase(ShutdownPhase::new("intake"))
    ///     .starting(|application| async move {
    ///         let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    ///         application.add("intake", ShutdownTask::new("listener", || async { drop(listener) }))?;
    ///         application.shutdown("enough seen");
    ///         Ok(())
    ///     })
    ///     .run()
    ///     .await?;
    /// assert!(report.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AddError`]; the task is dropped then.
    pub fn add(&self, phase: &str, task: ShutdownTask) -> Result<(), AddError> {
        self.shared.add(phase, task)
    }

    /// Why it shuts down, once it does.
    #[must_use]
    pub fn reason(&self) -> Option<ShutdownReason> {
        self.shared.reason()
    }

    /// Waits until the shutdown begins, and says why; `None` if the application is dropped before that. For work that
    /// is not done by actors, and is to end by itself.
    pub async fn begun(&self) -> Option<ShutdownReason> {
        let mut status = self.shared.watch();
        let status = status
            .wait_for(|status| status.begun.is_some() || status.over)
            .await;
        status.ok()?.begun.clone()
    }

    /// Waits until the shutdown is over, and says what became of it; `None` if the application is dropped before that.
    pub async fn ended(&self) -> Option<Arc<ShutdownReport>> {
        let mut status = self.shared.watch();
        let status = status.wait_for(|status| status.over).await;
        status.ok()?.report.clone()
    }
}
