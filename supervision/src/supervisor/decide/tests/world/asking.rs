//! Who asks for something, and what they are told: kept as the shell keeps it, so that each is answered once.

use std::collections::BTreeSet;

use super::super::super::{Event, Key, Request, Rules};
use super::World;

/// Who waits for what about which child, as the shell keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wants {
    Start,
    Down,
}

impl World {
    /// Asks for something, and gives the number under which the answer comes.
    pub(in super::super) fn ask(&mut self, request: Request) -> u64 {
        let asked = self.asked;
        self.asked += 1;
        let (child, wants) = match request {
            Request::Start { .. } => (self.state.next_key(), Some(Wants::Start)),
            Request::Restart { child }
            | Request::RestartNow { child }
            | Request::Cycle { child } => (child, Some(Wants::Start)),
            Request::Terminate { child } => (child, Some(Wants::Down)),
            Request::Delete { child } => (child, None),
        };
        if let Some(wants) = wants {
            self.waiters.push((asked, child, wants));
        }
        self.refused = None;
        self.decide(Event::Request(request));
        if let Some(refusal) = self.refused.take() {
            let waited = self.waiters.len();
            self.waiters.retain(|(each, ..)| *each != asked);
            assert!(
                wants.is_none() || self.waiters.len() + 1 == waited,
                "refused, and answered before"
            );
            self.answers.insert(asked, format!("{refusal:?}"));
        } else if wants.is_none() {
            self.answers.insert(asked, "gone".into());
        }
        asked
    }

    pub(super) fn answer(&mut self, child: Key, wants: Wants, answer: &str) {
        let answered: BTreeSet<u64> = self
            .waiters
            .iter()
            .filter(|(_, each, what)| *each == child && *what == wants)
            .map(|(asked, ..)| *asked)
            .collect();
        self.waiters.retain(|(asked, ..)| !answered.contains(asked));
        for asked in answered {
            let earlier = self.answers.insert(asked, answer.to_owned());
            assert_eq!(earlier, None, "two answers");
        }
    }

    /// Asks, lets all follow that does so without time passing, and gives the number of the answer.
    pub(in super::super) fn request(&mut self, request: Request) -> u64 {
        let asked = self.ask(request);
        self.settle();
        asked
    }

    pub(in super::super) fn start(&mut self, rules: Rules) -> u64 {
        let rules = Box::new(rules);
        self.request(Request::Start { rules })
    }

    pub(in super::super) fn restart(&mut self, child: u64) -> u64 {
        self.request(Request::Restart { child: Key(child) })
    }

    pub(in super::super) fn restart_now(&mut self, child: u64) -> u64 {
        self.request(Request::RestartNow { child: Key(child) })
    }

    pub(in super::super) fn cycle(&mut self, child: u64) -> u64 {
        self.request(Request::Cycle { child: Key(child) })
    }

    pub(in super::super) fn terminate(&mut self, child: u64) -> u64 {
        self.request(Request::Terminate { child: Key(child) })
    }

    pub(in super::super) fn delete(&mut self, child: u64) -> u64 {
        self.request(Request::Delete { child: Key(child) })
    }

    /// What was answered; `-` for nothing so far.
    pub(in super::super) fn said(&self, asked: u64) -> &str {
        self.answers.get(&asked).map_or("-", String::as_str)
    }

    /// How many still wait for an answer.
    pub(in super::super) fn unanswered(&self) -> usize {
        self.waiters.len()
    }
}
