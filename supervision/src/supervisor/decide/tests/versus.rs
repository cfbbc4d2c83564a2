//! The decisions against the plain model of what is to happen.

use proptest::prelude::{
    Just, ProptestConfig, Strategy as Any, any, prop, prop_assert_eq, prop_oneof, proptest,
};
use proptest::test_runner::TestCaseError;

use super::super::*;
use super::model::{FORGIVEN_AFTER, Given, Is, LONGEST, Model, Spec};
use super::world::{World, boom, ms};
use crate::backoff::Backoff;
use crate::child::{Restart, Shutdown};
use crate::intensity::Intensity;

/// What can be done to a supervisor. Children are numbered as they come.
#[derive(Clone, Debug)]
enum Step {
    Crash(u64),
    ExitNormally(u64),
    Leave(u64),
    Plan(u64, u32, bool),
    Pass(u64),
    Start(Spec),
    Restart(u64),
    RestartNow(u64),
    Cycle(u64),
    Terminate(u64),
    Delete(u64),
    Stop,
}

fn rules(spec: &Spec) -> Rules {
    let backoff = match spec.base {
        0 => Backoff::none(),
        base => Backoff::exponential(ms(base)..=ms(LONGEST)).jitter(0.0),
    };
    Rules {
        restart: spec.restart,
        significant: spec.significant,
        shutdown: Shutdown::DEFAULT,
        backoff: backoff.reset_after(ms(FORGIVEN_AFTER)),
        max_retries: spec.retries,
        start_limit: None,
        keeps_queue: false,
    }
}

fn settings(given: &Given) -> Settings {
    let intensity = given.intensity.map(|(max, period)| Intensity {
        max,
        period: ms(period),
    });
    Settings {
        strategy: given.strategy,
        intensity,
        auto_shutdown: given.auto_shutdown,
        retry_initial: given.retry_initial,
        dynamic: given.dynamic,
        max_children: given.max_children,
    }
}

fn plan(world: &mut World, child: u64, fail_next: u32, ignore_next: bool) {
    let puppet = world.puppet(child);
    (puppet.fail_next, puppet.ignore_next) = (fail_next, ignore_next);
}

fn step(world: &mut World, model: &mut Model, step: &Step) {
    let known = model.next + 1;
    match *step {
        Step::Crash(child) | Step::ExitNormally(child) => {
            let (child, normal) = (child % known, matches!(step, Step::ExitNormally(_)));
            let reason = if normal { ExitReason::Normal } else { boom() };
            world.exits(child, reason);
            model.exit(child, normal);
        }
        Step::Leave(child) => {
            world.leaves(child % known);
            model.leave(child % known);
        }
        Step::Plan(child, fail_next, ignore_next) => {
            let child = child % known;
            if world.state.standing(Key(child)).is_some() {
                plan(world, child, fail_next, ignore_next);
            }
            model.plan(child, fail_next, ignore_next);
        }
        Step::Pass(time) => {
            world.pass(ms(time));
            model.pass(time);
        }
        Step::Start(ref spec) => {
            let key = world.state.next_key().0;
            plan(world, key, spec.fail_next, spec.ignore_next);
            world.start(rules(spec));
            model.ask_start(spec);
        }
        Step::Restart(child) => {
            world.restart(child % known);
            model.ask_restart(child % known);
        }
        Step::RestartNow(child) => {
            world.restart_now(child % known);
            model.ask_restart_now(child % known);
        }
        Step::Cycle(child) => {
            world.cycle(child % known);
            model.ask_cycle(child % known);
        }
        Step::Terminate(child) => {
            world.terminate(child % known);
            model.ask_terminate(child % known);
        }
        Step::Delete(child) => {
            world.delete(child % known);
            model.ask_delete(child % known);
        }
        Step::Stop => {
            world.tell(Event::Stop);
            if !model.over {
                model.stop();
            }
        }
    }
    world.settle();
}

/// That both have done and said the same since the last look, and stand alike.
fn compare(world: &mut World, model: &mut Model) -> Result<(), TestCaseError> {
    let story = std::mem::take(&mut world.story);
    prop_assert_eq!(story, std::mem::take(&mut model.story));
    let answers = std::mem::take(&mut world.answers);
    prop_assert_eq!(answers, std::mem::take(&mut model.answers));
    prop_assert_eq!(world.state.is_over(), model.over);
    prop_assert_eq!(world.state.is_up(), !model.over && !model.booting);
    prop_assert_eq!(world.state.next_key(), Key(model.next));
    let ids: Vec<u64> = model.kids.iter().map(|kid| kid.id).collect();
    prop_assert_eq!(world.children(), ids);
    for kid in &model.kids {
        let standing = match kid.is {
            Is::Up { since } => Standing::Running { since: ms(since) },
            Is::Waits { due } => Standing::Waiting { due: ms(due) },
            Is::Held => Standing::Held,
            Is::Down => Standing::Down,
        };
        let key = Key(kid.id);
        prop_assert_eq!(world.state.standing(key), Some(standing), "{}", kid.id);
        prop_assert_eq!(world.state.due(key), model.due(kid).map(ms), "{}", kid.id);
        prop_assert_eq!(world.state.restarts(key), kid.restarts, "{}", kid.id);
        prop_assert_eq!(
            world.state.attempt(key, world.now),
            model.attempt(kid.id),
            "{}",
            kid.id
        );
    }
    prop_assert_eq!(world.state.restarts_in_window(world.now), model.in_window());
    Ok(())
}

fn any_restart() -> impl Any<Value = Restart> {
    prop_oneof![
        5 => Just(Restart::Permanent),
        3 => Just(Restart::Transient),
        2 => Just(Restart::Temporary),
    ]
}

fn any_plan() -> impl Any<Value = (u32, bool)> {
    prop_oneof![
        12 => Just((0, false)),
        3 => (1_u32..5).prop_map(|times| (times, false)),
        1 => Just((0, true)),
        1 => Just((1, true)),
    ]
}

fn any_spec() -> impl Any<Value = Spec> {
    let base = prop_oneof![Just(0), 1_u64..60];
    let retries = prop_oneof![4 => Just(None), 1 => (0_u32..6).prop_map(Some)];
    (any_restart(), any::<bool>(), base, retries, any_plan()).prop_map(
        |(restart, significant, base, retries, (fail_next, ignore_next))| Spec {
            restart,
            significant,
            base,
            retries,
            fail_next,
            ignore_next,
        },
    )
}

fn any_given() -> impl Any<Value = Given> {
    let strategy = prop_oneof![
        Just(Strategy::OneForOne),
        Just(Strategy::OneForAll),
        Just(Strategy::RestForOne)
    ];
    let auto_shutdown = prop_oneof![
        4 => Just(AutoShutdown::Never),
        1 => Just(AutoShutdown::AnySignificant),
        2 => Just(AutoShutdown::AllSignificant),
    ];
    let intensity = prop_oneof![1 => Just(None), 3 => (0_u32..12, 1_u64..200).prop_map(Some)];
    let max_children = prop_oneof![3 => Just(None), 1 => (1_usize..8).prop_map(Some)];
    let dynamic = prop_oneof![3 => Just(false), 1 => Just(true)];
    (
        strategy,
        auto_shutdown,
        intensity,
        any::<bool>(),
        dynamic,
        max_children,
    )
        .prop_map(
            |(strategy, auto_shutdown, intensity, retry_initial, dynamic, max_children)| Given {
                strategy: if dynamic {
                    Strategy::OneForOne
                } else {
                    strategy
                },
                auto_shutdown,
                intensity,
                retry_initial,
                dynamic,
                max_children,
            },
        )
}

fn any_step() -> impl Any<Value = Step> {
    let child = 0_u64..8;
    prop_oneof![
        10 => child.clone().prop_map(Step::Crash),
        3 => child.clone().prop_map(Step::ExitNormally),
        1 => child.clone().prop_map(Step::Leave),
        3 => (child.clone(), any_plan()).prop_map(|(child, (fails, ignores))| Step::Plan(child, fails, ignores)),
        8 => prop_oneof![(0_u64..20), (0_u64..150)].prop_map(Step::Pass),
        2 => any_spec().prop_map(Step::Start),
        3 => child.clone().prop_map(Step::Restart),
        2 => child.clone().prop_map(Step::RestartNow),
        2 => child.clone().prop_map(Step::Cycle),
        3 => child.clone().prop_map(Step::Terminate),
        2 => child.prop_map(Step::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn agrees_with_the_model(
        given in any_given(),
        specs in prop::collection::vec(any_spec(), 0..6),
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let mut specs = specs;
        if given.dynamic {
            // Many starts under way at once have no order that a plain model could follow, once some of them fail.
            specs.iter_mut().for_each(|spec| spec.fail_next = 0);
        }
        let mut world = World::new(settings(&given), specs.iter().map(rules));
        for (child, spec) in (0..).zip(&specs) {
            plan(&mut world, child, spec.fail_next, spec.ignore_next);
        }
        world.tell(Event::Boot);
        let mut model = Model::new(given, &specs);
        compare(&mut world, &mut model)?;
        for each in &steps {
            step(&mut world, &mut model, each);
            compare(&mut world, &mut model)?;
        }
        step(&mut world, &mut model, &Step::Stop);
        compare(&mut world, &mut model)?;
        prop_assert_eq!(world.unanswered(), 0);
    }
}
