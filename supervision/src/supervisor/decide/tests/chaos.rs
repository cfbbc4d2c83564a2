//! Reports that come late and in any order, children that are slow or do not obey, and requests at any moment: what must
//! hold whatever happens. More of it is asserted by `world` at each step: that nobody is started while it runs or ends,
//! nor after the end, that nobody is held without a pass, that nobody is told twice to end, that each request gets one
//! answer.

use proptest::prelude::*;

use super::super::*;
use super::world::{World, boom, ms, rules};
use crate::backoff::Backoff;
use crate::child::{Restart, Shutdown};
use crate::intensity::Intensity;
use crate::strategy::Strategy;

fn any_rules(chance: &mut fastrand::Rng) -> Rules {
    let kinds = [Restart::Permanent, Restart::Transient, Restart::Temporary];
    let shutdowns = [
        Shutdown::Kill,
        Shutdown::After(ms(40)),
        Shutdown::Drain(ms(30)),
        Shutdown::Wait,
    ];
    Rules {
        significant: chance.bool(),
        shutdown: shutdowns[chance.usize(..4)],
        backoff: if chance.bool() {
            Backoff::none()
        } else {
            Backoff::exponential(ms(5)..=ms(50)).reset_after(ms(100))
        },
        max_retries: (chance.u8(..4) == 0).then(|| chance.u32(0..9)),
        start_limit: chance.bool().then_some(ms(60)),
        keeps_queue: chance.bool(),
        ..rules(kinds[chance.usize(..3)])
    }
}

fn any_settings(chance: &mut fastrand::Rng) -> Settings {
    let strategies = [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ];
    let ends = [
        AutoShutdown::Never,
        AutoShutdown::Never,
        AutoShutdown::AllSignificant,
        AutoShutdown::AnySignificant,
    ];
    let dynamic = chance.u8(..4) == 0;
    Settings {
        strategy: strategies[if dynamic { 0 } else { chance.usize(..3) }],
        intensity: chance.bool().then(|| Intensity {
            max: chance.u32(0..12),
            period: ms(100),
        }),
        auto_shutdown: ends[chance.usize(..4)],
        retry_initial: chance.bool(),
        dynamic,
        max_children: chance.bool().then_some(8),
    }
}

/// One thing that happens, of which nobody has heard yet; or one that is heard of.
fn anything(world: &mut World, chance: &mut fastrand::Rng) {
    let child = chance.u64(..=world.state.next_key().0);
    let key = Key(child);
    match chance.u32(..34) {
        0..=3 => {
            let reason = if chance.u8(..3) > 0 {
                boom()
            } else {
                ExitReason::Normal
            };
            world.exits(child, reason);
        }
        4 => world.puppet(child).fail_next = chance.u32(..3),
        5 => world.puppet(child).ignore_next = chance.u8(..3) == 0,
        6 | 7 => world.puppet(child).slow = chance.bool(),
        8 => world.puppet(child).stubborn = chance.bool(),
        9 => world.puppet(child).deaf = chance.u8(..3) == 0,
        10 | 11 => world.puppet(child).asleep = true,
        12 | 13 => world.finish_start(child),
        14 | 15 => world.relent(child),
        16 if chance.bool() => drop(world.leaves(child)),
        17 | 18 => world.now += ms(chance.u64(..50)),
        19 => {
            let rules = Box::new(any_rules(chance));
            world.ask(Request::Start { rules });
        }
        20 => drop(world.ask(Request::Restart { child: key })),
        21 => drop(world.ask(Request::RestartNow { child: key })),
        22 => drop(world.ask(Request::Cycle { child: key })),
        23 => drop(world.ask(Request::Terminate { child: key })),
        24 => drop(world.ask(Request::Delete { child: key })),
        25 if !world.stale.is_empty() => {
            let (child, generation) = world.stale[chance.usize(..world.stale.len())];
            world.decide(Event::Timer { child, generation });
        }
        _ => hear_one(world, chance),
    }
}

/// One report or one due timer, whichever comes up; the reports of one child keep their order.
fn hear_one(world: &mut World, chance: &mut fastrand::Rng) {
    if chance.bool()
        && let Some((child, generation, _)) = world.due(world.now)
    {
        world.decide(Event::Timer { child, generation });
    } else if !world.reports.is_empty() {
        let any = chance.usize(..world.reports.len());
        let child = child_of(&world.reports[any]);
        let first = world
            .reports
            .iter()
            .position(|report| child_of(report) == child);
        let report = first.and_then(|first| world.reports.remove(first));
        world.decide(report.expect("it was just seen"));
    }
}

fn child_of(report: &Event) -> Key {
    match *report {
        Event::Started { child, .. }
        | Event::Ignored { child, .. }
        | Event::Exited { child, .. }
        | Event::Ended { child } => child,
        Event::Boot | Event::Timer { .. } | Event::Request(_) | Event::Stop => {
            unreachable!("no child reports this")
        }
    }
}

/// All that is slow goes on, all that holds out gives in, and nothing else goes wrong, until nothing moves any more.
fn calm(world: &mut World) {
    for round in 0..200 {
        for child in 0..world.state.next_key().0 {
            let puppet = world.puppet(child);
            (puppet.fail_next, puppet.ignore_next, puppet.slow) = (0, false, false);
            world.finish_start(child);
            world.yields(child);
        }
        if world.reports.is_empty() && world.timers.is_empty() && round > 0 {
            return;
        }
        world.pass(ms(100));
    }
    panic!("it never comes to rest: {}", world.summary());
}

/// Nothing is left that somebody waits for.
fn at_rest(world: &World) {
    assert!(world.state.pass.is_none(), "{}", world.summary());
    assert_eq!(world.unanswered(), 0, "{}", world.summary());
    for key in world.state.keys() {
        let puppet = world.puppets.get(&key);
        let up = puppet.is_some_and(|puppet| puppet.up.is_some());
        match world.state.standing(key) {
            Some(Standing::Running { .. }) => {
                let run = puppet.and_then(|puppet| puppet.up);
                assert_eq!(run, Some(world.state.run(key)), "{}", world.summary());
            }
            Some(Standing::Down) => assert!(!up, "{}", world.summary()),
            other => panic!("{key:?} is {other:?}: {}", world.summary()),
        }
    }
    for (key, puppet) in &world.puppets {
        assert!(
            puppet.starting.is_none()
                && (puppet.up.is_none() || world.state.standing(*key).is_some())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_happens_it_comes_to_rest_and_to_its_end(
        seed: u64,
        children in 0_usize..6,
        steps in 1_usize..200,
        rests in 0_usize..3,
        stop_at in 0_usize..400,
    ) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let settings = any_settings(&mut chance);
        let children: Vec<Rules> = (0..children).map(|_| any_rules(&mut chance)).collect();
        let mut world = World::new(settings, children);
        world.decide(Event::Boot);
        for part in 0..=rests {
            for nr in 0..steps {
                if part == rests && nr == stop_at {
                    world.decide(Event::Stop);
                }
                anything(&mut world, &mut chance);
            }
            calm(&mut world);
            prop_assert!(world.state.is_up() || world.state.is_over(), "{}", world.summary());
            at_rest(&world);
        }
        world.decide(Event::Stop);
        calm(&mut world);
        at_rest(&world);
        prop_assert!(world.state.is_over());
        prop_assert!(world.puppets.values().all(|puppet| !puppet.lives && puppet.up.is_none()));
        let overs = world.trace.iter().filter(|line| *line == "over");
        prop_assert_eq!(overs.count(), 1);
    }
}
