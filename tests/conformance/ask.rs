//! §3 Ask.

use std::time::Duration;

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{
    Broken, Gate, Log, Puppet, PuppetCount, PuppetEcho, PuppetEven, assert_conserved, soon,
};
use tokio::time::Instant;

#[test]
fn c3_1_an_ask_has_one_outcome_the_reply_or_a_typed_error() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        assert_eq!(puppet.echo(4).await, Ok(4));
        assert_eq!(puppet.even(4).await, Ok(4));
        assert_eq!(puppet.even(5).await, Err(AskError::Handler(Broken(5))));
        assert_eq!(puppet.ask(PuppetEcho { number: 1 }).await, Ok(1));
        let counts: Recipient<PuppetCount, u64> = puppet.recipient();
        assert_eq!(counts.ask(PuppetCount).await, Ok(0));
        let evens: Recipient<PuppetEven, u32, Broken> = puppet.recipient();
        assert_eq!(
            evens.ask(PuppetEven { number: 7 }).await,
            Err(AskError::Handler(Broken(7)))
        );
        assert_eq!(puppet.crash_asked().await, Err(AskError::Failed));
        soon(puppet.wait()).await;
        assert_eq!(puppet.echo(4).await, Err(AskError::Closed));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_1_a_recipient_that_knows_only_the_message_learns_that_it_was_handled() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let evens: Recipient<PuppetEven> = puppet.recipient();
        assert_eq!(evens.ask(PuppetEven { number: 2 }).await, Ok(()));
        let echoes: Recipient<PuppetEcho> = puppet.recipient();
        assert_eq!(echoes.ask(PuppetEcho { number: 2 }).await, Ok(()));
        // It could not read the error, so the error is a failure.
        assert_eq!(
            evens.ask(PuppetEven { number: 3 }).await,
            Err(AskError::Failed)
        );
        assert_eq!(
            soon(puppet.wait()).await,
            ExitReason::Error("broken 3".into())
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_1_what_is_queued_at_the_end_is_answered_closed() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        let mut asked = Box::pin(puppet.count());
        assert!(futures::poll!(asked.as_mut()).is_pending());
        puppet.stop();
        gate.open();
        assert_eq!(soon(asked).await, Err(AskError::Closed));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_the_default_limit_ends_an_ask_between_five_and_five_and_a_half_seconds() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        for offset in [0, 1, 100, 249, 250, 251, 333] {
            tokio::time::sleep(ms(offset)).await;
            let began = Instant::now();
            let answer = puppet.answer_at(gate.clone()).await;
            let took = began.elapsed();
            assert_eq!(answer, Err(AskError::Timeout));
            assert!((secs(5)..ms(5_501)).contains(&took), "{took:?}");
            gate.arrival().await;
            gate.open();
            puppet.count().await.unwrap();
        }
        assert_eq!(
            puppet.actor().totals().unread_replies,
            7,
            "the handlers ran on"
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_the_default_limit_can_be_set() {
    paused(async {
        let system = System::builder("test").ask_limit(secs(1)).build();
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        let began = Instant::now();
        assert_eq!(puppet.answer_at(gate.clone()).await, Err(AskError::Timeout));
        assert!(
            (secs(1)..ms(1_501)).contains(&began.elapsed()),
            "{:?}",
            began.elapsed()
        );
        gate.open_all();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_an_own_limit_is_exact_and_covers_room_and_answer() {
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        let gate = Gate::new();
        let began = Instant::now();
        assert_eq!(
            puppet.answer_at(gate.clone()).timeout(ms(70)).await,
            Err(AskError::Timeout)
        );
        assert_eq!(began.elapsed(), ms(70));
        puppet.note(1).await.unwrap();
        let began = Instant::now();
        assert_eq!(
            puppet.count().timeout(ms(30)).await,
            Err(AskError::Full),
            "it never had room"
        );
        assert_eq!(began.elapsed(), ms(30));
        let began = Instant::now();
        assert_eq!(
            puppet.count().await,
            Err(AskError::Full),
            "the default limit covers room too"
        );
        assert!((secs(5)..ms(5_501)).contains(&began.elapsed()));
        // Room after 20 ms, and then no answer: one budget.
        let late = Gate::new();
        tokio::spawn({
            let gate = gate.clone();
            async move {
                tokio::time::sleep(ms(20)).await;
                gate.open();
            }
        });
        let began = Instant::now();
        assert_eq!(
            puppet.answer_at(late.clone()).timeout(ms(50)).await,
            Err(AskError::Timeout)
        );
        assert_eq!(began.elapsed(), ms(50));
        late.open_all();
        puppet.count().await.unwrap();
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_a_reply_that_is_there_before_the_caller_runs_counts() {
    paused(async {
        let system = System::builder("test").ask_limit(ms(250)).build();
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let gate = Gate::new();
        let mut asked = Box::pin(puppet.answer_at(gate.clone()));
        assert!(futures::poll!(asked.as_mut()).is_pending());
        // The limit passes and the answer comes, and only then is the caller polled.
        tokio::time::sleep(secs(2)).await;
        gate.open();
        tokio::time::sleep(ms(1)).await;
        assert_eq!(soon(asked).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_2_the_sweeper_goes_when_nobody_waits_and_comes_back() {
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let metrics = tokio::runtime::Handle::current().metrics();
        let before = {
            tokio::task::yield_now().await;
            metrics.num_alive_tasks()
        };
        for _ in 0..5 {
            assert_eq!(puppet.echo(1).await, Ok(1));
            assert_eq!(metrics.num_alive_tasks(), before + 1, "it runs");
            tokio::time::sleep(ms(751)).await;
            assert_eq!(metrics.num_alive_tasks(), before, "it is gone");
        }
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_3_an_ask_whose_caller_has_gone_is_handled_unless_it_says_otherwise() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        {
            let mut kept = Box::pin(puppet.answer_at(gate.clone()));
            let mut skipped = Box::pin(puppet.if_wanted());
            assert!(futures::poll!(kept.as_mut()).is_pending());
            assert!(futures::poll!(skipped.as_mut()).is_pending());
        }
        let wanted = tokio::spawn({
            let puppet = puppet.clone();
            async move { puppet.if_wanted().await }
        });
        // Told, nobody waits for it, so nobody can have gone.
        puppet.if_wanted().tell().await.unwrap();
        gate.open_all();
        assert_eq!(soon(wanted).await.unwrap(), Ok(2));
        puppet.count().await.unwrap();
        assert_eq!(log.lines()[1..], ["a held", "a wanted", "a wanted"]);
        let letters = system.dead_letters().recent();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].message, "PuppetIfWanted");
        assert_eq!(letters[0].cause, playhouse::dead_letter::Cause::Abandoned);
        assert_eq!(puppet.actor().totals().unread_replies, 1);
        assert_conserved(&puppet.actor());
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_4_a_dropped_port_answers_failed_at_once() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let puppet = system.spawn(Puppet::new("a", &log));
        let began = Instant::now();
        let asked = tokio::spawn({
            let puppet = puppet.clone();
            async move { puppet.later().await }
        });
        log.wait_for(2).await;
        puppet.never().await.unwrap();
        assert_eq!(soon(asked).await.unwrap(), Err(AskError::Failed));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_4_a_port_can_be_moved_out_and_answered_later() {
    paused(async {
        #[actor]
        struct Clerk;
        #[handlers]
        impl Clerk {
            #[message]
            fn work(&mut self, number: u32, reply: Reply<u32, Broken>) {
                tokio::spawn(async move {
                    tokio::time::sleep(ms(10)).await;
                    reply.answer(if number == 0 {
                        Err(Broken(0))
                    } else {
                        Ok(number)
                    });
                });
            }
        }
        let system = System::new("test");
        let clerk = system.spawn(Clerk);
        assert_eq!(clerk.work(5).await, Ok(5));
        assert_eq!(clerk.work(0).await, Err(AskError::Handler(Broken(0))));
        clerk.work(5).tell().await.unwrap();
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c3_4_a_port_can_be_forwarded() {
    paused(async {
        let system = System::new("test");
        let log = Log::new();
        let front = system.spawn(Puppet::new("front", &log));
        let back = system
            .spawner()
            .mailbox(1)
            .spawn(Puppet::new("back", &log))
            .unwrap();
        assert_eq!(front.forward(back.clone(), 8).await, Ok(8));
        let gate = Gate::new();
        back.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        back.note(1).await.unwrap();
        assert_eq!(front.forward(back.clone(), 8).await, Err(AskError::Full));
        back.stop();
        gate.open();
        soon(back.wait()).await;
        assert_eq!(front.forward(back.clone(), 8).await, Err(AskError::Closed));
        front.forward(back, 8).tell().await.unwrap();
        assert_eq!(front.echo(1).await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn blocking_waits_on_a_thread_and_not_inside_a_handler() {
    #[actor]
    struct Impatient;
    #[handlers]
    impl Impatient {
        #[message]
        fn try_it(&mut self, other: Address<Puppet>) -> (bool, bool) {
            let asked = other.count().blocking() == Err(AskError::WouldBlock)
                && other.count().timeout(secs(1)).blocking() == Err(AskError::WouldBlock);
            let told =
                other.note(1).blocking().unwrap_err().reason() == playhouse::Refused::WouldBlock;
            (asked, told)
        }
    }
    // Outside of any runtime, too.
    let system = System::new("test");
    let log = Log::new();
    let puppet = system.spawn(Puppet::new("a", &log));
    puppet.note(3).blocking().unwrap();
    assert_eq!(puppet.echo(4).blocking(), Ok(4));
    assert_eq!(puppet.echo(4).timeout(secs(10)).blocking(), Ok(4));
    let gate = Gate::new();
    assert_eq!(
        puppet.answer_at(gate.clone()).timeout(ms(20)).blocking(),
        Err(AskError::Timeout)
    );
    gate.open_all();
    let impatient = system.spawn(Impatient);
    assert_eq!(impatient.try_it(puppet).blocking(), Ok((true, true)));
}
