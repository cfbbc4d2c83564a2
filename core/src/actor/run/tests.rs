//! An actor written by hand, whose hooks do their work before they return a future.

use std::any::Any;
use std::convert::Infallible;
use std::future::ready;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::*;
use crate::actor::{Define, Failure, Handled};
use crate::address::{HandleOf, RawAddress};
use crate::links::{self, ChildOptions, Factory, Order, Parent};
use crate::message::{Handles, Mail, Refusal, Reply};
use crate::system::System;
use crate::test::{assert_no_leaks, paused};

struct Eager {
    in_started: bool,
}

struct Go(Reply<()>);

#[derive(Clone)]
struct EagerHandle(RawAddress<Eager>);

impl HandleOf<Eager> for EagerHandle {
    fn from_raw(raw: RawAddress<Eager>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<Eager> {
        &self.0
    }
}

impl Define for Eager {
    const NAME: &'static str = "Eager";
}

impl Mail for Go {
    fn name(&self) -> &'static str {
        "Go"
    }

    fn refuse(self, why: Refusal) -> Box<dyn Any + Send> {
        self.0.refuse(why);
        Box::new(())
    }
}

impl Handles<()> for Eager {
    type Reply = ();
    type Error = Infallible;

    fn wrap((): (), reply: Reply<()>) -> Go {
        Go(reply)
    }

    fn unwrap(mail: Go) -> Result<((), Reply<()>), Go> {
        Ok(((), mail.0))
    }
}

impl Actor for Eager {
    type Mail = Go;
    type Handle = EagerHandle;

    fn on_mail(&mut self, _: Go, _: &mut Context<Self>) -> impl Future<Output = Handled> + Send {
        if self.in_started {
            return ready(Handled::Done);
        }
        panic!("before the future of the handler")
    }

    fn on_started(
        &mut self,
        _: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        assert!(!self.in_started, "before the future of `started`");
        ready(Ok(()))
    }

    fn on_stopping(
        &mut self,
        _: &ExitReason,
        _: &mut Context<Self>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        if self.in_started {
            return ready(Ok(()));
        }
        panic!("before the future of `stopping`")
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Parent for Heard {
    fn started(&self, _: crate::actor::ActorId, _: u64) {}

    fn exited(&self, _: crate::actor::ActorId, _: u64, reason: &ExitReason) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(reason.to_string());
    }

    fn ignored(&self, _: crate::actor::ActorId, _: u64) {}

    fn ended(&self, _: crate::actor::ActorId, _: &ExitReason) {}
}

#[test]
fn a_panic_before_a_future_is_returned_ends_the_incarnation_and_no_more() {
    paused(async {
        for (in_started, reason) in [
            (true, "start failed: panic: before the future of `started`"),
            (false, "panic: before the future of the handler"),
        ] {
            let system = System::new("test");
            let heard = Arc::new(Heard::default());
            let factory: Factory<Eager> =
                Box::new(move || Box::pin(ready(Ok(Eager { in_started }))));
            let adopted = links::adopt(&system, ChildOptions::default(), factory, heard.clone());
            let child = adopted.expect("an open system");
            child.order(Order::Start {
                run: 1,
                limit: None,
            });
            let address = child.address::<Eager>().expect("of its type");
            assert!(address.try_tell(()).is_ok());
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(
                *heard.0.lock().unwrap_or_else(PoisonError::into_inner),
                [reason]
            );
            assert_eq!(
                child.actor().phase(),
                Phase::Backoff,
                "it rests, and may be started again"
            );
            child.order(Order::End);
            assert_no_leaks(&system).await;
        }
    });
}

/// What a factory has captured: says at its end whether its actor had ended before.
struct Captured {
    actor: Arc<OnceLock<crate::address::ActorRef>>,
    seen: Arc<Mutex<Vec<Phase>>>,
}

impl Drop for Captured {
    fn drop(&mut self) {
        let phase = self.actor.get().map(crate::address::ActorRef::phase);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(phase);
    }
}

#[test]
fn a_factory_is_gone_before_anybody_hears_of_an_end_also_when_the_runtime_goes() {
    for polls in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let seen = Arc::default();
        let captured = Captured {
            actor: Arc::default(),
            seen: Arc::clone(&seen),
        };
        let actor = captured.actor.clone();
        let child = runtime.block_on(async {
            let system = System::new("test");
            let factory: Factory<Eager> = Box::new(move || {
                let _holds = &captured;
                Box::pin(ready(Ok(Eager { in_started: false })))
            });
            let heard = Arc::new(Heard::default());
            let adopted = links::adopt(&system, ChildOptions::default(), factory, heard);
            let child = adopted.expect("an open system");
            assert!(actor.set(child.actor()).is_ok());
            for _ in 0..polls {
                tokio::task::yield_now().await;
            }
            child
        });
        drop(runtime);
        assert_eq!(child.actor().reason(), Some(ExitReason::Killed));
        assert_eq!(
            *seen.lock().unwrap_or_else(PoisonError::into_inner),
            [Phase::Starting],
            "after {polls} polls"
        );
    }
}
