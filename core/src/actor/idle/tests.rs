//! What no test from outside can bring about: a message that nobody takes, and a watchdog that is too late itself.

use std::any::Any;
use std::convert::Infallible;
use std::future::ready;

use super::*;
use crate::actor::cell::signal;
use crate::actor::{Actor, ActorId, Define, Handled};
use crate::address::{Address, HandleOf, RawAddress};
use crate::context::Context;
use crate::exit::ExitReason;
use crate::links::{self, ChildOptions, Factory, Order, Parent};
use crate::message::{Handles, Mail, Refusal, Reply};
use crate::system::System;
use crate::test::{assert_no_leaks, paused};

/// Fails at each message, if it is told to.
struct Clerk {
    fails: bool,
}

struct Letter(Reply<()>);

#[derive(Clone)]
struct ClerkHandle(RawAddress<Clerk>);

impl HandleOf<Clerk> for ClerkHandle {
    fn from_raw(raw: RawAddress<Clerk>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<Clerk> {
        &self.0
    }
}

impl Define for Clerk {
    const NAME: &'static str = "Clerk";
}

impl Mail for Letter {
    fn name(&self) -> &'static str {
        "Letter"
    }

    fn refuse(self, why: Refusal) -> Box<dyn Any + Send> {
        self.0.refuse(why);
        Box::new(())
    }
}

impl Handles<()> for Clerk {
    type Reply = ();
    type Error = Infallible;

    fn wrap((): (), reply: Reply<()>) -> Letter {
        Letter(reply)
    }

    fn unwrap(mail: Letter) -> Result<((), Reply<()>), Letter> {
        Ok(((), mail.0))
    }
}

impl Actor for Clerk {
    type Mail = Letter;
    type Handle = ClerkHandle;

    fn on_mail(
        &mut self,
        mail: Letter,
        _: &mut Context<Self>,
    ) -> impl Future<Output = Handled> + Send {
        assert!(!self.fails, "asked to");
        mail.0.send(());
        ready(Handled::Done)
    }
}

fn signs(address: &Address<Clerk>) -> Option<[u64; 5]> {
    let actor = address.actor();
    let idle = actor.cell().core().idle().expect("it is watched");
    Signs::look(&**actor.cell(), idle).map(|signs| {
        let [handled, direct, beats] = signs.counted;
        [signs.run, signs.taken, handled, direct, beats]
    })
}

#[test]
fn a_message_that_nobody_takes_is_work() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let address = runtime.block_on(async {
        let system = System::new("test");
        let spawner = system.spawner().idle_timeout(Duration::from_secs(3600));
        let address = spawner
            .spawn(Clerk { fails: false })
            .expect("an open system");
        assert_eq!(signs(&address), None, "it is not up");
        while address.actor().phase() != Phase::Running {
            tokio::task::yield_now().await;
        }
        address
    });
    // The runtime stands still from here on, and so does the actor.
    assert_eq!(signs(&address), None, "it has nothing to do");
    assert!(address.try_tell(()).is_ok());
    assert_eq!(signs(&address), Some([1, 0, 0, 0, 0]));
    address.actor().beat();
    assert_eq!(signs(&address), Some([1, 0, 0, 0, 1]), "a beat is seen");
    runtime.block_on(async { address.ask(()).await.expect("it is there") });
    assert_eq!(signs(&address), None, "all is done");
    assert!(address.try_tell(()).is_ok());
    assert_eq!(
        signs(&address),
        Some([1, 2, 2, 0, 1]),
        "two were taken, and done"
    );
}

struct Deaf;

impl Parent for Deaf {
    fn started(&self, _: ActorId, _: u64) {}

    fn exited(&self, _: ActorId, _: u64, _: &ExitReason) {}

    fn ignored(&self, _: ActorId, _: u64) {}

    fn ended(&self, _: ActorId, _: &ExitReason) {}
}

#[test]
fn a_watchdog_that_is_too_late_does_no_harm_to_the_next_incarnation() {
    paused(async {
        let system = System::new("test");
        let mut starts = 0;
        let factory: Factory<Clerk> = Box::new(move || {
            starts += 1;
            Box::pin(ready(Ok(Clerk { fails: starts == 1 })))
        });
        let options = ChildOptions {
            idle_timeout: Some(Duration::from_secs(1)),
            ..ChildOptions::default()
        };
        let adopted = links::adopt(&system, options, factory, Arc::new(Deaf));
        let child = adopted.expect("an open system");
        let address = child.address::<Clerk>().expect("of its type");
        let start = |run| child.order(Order::Start { run, limit: None });
        start(1);
        assert!(address.ask(()).await.is_err(), "the first one fails");
        let actor = child.actor();
        let core = actor.cell().core();
        bark(&**actor.cell(), core.idle().expect("it is watched"), 1);
        start(2);
        for _ in 0..2 {
            assert_eq!(address.ask(()).await, Ok(()));
            assert_eq!(core.signals() & signal::LATE, 0);
            assert!(!core.is_asked_to_end());
            // While it is up, too.
            bark(&**actor.cell(), core.idle().expect("it is watched"), 1);
            assert!(!core.is_asked_to_end() && core.take_cut().is_none());
        }
        assert_eq!(actor.incarnation(), 2);
        bark(&**actor.cell(), core.idle().expect("it is watched"), 2);
        assert!(core.is_asked_to_end() && core.take_cut() == Some(ExitReason::IdleTimeout));
        child.order(Order::Rest);
        child.order(Order::End);
        assert_no_leaks(&system).await;
    });
}
