//! The supervisor as an actor of the core, written by hand: it does nothing that a user's actor could not do.

use std::any::Any;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use playhouse_core::context::Context;
use playhouse_core::links::{self, Parent};
use playhouse_core::message::Refusal;
use playhouse_core::{
    Actor, ActorId, Address, Define, ExitReason, Failure, HandleOf, Handled, Handles, Mail,
    RawAddress, Reply, SpawnError, System, Timer,
};
use tokio::sync::oneshot;

use super::decide::Event;
use super::decide::Request;
use super::handle::{Started, SupervisorRef};
use super::info::SupervisorInfo;
use super::plan::Plan;
use super::shell::{Shell, Verdict, discard};
use super::table::Shared;
use crate::child::ChildSpec;
use crate::error::{ChildError, DeleteChildError, RestartChildError, StartChildError, StartError};

/// A supervisor at work.
pub(crate) struct Supervising {
    shared: Arc<Shared>,
    above: Above,
    /// `None` before the first child is started, and once they are all down.
    shell: Option<Shell>,
    /// The message that looks at timers, and when it is due.
    tick: Option<(Duration, Timer)>,
}

/// Who is told how the boot went.
enum Above {
    /// Nobody, or nobody any more.
    Nobody,
    /// Who called `start`.
    Caller(oneshot::Sender<Result<(), StartError>>),
    /// The supervisor whose child this one is.
    Parent(Arc<dyn Parent>),
}

impl Supervising {
    pub(super) const TYPE_NAME: &'static str = "Supervisor";

    fn new(shared: Arc<Shared>, above: Above) -> Self {
        Self {
            shared,
            above,
            shell: None,
            tick: None,
        }
    }

    /// Starts the first child. The others follow while messages are handled already, so that a stop can come in between.
    async fn begin(&mut self, cx: &mut Context<Self>) {
        // Children of an incarnation that was killed may still be on their way out. The semaphore is never closed.
        let turn = self.shared.turn.clone().acquire_owned().await.ok();
        let shell = self.shell.insert(Shell::new(self.shared.clone(), turn, cx));
        shell.event(Event::Boot);
        shell.listen();
        self.follow_up(cx);
    }

    /// What is due after each event: telling that all are up, ending when that was decided, planning the next look.
    fn follow_up(&mut self, cx: &mut Context<Self>) {
        let Some(shell) = &mut self.shell else { return };
        // Also when it is over already: what comes after the boot is no failure of it.
        if shell.is_booted() {
            match std::mem::replace(&mut self.above, Above::Nobody) {
                Above::Nobody => {}
                Above::Caller(caller) => drop(caller.send(Ok(()))),
                Above::Parent(parent) => parent.started(cx.id(), cx.incarnation()),
            }
        }
        if let Some(verdict) = shell.verdict() {
            cx.stop_with(verdict.reason());
        }
        let next = shell.next_timer();
        // One that comes too early costs a look; to set another one for each event would cost more.
        let planned = self.tick.as_ref().map_or(Duration::MAX, |(at, _)| *at);
        if let Some(at) = next.filter(|at| *at < planned) {
            if let Some((_, timer)) = self.tick.take() {
                timer.cancel();
            }
            self.tick = Some((at, cx.after(at.saturating_sub(shell.now()), Tick)));
        }
    }

    /// Tells whoever waits for the boot that it failed.
    fn refuse(&mut self, error: StartError) {
        if let Above::Caller(caller) = std::mem::replace(&mut self.above, Above::Nobody) {
            drop(caller.send(Err(error)));
        }
    }

    fn hear(&mut self, mail: SupervisorMail, cx: &mut Context<Self>) {
        let Some(shell) = &mut self.shell else { return };
        match mail.0 {
            Hears::Reports(Reports, reply) => {
                shell.look();
                reply.send(());
            }
            Hears::Tick(Tick, reply) => {
                self.tick = None;
                shell.look();
                reply.send(());
            }
            Hears::Look(Look, reply) => reply.send(shell.info()),
            Hears::StartChild(StartChild { spec }, reply) => {
                shell.start_child(&spec, reply.give_away(cx));
                // One that was refused goes here, with a factory of the user's.
                discard(spec);
            }
            Hears::Again(Again { id, how }, reply) => {
                let request = |child| match how {
                    How::IfDown => Request::Restart { child },
                    How::Now => Request::RestartNow { child },
                    How::Anyhow => Request::Cycle { child },
                };
                shell.restart_child(&id, request, reply.give_away(cx));
            }
            Hears::Terminate(Terminate { id }, reply) => {
                shell.terminate_child(&id, reply.give_away(cx));
            }
            Hears::Delete(Delete { id }, reply) => match shell.delete_child(&id) {
                Ok(()) => reply.send(()),
                Err(error) => reply.fail(error),
            },
        }
        self.follow_up(cx);
    }
}

impl Drop for Supervising {
    fn drop(&mut self) {
        self.shared.table_mut().is_open = false;
        if let Some(shell) = self.shell.take() {
            shell.abandon();
        }
    }
}

/// Starts a supervisor that is nobody's child.
pub(super) async fn start(plan: Arc<Plan>, system: &System) -> Result<SupervisorRef, StartError> {
    let (caller, booted) = oneshot::channel();
    let shared = Arc::new(Shared::new(plan.clone()));
    let mut spawner = system.spawner();
    if let Some(name) = &plan.name {
        spawner = spawner.name(&**name);
    }
    let address = spawner.spawn(Supervising::new(shared.clone(), Above::Caller(caller)))?;
    let unfinished = StopOnDrop(Some(address));
    let booted = booted.await;
    let address = unfinished.keep();
    match booted {
        Ok(Ok(())) => Ok(SupervisorRef::new(address, shared)),
        Ok(Err(error)) => {
            address.wait().await;
            Err(error)
        }
        Err(_) => Err(StartError::Stopped(address.wait().await)),
    }
}

/// A supervisor whose boot somebody waits for. It is stopped when they do not wait any more.
struct StopOnDrop(Option<Address<Supervising>>);

impl StopOnDrop {
    fn keep(mut self) -> Address<Supervising> {
        self.0.take().expect("it is taken once")
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(address) = &self.0 {
            address.stop();
        }
    }
}

/// Brings a supervisor under another one.
pub(super) fn adopt(
    shared: Arc<Shared>,
    system: &System,
    options: links::ChildOptions,
    parent: Arc<dyn Parent>,
) -> Result<links::Child, SpawnError> {
    let above = parent.clone();
    let factory: links::Factory<Supervising> = Box::new(move || {
        let supervising = Supervising::new(shared.clone(), Above::Parent(above.clone()));
        Box::pin(ready(Ok(supervising)))
    });
    links::adopt(system, options, factory, Arc::new(UpLater(parent)))
}

/// The parent of a supervisor: not told that it is up when the core says so, but when its children are.
struct UpLater(Arc<dyn Parent>);

impl Parent for UpLater {
    fn started(&self, _: ActorId, _: u64) {}

    fn exited(&self, child: ActorId, run: u64, reason: &ExitReason) {
        self.0.exited(child, run, reason);
    }

    fn ignored(&self, child: ActorId, run: u64) {
        self.0.ignored(child, run);
    }

    fn ended(&self, child: ActorId, reason: &ExitReason) {
        self.0.ended(child, reason);
    }
}

impl Verdict {
    /// Why the supervisor ends.
    fn reason(&self) -> ExitReason {
        match self {
            Self::FailedBoot { child, reason } => {
                let error = StartError::Child {
                    child: child.clone(),
                    reason: reason.clone(),
                };
                ExitReason::StartFailed(error.to_string().into())
            }
            Self::AutoShutdown => ExitReason::Shutdown,
            Self::GaveUp { child, cause } => ExitReason::Escalated {
                child: child.clone(),
                cause: Arc::new(cause.clone()),
            },
        }
    }

    /// What is told to whoever waits for the boot.
    fn error(&self) -> StartError {
        match self.clone() {
            Self::FailedBoot { child, reason } => StartError::Child { child, reason },
            Self::GaveUp { child, cause } => StartError::GaveUp { child, cause },
            Self::AutoShutdown => StartError::Stopped(ExitReason::Shutdown),
        }
    }
}

impl Define for Supervising {
    const NAME: &'static str = Self::TYPE_NAME;
}

impl Actor for Supervising {
    type Mail = SupervisorMail;
    type Handle = SupervisorHandle;

    async fn on_mail(&mut self, mail: Self::Mail, cx: &mut Context<Self>) -> Handled {
        self.hear(mail, cx);
        Handled::Done
    }

    async fn on_started(&mut self, cx: &mut Context<Self>) -> Result<(), Failure> {
        self.begin(cx).await;
        Ok(())
    }

    async fn on_stopping(&mut self, _: &ExitReason, _: &mut Context<Self>) -> Result<(), Failure> {
        if let Some(shell) = &mut self.shell {
            shell.event(Event::Stop);
            shell.run_until(Shell::is_over).await;
            if let Some(error) = shell.verdict().map(Verdict::error) {
                self.refuse(error);
            }
            self.shell = None;
        }
        Ok(())
    }
}

/// Reports of children have come.
pub(super) struct Reports;

/// A timer is due.
pub(super) struct Tick;

/// How does the supervisor stand?
pub(super) struct Look;

/// A child is to be added.
pub(super) struct StartChild {
    pub(super) spec: ChildSpec,
}

/// A child is to be started again.
pub(super) struct Again {
    pub(super) id: Box<str>,
    pub(super) how: How,
}

/// Which children may be started again.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// One that is down.
    IfDown,
    /// One that is down or waits for its restart.
    Now,
    /// Any; one that runs is stopped first.
    Anyhow,
}

/// A child is to be ended for good.
pub(super) struct Terminate {
    pub(super) id: Box<str>,
}

/// A child that is down is to be forgotten.
pub(super) struct Delete {
    pub(super) id: Box<str>,
}

/// Writes what a supervisor hears: one variant per message, and one `Handles`, all alike.
macro_rules! hears {
    ($($message:ident -> $reply:ty, $error:ty;)+) => {
        /// All that a supervisor hears.
        pub(crate) struct SupervisorMail(Hears);

        enum Hears {
            $($message($message, Reply<$reply, $error>),)+
        }

        impl Mail for SupervisorMail {
            fn name(&self) -> &'static str {
                match self.0 {
                    $(Hears::$message(..) => concat!("Supervisor", stringify!($message)),)+
                }
            }

            fn refuse(self, why: Refusal) -> Box<dyn Any + Send> {
                match self.0 {
                    $(Hears::$message(message, reply) => {
                        reply.refuse(why);
                        Box::new(message)
                    })+
                }
            }
        }

        $(impl Handles<$message> for Supervising {
            type Reply = $reply;
            type Error = $error;

            fn wrap(message: $message, reply: Reply<$reply, $error>) -> SupervisorMail {
                SupervisorMail(Hears::$message(message, reply))
            }

            fn unwrap(mail: SupervisorMail) -> Result<($message, Reply<$reply, $error>), SupervisorMail> {
                match mail.0 {
                    Hears::$message(message, reply) => Ok((message, reply)),
                    other => Err(SupervisorMail(other)),
                }
            }
        })+
    };
}

hears! {
    Reports -> (), Infallible;
    Tick -> (), Infallible;
    Look -> SupervisorInfo, Infallible;
    StartChild -> Started, StartChildError;
    Again -> Started, RestartChildError;
    Terminate -> (), ChildError;
    Delete -> (), DeleteChildError;
}

/// The handle of a supervisor's address; [`SupervisorRef`] is what is public of it.
#[derive(Clone)]
pub(crate) struct SupervisorHandle(RawAddress<Supervising>);

impl HandleOf<Supervising> for SupervisorHandle {
    fn from_raw(raw: RawAddress<Supervising>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<Supervising> {
        &self.0
    }
}
