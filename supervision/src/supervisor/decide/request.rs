//! What somebody asks of a supervisor, while it runs.

use super::child::{Child, Rules, Standing};
use super::stop::Stage;
use super::{Action, Key, State, Turn};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub enum Request {
    /// Add a child, whose key is [`State::next_key`], and start it.
    Start {
        /// Its rules.
        rules: Box<Rules>,
    },
    /// Start a child that is down.
    Restart {
        /// Whom.
        child: Key,
    },
    /// Start a child that waits for its restart, or is down, without further wait.
    RestartNow {
        /// Whom.
        child: Key,
    },
    /// Stop a child if it runs, forget its failures, and start it.
    Cycle {
        /// Whom.
        child: Key,
    },
    /// End a child for good, and keep its spec.
    Terminate {
        /// Whom.
        child: Key,
    },
    /// Forget the spec of a child that is down.
    Delete {
        /// Whose.
        child: Key,
    },
}

/// Why something that was asked for is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such child.
    NotFound,
    /// The child runs, or has not ended yet.
    Running,
    /// The child waits for its restart.
    Restarting,
    /// There may be no more children.
    MaxChildren,
    /// The supervisor stops.
    Stopping,
    /// A child of this id runs.
    AlreadyStarted,
    /// There is a spec of this id, of a child that does not run.
    AlreadyPresent,
}

impl State {
    /// Why no second child with the id of this one can be added.
    pub fn taken(&self, child: Key) -> Option<Refusal> {
        match self.standing(child)? {
            Standing::Starting
            | Standing::Running { .. }
            | Standing::Stopping
            | Standing::Ending => Some(Refusal::AlreadyStarted),
            Standing::Held | Standing::Waiting { .. } | Standing::Down => {
                Some(Refusal::AlreadyPresent)
            }
        }
    }
}

impl Turn<'_> {
    pub(super) fn request(&mut self, request: Request) {
        let refused = match request {
            Request::Terminate { child } => self.terminate(child),
            Request::Start { .. }
            | Request::Restart { .. }
            | Request::RestartNow { .. }
            | Request::Cycle { .. }
            | Request::Delete { .. }
                if self.stops() =>
            {
                Err(Refusal::Stopping)
            }
            Request::Start { rules } => self.add(*rules),
            Request::Restart { child } => self.restart(child),
            Request::RestartNow { child } => self.restart_now(child),
            Request::Cycle { child } => self.cycle(child),
            Request::Delete { child } => self.delete(child),
        };
        if let Err(refusal) = refused {
            self.actions.push(Action::Refuse(refusal));
        }
    }

    fn stops(&self) -> bool {
        match self.state.stage {
            Stage::Booting | Stage::Up => false,
            Stage::Stopping { .. } | Stage::Over => true,
        }
    }

    fn add(&mut self, rules: Rules) -> Result<(), Refusal> {
        let settings = &self.state.settings;
        if settings
            .max_children
            .is_some_and(|max| self.state.children.len() >= max)
        {
            return Err(Refusal::MaxChildren);
        }
        let mut child = Child::new(rules, Standing::Down);
        child.is_new = true;
        child.by_hand = true;
        let key = self.state.insert(child);
        self.start_in_turn(key);
        Ok(())
    }

    fn restart(&mut self, child: Key) -> Result<(), Refusal> {
        match self.standing(child).ok_or(Refusal::NotFound)? {
            Standing::Down => {
                self.child(child).by_hand = true;
                self.start_in_turn(child);
                Ok(())
            }
            // When it is down.
            Standing::Ending => {
                self.bring_back(child);
                Ok(())
            }
            Standing::Starting | Standing::Running { .. } | Standing::Stopping => {
                Err(Refusal::Running)
            }
            Standing::Held | Standing::Waiting { .. } => Err(Refusal::Restarting),
        }
    }

    fn restart_now(&mut self, child: Key) -> Result<(), Refusal> {
        match self.standing(child).ok_or(Refusal::NotFound)? {
            Standing::Down | Standing::Ending => self.restart(child),
            Standing::Waiting { .. } => {
                self.start(child);
                Ok(())
            }
            Standing::Held => {
                self.hurry_pass();
                Ok(())
            }
            // On its way.
            Standing::Starting => Ok(()),
            Standing::Stopping => {
                self.bring_back(child);
                Ok(())
            }
            Standing::Running { .. } => Err(Refusal::Running),
        }
    }

    /// A child on its way out is started again when it is there, unless that is so anyhow.
    fn bring_back(&mut self, child: Key) {
        let taken_along = match self.standing(child) {
            Some(Standing::Ending) | None => self.child(child).with_group,
            Some(
                Standing::Held
                | Standing::Starting
                | Standing::Running { .. }
                | Standing::Waiting { .. }
                | Standing::Stopping
                | Standing::Down,
            ) => self.is_taken_along(child),
        };
        if !taken_along {
            self.child(child).by_hand = true;
        }
    }

    fn cycle(&mut self, child: Key) -> Result<(), Refusal> {
        let standing = self.standing(child).ok_or(Refusal::NotFound)?;
        let it = self.child(child);
        it.attempt = 0;
        it.restarts = 0;
        match standing {
            // Its turn comes.
            Standing::Running { .. } if self.is_to_stop(child) => {
                self.bring_back(child);
                Ok(())
            }
            Standing::Running { .. } => {
                let it = self.state.children.get_mut(&child);
                let limit = it.and_then(|it| {
                    it.by_hand = true;
                    // Nobody else is concerned: what is queued is as good as before.
                    it.stop(child, true, self.actions)
                });
                if let Some(limit) = limit {
                    self.timer(child, limit);
                }
                Ok(())
            }
            Standing::Held
            | Standing::Starting
            | Standing::Waiting { .. }
            | Standing::Stopping
            | Standing::Ending
            | Standing::Down => self.restart_now(child),
        }
    }

    fn terminate(&mut self, child: Key) -> Result<(), Refusal> {
        match self.standing(child).ok_or(Refusal::NotFound)? {
            Standing::Held if !self.stops() => {
                self.child(child).give_up();
                self.end(child);
                self.call_off(child);
            }
            Standing::Starting
            | Standing::Running { .. }
            | Standing::Waiting { .. }
            | Standing::Stopping
                if !self.stops() =>
            {
                self.child(child).give_up();
                self.end(child);
            }
            // Its turn comes.
            Standing::Held
            | Standing::Starting
            | Standing::Running { .. }
            | Standing::Waiting { .. }
            | Standing::Stopping => {}
            // The latest wish counts: it was to be started again.
            Standing::Ending => self.child(child).give_up(),
            Standing::Down => self.actions.push(Action::Down {
                child,
                forget: false,
            }),
        }
        Ok(())
    }

    fn delete(&mut self, child: Key) -> Result<(), Refusal> {
        match self.standing(child).ok_or(Refusal::NotFound)? {
            Standing::Down => {
                self.state.children.remove(&child);
                self.actions.push(Action::Down {
                    child,
                    forget: true,
                });
                Ok(())
            }
            Standing::Starting
            | Standing::Running { .. }
            | Standing::Stopping
            | Standing::Ending => Err(Refusal::Running),
            Standing::Held | Standing::Waiting { .. } => Err(Refusal::Restarting),
        }
    }
}
