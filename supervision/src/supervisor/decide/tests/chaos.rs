//! The decisions under reports that come late and in any order: what must hold whatever happens.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Children crash, fail to start, start slowly, ignore orders until killed and are stopped from outside, while
    /// reports are held back. At the end all of it is delivered, and the supervisor must come to its end.
    #[test]
    fn whatever_happens_it_ends_in_order(
        seed: u64,
        children in 1_usize..6,
        steps in 1_usize..120,
        stop_at in 0_usize..120,
    ) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let kinds = [Restart::Permanent, Restart::Transient, Restart::Temporary];
        let shutdowns = [Shutdown::Kill, Shutdown::After(ms(40)), Shutdown::Wait];
        let rules: Vec<Rules> = (0..children).map(|_| Rules {
            shutdown: shutdowns[chance.usize(..3)],
            backoff: if chance.bool() { Backoff::none() } else { Backoff::exponential(ms(5)..=ms(50)) },
            max_retries: chance.bool().then(|| chance.u32(0..6)),
            start_limit: chance.bool().then_some(ms(60)),
            ..super::rules(kinds[chance.usize(..3)])
        }).collect();
        let mut world = World::new(Some(Intensity { max: chance.u32(0..8), period: ms(100) }), rules);
        world.decide(Event::Boot);
        for nr in 0..steps {
            let child = chance.usize(..children);
            if nr == stop_at {
                world.decide(Event::Stop);
            }
            match chance.u32(..12) {
                0..=2 => {
                    if let Some(run) = world.puppets[child].up.take() {
                        let reason = if chance.bool() { boom() } else { ExitReason::Normal };
                        world.report(Event::Exited { child, run, reason });
                    }
                }
                3 => world.puppets[child].fail_next = chance.u32(..3),
                4 => world.puppets[child].slow = chance.bool(),
                5 => world.puppets[child].stubborn = chance.bool(),
                6 => world.finish_start(child),
                7 if chance.u8(..4) == 0 && !world.state.is_over() => world.decide(Event::Terminate { child }),
                8 => world.now += ms(chance.u64(..50)),
                _ => deliver_one(&mut world, &mut chance),
            }
            check(&world);
        }
        world.decide(Event::Stop);
        // Who waits for ever is told from outside; all others must be ended by the supervisor's own doing.
        for round in 0..10_000 {
            if world.state.is_over() {
                break;
            }
            prop_assert!(round < 9_999, "it never ends: {:?}", world.state);
            world.settle();
            world.pass(ms(50));
            for child in 0..children {
                let waits = matches!(world.state.children[child].rules.shutdown, Shutdown::Wait);
                if waits && world.state.standing(child) == Standing::Ending {
                    world.end(child);
                }
            }
            check(&world);
        }
        finally(&world);
    }
}

/// One report or one due timer, whichever comes up; the reports of one child keep their order.
fn deliver_one(world: &mut World, chance: &mut fastrand::Rng) {
    let due = (0..world.timers.len())
        .find(|child| world.timers[*child].is_some_and(|(_, at)| at <= world.now));
    if let Some(child) = due.filter(|_| chance.bool()) {
        let (generation, _) = world.timers[child].take().expect("it was just seen");
        world.decide(Event::Timer { child, generation });
    } else if !world.reports.is_empty() {
        let any = chance.usize(..world.reports.len());
        let child = child_of(&world.reports[any]);
        let first = world
            .reports
            .iter()
            .position(|report| child_of(report) == child)
            .expect("there is one");
        let report = world.reports.remove(first).expect("it was just seen");
        world.decide(report);
    }
}

fn child_of(report: &Event) -> usize {
    match *report {
        Event::Started { child, .. }
        | Event::Exited { child, .. }
        | Event::Ignored { child, .. }
        | Event::Ended { child } => child,
        Event::Boot | Event::Timer { .. } | Event::Terminate { .. } | Event::Stop => {
            unreachable!("no child reports this")
        }
    }
}

/// That nobody is started while it runs, [`World::obey`] asserts itself.
fn check(world: &World) {
    let stop = world
        .trace
        .iter()
        .position(|line| line.starts_with("give up") || line.starts_with("fail boot"));
    let after = &world.trace[stop.unwrap_or(world.trace.len())..];
    assert!(
        !after.iter().any(|line| line.starts_with("start")),
        "a start after the end: {:?}",
        world.trace
    );
}

fn finally(world: &World) {
    assert_eq!(world.trace.iter().filter(|line| *line == "over").count(), 1);
    assert_eq!(world.trace.last().map(String::as_str), Some("over"));
    for (child, puppet) in world.puppets.iter().enumerate() {
        assert!(
            puppet.up.is_none() && puppet.starting.is_none(),
            "{child} still runs"
        );
        assert!(matches!(
            world.state.standing(child),
            Standing::Down | Standing::Forgotten
        ));
        let end = format!("end {child}");
        assert!(
            world.trace.iter().filter(|line| **line == end).count() <= 1,
            "{child} was ended twice"
        );
    }
}
