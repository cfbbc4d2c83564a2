//! Random lives: a final phase is final, and every step is one that the table allows.

use playhouse::Phase;
use playhouse::links::Order;
use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse_tests::{Gate, Log, Puppet, Restarter, assert_conserved, soon};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Note,
    Ask,
    Crash,
    Leave,
    Hold,
    Open,
    Stop,
    Drain,
    Kill,
    Rest,
    End,
    Wait(u64),
    Yield,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Note),
        2 => Just(Step::Ask),
        2 => Just(Step::Crash),
        1 => Just(Step::Leave),
        2 => Just(Step::Hold),
        2 => Just(Step::Open),
        1 => Just(Step::Stop),
        1 => Just(Step::Drain),
        1 => Just(Step::Kill),
        1 => Just(Step::Rest),
        1 => Just(Step::End),
        2 => (0u64..50).prop_map(Step::Wait),
        4 => Just(Step::Yield),
    ]
}

/// Whether `to` can be reached from `from` over any number of steps that the table allows.
fn reachable(from: Phase, to: Phase) -> bool {
    let mut reached = vec![from];
    let mut at = 0;
    while at < reached.len() {
        for next in Phase::ALL {
            if reached[at].may_become(next) && !reached.contains(&next) {
                reached.push(next);
            }
        }
        at += 1;
    }
    reached.contains(&to)
}

async fn live(steps: Vec<Step>, supervised: bool) {
    let system = System::new("lives");
    let log = Log::new();
    let gate = Gate::new();
    let (child, puppet) = if supervised {
        let inner = log.clone();
        let (child, puppet) =
            Restarter::spawn(&system, &Log::new(), move || Puppet::new("p", &inner));
        (Some(child), puppet)
    } else {
        (None, system.spawn(Puppet::new("p", &log)))
    };
    let actor = puppet.actor();
    let mut before = actor.phase();
    for step in steps {
        match step {
            Step::Note => drop(puppet.note(1).try_tell()),
            Step::Ask => drop(puppet.echo(1).timeout(ms(5)).await),
            Step::Crash => drop(puppet.crash("boom".to_owned()).try_tell()),
            Step::Leave => drop(puppet.leave().try_tell()),
            Step::Hold => drop(puppet.hold(gate.clone()).try_tell()),
            Step::Open => gate.open(),
            Step::Stop => puppet.stop(),
            Step::Drain => puppet.drain(),
            Step::Kill => puppet.kill(),
            Step::Rest => {
                if let Some(child) = &child {
                    child.order(Order::Stop { keep: true });
                }
            }
            Step::End => {
                if let Some(child) = &child {
                    child.order(Order::End);
                }
            }
            Step::Wait(millis) => tokio::time::sleep(ms(millis)).await,
            Step::Yield => tokio::task::yield_now().await,
        }
        let now = actor.phase();
        assert!(
            now == before || reachable(before, now),
            "{before:?} became {now:?}"
        );
        assert!(
            !before.is_final() || now == before,
            "{before:?} was final, and became {now:?}"
        );
        assert_eq!(now.is_final(), actor.reason().is_some() || now.is_final());
        before = now;
    }
    gate.open_all();
    puppet.stop();
    let reason = soon(puppet.wait()).await;
    let last = actor.phase();
    assert_eq!(
        last,
        if reason.is_normal() {
            Phase::Stopped
        } else {
            Phase::Failed
        }
    );
    let lines = log.lines();
    let started = lines
        .iter()
        .filter(|line| line.starts_with("p started"))
        .count();
    let stopped = lines
        .iter()
        .filter(|line| line.starts_with("p stopping"))
        .count();
    assert!(
        stopped <= started,
        "a state that never started is not stopped: {lines:?}"
    );
    assert_conserved(&actor);
    assert_no_leaks(&system).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_lives_never_leave_a_final_phase(steps in prop::collection::vec(step(), 0..60), supervised: bool) {
        paused(live(steps, supervised));
    }
}
