//! What is asked of the model, and what it says.

use super::{Is, Model, Spec};

impl Model {
    pub(super) fn answer(&mut self, id: u64, for_start: bool, answer: &'static str) {
        for (asked, ..) in self
            .waiters
            .extract_if(.., |(_, about, what)| (*about, *what) == (id, for_start))
        {
            self.answers.insert(asked, answer.to_owned());
        }
    }

    /// Somebody asks: what is answered at once is given by `ask`.
    fn asks(
        &mut self,
        id: u64,
        for_start: bool,
        ask: impl FnOnce(&mut Self) -> Option<&'static str>,
    ) {
        let asked = self.asked;
        self.asked += 1;
        self.waiters.push((asked, id, for_start));
        if let Some(answer) = ask(self) {
            self.waiters.retain(|(each, ..)| *each != asked);
            self.answers.insert(asked, answer.to_owned());
        }
        self.go_on();
    }

    pub(in super::super) fn ask_start(&mut self, spec: &Spec) {
        self.asks(self.next, true, |it| {
            if it.over {
                return Some("Stopping");
            }
            if it
                .given
                .max_children
                .is_some_and(|max| it.kids.len() >= max)
            {
                return Some("MaxChildren");
            }
            let id = it.add(spec, true);
            it.begin(id);
            None
        });
    }

    /// Starts a child now, or when its turn comes.
    fn begin(&mut self, id: u64) {
        let kid = self.kid(id);
        (kid.is, kid.by_hand) = (Is::Held, true);
        if self.pass.as_ref().is_none_or(|pass| id < pass.from) {
            self.start(id);
        }
    }

    pub(in super::super) fn ask_restart(&mut self, id: u64) {
        self.asks(id, true, |it| {
            match it.is(id) {
                _ if it.over => return Some("Stopping"),
                None => return Some("NotFound"),
                Some(Is::Up { .. }) => return Some("Running"),
                Some(Is::Held | Is::Waits { .. }) => return Some("Restarting"),
                Some(Is::Down) => it.begin(id),
            }
            None
        });
    }

    pub(in super::super) fn ask_restart_now(&mut self, id: u64) {
        self.asks(id, true, |it| it.restart_now(id));
    }

    fn restart_now(&mut self, id: u64) -> Option<&'static str> {
        match self.is(id) {
            _ if self.over => return Some("Stopping"),
            None => return Some("NotFound"),
            Some(Is::Up { .. }) => return Some("Running"),
            Some(Is::Waits { .. }) => self.start(id),
            Some(Is::Down) => self.begin(id),
            Some(Is::Held) => {
                if let Some(pass) = &mut self.pass {
                    pass.due = None;
                }
            }
        }
        None
    }

    pub(in super::super) fn ask_cycle(&mut self, id: u64) {
        self.asks(id, true, |it| {
            if let (false, Some(was)) = (it.over, it.is(id)) {
                let kid = it.kid(id);
                (kid.failures, kid.restarts) = (0, 0);
                if let Is::Up { .. } = was {
                    it.say("stop", id);
                    it.begin(id);
                    return None;
                }
            }
            it.restart_now(id)
        });
    }

    pub(in super::super) fn ask_terminate(&mut self, id: u64) {
        self.asks(id, false, |it| {
            let was = it.is(id);
            match was {
                None => return Some("NotFound"),
                Some(Is::Down) => return Some("down"),
                Some(Is::Up { .. }) => it.say("stop", id),
                Some(Is::Held | Is::Waits { .. }) => {}
            }
            it.gone(id);
            it.call_off(id);
            None
        });
    }

    pub(in super::super) fn ask_delete(&mut self, id: u64) {
        self.asks(id, false, |it| match it.is(id) {
            _ if it.over => Some("Stopping"),
            None => Some("NotFound"),
            Some(Is::Up { .. }) => Some("Running"),
            Some(Is::Held | Is::Waits { .. }) => Some("Restarting"),
            Some(Is::Down) => {
                it.kids.retain(|kid| kid.id != id);
                Some("gone")
            }
        });
    }
}
