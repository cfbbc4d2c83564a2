//! Tasks: what there is to do when an application shuts down.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::course::Job;
use super::report::Outcome;

/// The longest text of an error, a panic or a reason that is kept, in bytes.
const TEXT_LIMIT: usize = 256;

/// What a task fails with: any error, made of it by `?` or `into()`.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What a task may return: nothing, or a `Result<(), BoxError>`.
///
/// The error is one type, so that `Ok(())` at the end of a task needs no annotation, and `?` takes every error.
#[diagnostic::on_unimplemented(
    message = "a shutdown task cannot return `{Self}`",
    label = "returns neither `()` nor `Result<(), BoxError>`",
    note = "a task ends with nothing, or with `Ok(())`; `?` takes every error: `close().await?; Ok(())`"
)]
pub trait TaskOutput: Send + 'static {
    /// As a result.
    #[doc(hidden)]
    fn into_result(self) -> Result<(), BoxError>;
}

impl TaskOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl TaskOutput for Result<(), BoxError> {
    fn into_result(self) -> Self {
        self
    }
}

/// Work that is done at most once.
pub(super) type Work<A> = Box<dyn FnOnce(A) -> Working + Send>;
type Working = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// Something to do when an application shuts down.
///
/// It runs once, when its phase begins, beside the other tasks of that phase. Over its deadline it is dropped, at its
/// next await. An error or a panic of it is in the report, and holds up nothing.
///
/// ```
/// use playhouse::prelude::*;
/// use playhouse::supervision::ShutdownTask;
///
/// let metrics = ShutdownTask::new("metrics", || async {
///     tokio::fs::write("metrics.txt", "42").await?;
///     Ok(())
/// })
/// .deadline(secs(1));
/// # let _ = metrics;
/// ```
#[must_use = "a task does nothing before it is given to an application"]
pub struct ShutdownTask {
    pub(super) job: Job,
    pub(super) work: Work<()>,
}

impl ShutdownTask {
    /// Work with a name. The name is unique in its phase.
    pub fn new<F, Fut>(name: impl Into<Arc<str>>, work: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: TaskOutput,
    {
        Self {
            job: Job {
                name: name.into(),
                deadline: None,
            },
            work: boxed(move |()| work()),
        }
    }

    /// How long it may take; that of its phase unless set. It may be longer than that of its phase, and never than
    /// what is left of the whole shutdown. Zero is a mistake.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.job.deadline = Some(deadline);
        self
    }
}

impl fmt::Debug for ShutdownTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownTask")
            .field("name", &self.job.name)
            .field("deadline", &self.job.deadline)
            .finish_non_exhaustive()
    }
}

pub(super) fn boxed<A, F, Fut>(work: F) -> Work<A>
where
    F: FnOnce(A) -> Fut + Send + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: TaskOutput,
{
    Box::new(move |argument| {
        let working = work(argument);
        Box::pin(async move { working.await.into_result() })
    })
}

/// Does the work. What panics in it unwinds out of this; so does the text of its error.
pub(super) async fn perform<A>(work: Work<A>, argument: A) -> Outcome {
    match work(argument).await {
        Ok(()) => Outcome::Done,
        // `{:#}` is the form in which `anyhow` and `eyre` write the chain of causes on one line.
        Err(error) => Outcome::Failed(clip(&format!("{error:#}"))),
    }
}

/// What a panic said. Its payload is dropped.
pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Outcome {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    let text = clip(text);
    drop_quietly(payload);
    Outcome::Panicked(text)
}

/// On one line, and of a bounded length: it goes into logs and reports.
pub(super) fn clip(text: &str) -> Arc<str> {
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let line = text[..end].replace(char::is_control, " ");
    Arc::from(line.trim_end())
}

/// Drops what is somebody else's: a destructor that panics ends no shutdown.
pub(super) fn drop_quietly<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(value))) {
        tracing::error!("a destructor panicked");
        // Its own destructor may panic again; it is left to leak.
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests;
