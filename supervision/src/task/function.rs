//! The actor that a task is, written by hand: its one message is the work.

use std::any::Any;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use playhouse_core::context::Context;
use playhouse_core::links::{self, ChildOptions, Parent};
use playhouse_core::message::Refusal;
use playhouse_core::{
    Actor, Define, ExitReason, Failure, HandleOf, Handled, Handles, Mail, MailboxOptions,
    RawAddress, Reply, SpawnError, System,
};

use super::attempt::{Attempt, EndOnDrop, Leftovers};
use super::{Outcome, TaskContext, TaskResult};
use crate::child::{Adopted, Recipe};
use crate::factory::InfoSlot;

/// What is called for each attempt.
type Work = Box<dyn FnMut(TaskContext) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send>;

/// One start of a task.
pub(super) struct Function {
    work: Arc<Mutex<Work>>,
    name: Arc<str>,
    leftovers: Leftovers,
}

/// The function is shared by all the children made from one spec, which follow one another.
pub(super) struct FunctionRecipe {
    work: Arc<Mutex<Work>>,
    leftovers: Leftovers,
}

impl FunctionRecipe {
    pub(super) fn new<F, Fut, R>(mut function: F) -> Self
    where
        F: FnMut(TaskContext) -> Fut + Send + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: TaskResult,
    {
        let work: Work = Box::new(move |cx| {
            let called = function(cx);
            Box::pin(async move { called.await.outcome() })
        });
        Self {
            work: Arc::new(Mutex::new(work)),
            leftovers: Leftovers::default(),
        }
    }
}

impl Recipe for FunctionRecipe {
    fn type_name(&self) -> &'static str {
        Function::NAME
    }

    fn kind(&self) -> &'static str {
        "task"
    }

    fn adopt(
        &self,
        system: &System,
        mut options: ChildOptions,
        parent: Arc<dyn Parent>,
    ) -> Result<Adopted, SpawnError> {
        options.always_busy = true;
        let name: Arc<str> = options.name.as_deref().unwrap_or_default().into();
        let (work, leftovers) = (self.work.clone(), self.leftovers.clone());
        let factory: links::Factory<Function> = Box::new(move || {
            let function = Function {
                work: work.clone(),
                name: name.clone(),
                leftovers: leftovers.clone(),
            };
            Box::pin(async move {
                function.leftovers.gone().await;
                Ok(function)
            })
        });
        Ok(Adopted {
            child: links::adopt(system, options, factory, parent)?,
            below: None,
            info: InfoSlot::default(),
        })
    }
}

impl Function {
    /// One attempt, from the call of the function to the end of all that it has spawned.
    async fn attempt(&self, cx: &mut Context<Self>) -> Handled {
        let attempt = Arc::new(Attempt::new());
        let _guard = EndOnDrop {
            attempt: attempt.clone(),
            leftovers: self.leftovers.clone(),
        };
        let pulse = cx.pulse();
        let context = TaskContext {
            pulse: pulse.clone(),
            name: self.name.clone(),
            attempt: attempt.clone(),
        };
        let called = {
            // A function that panicked is called again for the next attempt; what it holds is its own business.
            let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
            work(context)
        };
        let outcome = called.await;
        attempt.end().await;
        match outcome {
            Outcome::Done => cx.stop(),
            Outcome::Cancelled if pulse.is_stopping() => cx.stop_with(ExitReason::Shutdown),
            Outcome::Cancelled => {
                return Handled::Failed(Failure::new("it says that it was cancelled, and was not"));
            }
            Outcome::Failed(failure) => return Handled::Failed(failure),
        }
        Handled::Done
    }
}

impl Define for Function {
    const NAME: &'static str = "Task";
    /// Its work is a notice, which needs no room; nothing else comes.
    const MAILBOX: MailboxOptions = MailboxOptions::new(1);
}

impl Actor for Function {
    type Mail = TaskMail;
    type Handle = TaskHandle;

    const HAS_STOPPING_HOOK: bool = false;

    async fn on_mail(&mut self, mail: TaskMail, cx: &mut Context<Self>) -> Handled {
        let handled = self.attempt(cx).await;
        mail.0.send(());
        handled
    }

    async fn on_started(&mut self, cx: &mut Context<Self>) -> Result<(), Failure> {
        cx.notice_sender().send(Run);
        Ok(())
    }
}

/// The work is to be done.
pub(super) struct Run;

/// All that a task hears.
pub(super) struct TaskMail(Reply<()>);

impl Mail for TaskMail {
    fn name(&self) -> &'static str {
        "TaskRun"
    }

    fn refuse(self, why: Refusal) -> Box<dyn Any + Send> {
        self.0.refuse(why);
        Box::new(Run)
    }
}

impl Handles<Run> for Function {
    type Reply = ();
    type Error = Infallible;

    fn wrap(_: Run, reply: Reply<()>) -> TaskMail {
        TaskMail(reply)
    }

    fn unwrap(mail: TaskMail) -> Result<(Run, Reply<()>), TaskMail> {
        Ok((Run, mail.0))
    }
}

/// The handle of a task's address, which nobody has.
#[derive(Clone)]
pub(super) struct TaskHandle(RawAddress<Function>);

impl HandleOf<Function> for TaskHandle {
    fn from_raw(raw: RawAddress<Function>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<Function> {
        &self.0
    }
}
