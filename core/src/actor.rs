//! What an actor is.
//!
//! `#[actor]` on a struct implements [`Define`], `#[handlers]` on its impl implements [`Actor`] and, where no handler
//! is async, [`BlockingActor`]. They can be written by hand; the order in which the runtime calls them is this:
//!
//! ```text
//!   factory or value --> on_started --> on_mail, one at a time --> on_stopping --> drop
//!                            |                   |
//!                          fails          fails or panics
//!                            v                   v
//!                           drop            on_stopping --> drop --> the next start, if a supervisor says so
//! ```
//!
//! A kill skips `on_stopping`. A state whose start failed is dropped without it. In an incarnation that replaces another
//! one, `on_restarted` comes between `on_started` and the first message.

pub(crate) mod cell;
mod hand;
mod id;
pub(crate) mod idle;
pub(crate) mod inline;
mod phase;
pub(crate) mod pool;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod spawn;
mod start;
mod tracked;

use std::future::{Future, ready};

pub use id::ActorId;
pub use phase::Phase;
pub(crate) use phase::PhaseCell;
pub use spawn::{Scoped, Spawner};

use crate::address::HandleOf;
use crate::context::Context;
use crate::exit::{ExitReason, Incarnation};
use crate::mailbox::MailboxOptions;
use crate::message::Mail;

/// What `#[actor]` says about a struct: how its actors are shown, and their mailbox.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "`#[actor]` is missing on this type",
    note = "put `#[actor]` on the struct and `#[handlers]` on the impl with its messages"
)]
pub trait Define: Sized + Send + 'static {
    /// The type's name as it is shown, and the label of its metrics.
    const NAME: &'static str;
    /// The mailbox, where a spawn says nothing else.
    const MAILBOX: MailboxOptions = MailboxOptions::DEFAULT;
    /// Whether an ask may run its handler at once, on the caller's task.
    const INLINE_ASK: InlineAsk = InlineAsk::Never;
}

/// Whether an ask to an idle actor may run the handler on the caller's task, in place of waking two tasks for it.
///
/// Order, counters, panics and supervision are the same; the caller just does the work itself. With [`Auto`](Self::Auto)
/// it is done where it pays: the actor has started and is idle with an empty mailbox, the handler is a plain `fn`, actor
/// and caller share a runtime, the caller is a task, in no `tracing` span and not itself run in this way, and the actor's
/// messages have taken less than 2 µs each so far (its first 64 asks are scheduled, to find out).
///
/// Not the default, since two things show: inside of such a handler tokio's task-locals and task id are the caller's;
/// and the caller's own time limit, or its `select!`, cannot go on before the handler has returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InlineAsk {
    /// Where it pays.
    Auto,
    /// Never: every message runs in the actor's own task.
    #[default]
    Never,
}

/// A state with messages that it hears one at a time. `#[handlers]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` hears no messages",
    label = "a `#[handlers]` block is missing for this type",
    note = "put `#[handlers]` on an `impl {Self}` block and mark its messages with `#[message]`"
)]
pub trait Actor: Define {
    /// All its messages as one type.
    type Mail: Mail;
    /// The address with the messages as methods.
    type Handle: HandleOf<Self>;

    /// Whether [`on_started`](Self::on_started) has anything to do; it is not asked otherwise.
    const HAS_STARTED_HOOK: bool = true;
    /// Whether [`on_restarted`](Self::on_restarted) has anything to do; it is not asked otherwise.
    const HAS_RESTARTED_HOOK: bool = true;
    /// Whether [`on_stopping`](Self::on_stopping) has anything to do; it is not asked otherwise.
    const HAS_STOPPING_HOOK: bool = true;

    /// Handles one message.
    fn on_mail(
        &mut self,
        mail: Self::Mail,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Handled> + Send;

    /// Handles a message whose handler is a plain function, without a future; gives any other message back.
    ///
    /// Left to its default, every message goes to [`on_mail`](Self::on_mail).
    ///
    /// # Errors
    /// The message, where its handler is async.
    fn on_mail_now(
        &mut self,
        mail: Self::Mail,
        cx: &mut Context<Self>,
    ) -> Result<Handled, Self::Mail> {
        let _ = cx;
        Err(mail)
    }

    /// Runs before the first message of an incarnation.
    fn on_started(
        &mut self,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Runs right after [`on_started`](Self::on_started), in an incarnation that replaces one which was up: with the last
    /// one that was. An error is a failed start.
    fn on_restarted(
        &mut self,
        previous: &Incarnation,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = (previous, cx);
        ready(Ok(()))
    }

    /// Runs after the last message of an incarnation, unless it was killed.
    fn on_stopping(
        &mut self,
        why: &ExitReason,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = (why, cx);
        ready(Ok(()))
    }
}

/// An actor all of whose handlers and hooks are plain functions, so that it can run on threads of its own. `#[handlers]`
/// implements it for those, unless they have a `#[restarted]` hook: the threads of a pool begin anew by themselves.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has an async handler or hook, or a `#[restarted]` one, so it cannot run on a pool of threads",
    label = "a pool of threads takes only plain `fn` handlers",
    note = "write its handlers and hooks as plain `fn`, which may block; or spawn it with `System::spawn`",
    note = "a `#[restarted]` hook is for an actor under a supervisor: the threads of a pool begin anew by themselves"
)]
pub trait BlockingActor: Actor {
    /// Handles one message.
    fn on_mail_blocking(&mut self, mail: Self::Mail, cx: &mut Context<Self>) -> Handled;

    /// Runs before the first message of an incarnation.
    fn on_started_blocking(&mut self, cx: &mut Context<Self>) -> Result<(), Failure> {
        let _ = cx;
        Ok(())
    }

    /// Runs after the last message of an incarnation, unless it was killed.
    fn on_stopping_blocking(
        &mut self,
        why: &ExitReason,
        cx: &mut Context<Self>,
    ) -> Result<(), Failure> {
        let _ = (why, cx);
        Ok(())
    }
}

/// How a handler ended.
#[must_use]
#[derive(Debug)]
pub enum Handled {
    /// It returned, and its answer, if any, is on its way.
    Done,
    /// It returned an error that nobody was there to take: a failure of the actor.
    Failed(Failure),
    /// The same for a message that says `on_error = report`: logged and counted, and the actor goes on.
    Reported(Failure),
}

/// The text of an error that ends an incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    text: String,
}

impl Failure {
    /// A failure with this text. It is cut to the system's limit (256 bytes) where it is kept.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// Finds the best text of an error of unknown type; for generated code.
///
/// A method call looks at fewer references first, so the impl for the most references is found last. `Display` is the
/// best text, then `Debug`; an error with neither is named by its type.
#[doc(hidden)]
pub mod describe {
    use std::fmt::{Debug, Display};

    use super::Failure;

    #[derive(Debug)]
    pub struct Describe<'a, E>(pub &'a E);

    pub trait ByDisplay {
        fn failure(&self) -> Failure;
    }

    impl<E: Display> ByDisplay for &&Describe<'_, E> {
        fn failure(&self) -> Failure {
            Failure::new(format!("{:#}", self.0))
        }
    }

    pub trait ByDebug {
        fn failure(&self) -> Failure;
    }

    impl<E: Debug> ByDebug for &Describe<'_, E> {
        fn failure(&self) -> Failure {
            Failure::new(format!("{:?}", self.0))
        }
    }

    pub trait ByType {
        fn failure(&self) -> Failure;
    }

    impl<E> ByType for Describe<'_, E> {
        fn failure(&self) -> Failure {
            Failure::new(std::any::type_name::<E>())
        }
    }
}

/// Any error value as a [`Failure`]; for generated code.
#[doc(hidden)]
#[macro_export]
macro_rules! failure {
    ($error:expr) => {{
        #[allow(unused_imports)]
        use $crate::actor::describe::{ByDebug as _, ByDisplay as _, ByType as _};
        let error = $error;
        (&&&$crate::actor::describe::Describe(&error)).failure()
    }};
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_is_described_by_the_best_text_it_has() {
        #[derive(Debug)]
        struct OnlyDebug;
        struct Neither;
        assert_eq!(crate::failure!("plain").text(), "plain");
        assert_eq!(crate::failure!(OnlyDebug).text(), "OnlyDebug");
        assert!(crate::failure!(Neither).text().ends_with("Neither"));
    }
}
