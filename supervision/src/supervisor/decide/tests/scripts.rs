//! Scripts like those that a real OTP supervisor was given (`tests/conformance/otp`), but at random and without its traces:
//! nothing panics, nothing is stuck, each request is answered, and the counts are those of the list.

use std::collections::BTreeMap;

use super::super::*;
use super::world::{World, boom, ms, rules, settings};
use crate::child::Restart;
use crate::intensity::Intensity;
use crate::strategy::Strategy;

const SCRIPTS: u64 = 3_000;
const IDS: [&str; 7] = ["a", "b", "c", "d", "e", "x", "y"];

/// A supervisor whose children have names, which plans of their starts outlive.
struct Named {
    world: World,
    keys: BTreeMap<&'static str, u64>,
    plans: BTreeMap<&'static str, (u32, bool)>,
}

impl Named {
    fn any(chance: &mut fastrand::Rng) -> Self {
        let strategies = [
            Strategy::OneForOne,
            Strategy::OneForAll,
            Strategy::RestForOne,
        ];
        let ends = [
            AutoShutdown::Never,
            AutoShutdown::Never,
            AutoShutdown::AnySignificant,
            AutoShutdown::AllSignificant,
        ];
        let settings = Settings {
            intensity: Some(Intensity {
                max: chance.u32(..9),
                period: ms(3_600_000),
            }),
            auto_shutdown: ends[chance.usize(..4)],
            ..settings(strategies[chance.usize(..3)])
        };
        let count = chance.usize(1..6);
        let specs: Vec<Rules> = (0..count).map(|_| any_rules(&settings, chance)).collect();
        Self {
            world: World::up(settings, specs),
            keys: IDS.into_iter().take(count).zip(0..).collect(),
            plans: BTreeMap::new(),
        }
    }

    fn command(&mut self, chance: &mut fastrand::Rng) {
        let id = IDS[chance.usize(..IDS.len())];
        let key = self.keys.get(id).copied();
        let plan = self.plans.get(id).copied();
        let world = &mut self.world;
        match (chance.u32(..20), key) {
            (0..=6, Some(child)) => {
                let reasons = [
                    boom(),
                    boom(),
                    ExitReason::Normal,
                    ExitReason::Shutdown,
                    ExitReason::ShutdownWith("term".into()),
                ];
                world.exits(child, reasons[chance.usize(..5)].clone());
                world.settle();
            }
            (7 | 8, _) => self.plan(id, (chance.u32(..4), false)),
            (9, _) => self.plan(id, (0, true)),
            (10..=12, Some(child)) => self.answered(|world| world.terminate(child)),
            (13..=15, Some(child)) => self.answered(|world| world.restart(child)),
            (16, Some(child)) => self.answered(|world| world.delete(child)),
            (17..=19, None) => {
                let child = world.state.next_key().0;
                let rules = any_rules(&world.state.settings, chance);
                self.keys.insert(id, child);
                self.plan(id, plan.unwrap_or_default());
                self.answered(|world| world.start(rules));
            }
            // There is no such child, or there is one.
            _ => {}
        }
        self.look();
    }

    /// What the next starts of this id do, whichever child has it then.
    fn plan(&mut self, id: &'static str, plan: (u32, bool)) {
        self.plans.insert(id, plan);
        if let Some(child) = self.keys.get(id) {
            let puppet = self.world.puppet(*child);
            (puppet.fail_next, puppet.ignore_next) = plan;
        }
    }

    fn answered(&mut self, ask: impl FnOnce(&mut World) -> u64) {
        let asked = ask(&mut self.world);
        assert_ne!(self.world.said(asked), "-", "{}", self.world.summary());
    }

    /// Nothing moves any more, and nobody is lost.
    fn look(&mut self) {
        let world = &mut self.world;
        assert_eq!(world.unanswered(), 0, "{}", world.summary());
        assert!(world.state.pass.is_none(), "{}", world.summary());
        assert!(world.state.is_up() || world.state.is_over());
        let mut active = 0;
        for child in world.children() {
            let up = world.puppet(child).up;
            match world.standing(child) {
                Some(Standing::Running { .. }) => {
                    active += 1;
                    assert_eq!(up, Some(world.state.run(Key(child))), "{}", world.summary());
                }
                Some(Standing::Down) => assert_eq!(up, None, "{}", world.summary()),
                other => panic!("{child} is {other:?}: {}", world.summary()),
            }
        }
        let live = world.puppets.values().filter(|puppet| puppet.up.is_some());
        assert_eq!(live.count(), active, "{}", world.summary());
        let puppets = &world.puppets;
        for (id, child) in &self.keys {
            if let Some(puppet) = puppets.get(&Key(*child)) {
                self.plans
                    .insert(id, (puppet.fail_next, puppet.ignore_next));
            }
        }
        let state = &world.state;
        self.keys
            .retain(|_, child| state.standing(Key(*child)).is_some());
        assert_eq!(self.keys.len(), state.keys().count());
    }
}

fn any_rules(settings: &Settings, chance: &mut fastrand::Rng) -> Rules {
    let kinds = [Restart::Permanent, Restart::Transient, Restart::Temporary];
    let restart = kinds[chance.usize(..3)];
    let may = settings.auto_shutdown != AutoShutdown::Never && restart != Restart::Permanent;
    Rules {
        significant: may && chance.bool(),
        ..rules(restart)
    }
}

#[test]
fn three_thousand_scripts_come_to_rest_after_each_command() {
    let mut restarts = 0;
    for seed in 0..SCRIPTS {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut named = Named::any(&mut chance);
        for _ in 0..chance.usize(1..40) {
            if named.world.state.is_over() {
                break;
            }
            named.command(&mut chance);
            restarts += named.world.planned.len();
            named.world.go_on();
        }
        named.world.tell(Event::Stop);
        assert!(named.world.state.is_over(), "script {seed}");
        named.look();
        assert!(named.world.running().is_empty(), "script {seed}");
    }
    assert!(
        restarts as u64 > SCRIPTS,
        "they are about restarts: {restarts}"
    );
}
