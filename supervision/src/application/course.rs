//! The course of a shutdown: what begins when, what is over time, what is left out.
//!
//! Pure. Time is passed in, as what has passed since the shutdown began; what is to be done comes back as [`Action`]s.
//! It keeps to this:
//!
//! 1. A phase begins when all that it comes after is over, and at most once. Its tasks begin together.
//! 2. A task ends once: by itself, at its deadline, or when the whole is cut short.
//! 3. Nothing begins once it was cut short, and nothing is waited for then.
//! 4. It is over no later than its total deadline.
//! 5. The actors are stopped, or killed, whatever else happens.

use std::sync::Arc;
use std::time::Duration;

use super::graph::Graph;
use super::report::{CutShort, Outcome, PhaseReport, TaskReport};

/// How long the tasks of a phase may take, where nothing else is said; less where little is left.
pub(super) const DEFAULT_PHASE: Duration = Duration::from_secs(5);

/// The task that stops the actors is the first one of its phase.
pub(super) const STOP: usize = 0;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The tasks of a phase were asked for, and are these.
    Opened(usize, Vec<Job>),
    /// A task came to its end.
    Ended(usize, usize, Outcome),
    /// Time has passed.
    Tick,
    /// Somebody will not wait.
    Force,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A phase begins: say which tasks it has.
    Open(usize),
    /// Begin this task of this phase. It may take so long.
    Run(usize, usize, Duration),
    /// A task of a phase has come to its end.
    Ended(usize, usize),
    /// Drop this task of this phase, which is given up.
    Drop(usize, usize),
    /// Kill all actors that are left.
    Kill,
    /// A phase is over.
    Close(usize),
    /// A phase is left out, because one that it needs has failed.
    Skip(usize),
    /// All that is left is left out.
    Cut(CutShort),
}

/// What the course knows of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) name: Arc<str>,
    pub(super) deadline: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Task {
    name: Arc<str>,
    begun: Duration,
    due: Duration,
    end: Option<(Outcome, Duration)>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// For what it comes after, or for its tasks to be known.
    Waiting {
        opening: bool,
    },
    Running {
        begun: Duration,
    },
    Ended {
        begun: Duration,
        ended: Duration,
    },
    Skipped,
}

#[derive(Clone, Debug)]
struct Phase {
    stage: Stage,
    /// How many phases had begun before it; the largest number, while it has not.
    turn: usize,
    tasks: Vec<Task>,
}

/// A shutdown on its way.
#[derive(Clone, Debug)]
pub(super) struct Course {
    graph: Graph,
    phases: Vec<Phase>,
    /// What the task that stops the actors is called.
    system: Arc<str>,
    total: Duration,
    cut: Option<CutShort>,
    /// How many phases have begun.
    turns: usize,
}

impl Course {
    /// Begins, and says with what.
    pub(super) fn begin(graph: Graph, system: Arc<str>, total: Duration) -> (Self, Vec<Action>) {
        let waiting = Phase {
            stage: Stage::Waiting { opening: false },
            turn: usize::MAX,
            tasks: Vec::new(),
        };
        let mut course = Self {
            phases: vec![waiting; graph.len()],
            graph,
            system,
            total,
            cut: None,
            turns: 0,
        };
        let mut actions = Vec::new();
        for phase in 0..course.phases.len() {
            course.look(phase, &mut actions);
        }
        (course, actions)
    }

    /// What follows from an event.
    pub(super) fn step(&mut self, event: Event, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Opened(phase, jobs) => self.opened(phase, jobs, now, &mut actions),
            Event::Ended(phase, task, outcome) => {
                self.ended(phase, task, outcome, now, &mut actions);
            }
            Event::Tick if now >= self.total => self.cut(CutShort::Deadline, now, &mut actions),
            Event::Tick => self.tick(now, &mut actions),
            Event::Force => self.cut(CutShort::Forced, now, &mut actions),
        }
        actions
    }

    /// When to come back with a [`Event::Tick`], if nothing happens before.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        if self.is_over() {
            return None;
        }
        let tasks = self.phases.iter().flat_map(|phase| &phase.tasks);
        let running = tasks.filter(|task| task.end.is_none());
        Some(running.map(|task| task.due).fold(self.total, Duration::min))
    }

    /// Whether nothing more will happen.
    pub(super) fn is_over(&self) -> bool {
        self.phases.iter().all(|phase| phase.stage.is_over())
    }

    pub(super) fn cut_short(&self) -> Option<CutShort> {
        self.cut
    }

    pub(super) fn name(&self, phase: usize) -> &Arc<str> {
        &self.graph.node(phase).name
    }

    pub(super) fn is_stop(&self, phase: usize, task: usize) -> bool {
        phase == self.graph.actors() && task == STOP
    }

    /// How a task ended, if it has.
    pub(super) fn outcome(&self, phase: usize, task: usize) -> Option<(&Arc<str>, &Outcome)> {
        let task = self.phases[phase].tasks.get(task)?;
        task.end.as_ref().map(|(outcome, _)| (&task.name, outcome))
    }

    /// What became of each phase, in the order of their beginnings; those that did not begin are last, with the tasks
    /// that `rest` says they have.
    pub(super) fn report(&self, mut rest: impl FnMut(usize) -> Vec<Arc<str>>) -> Vec<PhaseReport> {
        let mut places: Vec<_> = (0..self.phases.len()).collect();
        places.sort_by_key(|place| self.phases[*place].turn);
        let report = |place: usize| {
            let phase = &self.phases[place];
            let (begun, took) = match phase.stage {
                Stage::Ended { begun, ended } => (Some(begun), ended.saturating_sub(begun)),
                Stage::Running { begun } => (Some(begun), Duration::ZERO),
                Stage::Waiting { .. } | Stage::Skipped => (None, Duration::ZERO),
            };
            let skipped = rest(place).into_iter().map(|name| TaskReport {
                name,
                outcome: Outcome::Skipped,
                took: Duration::ZERO,
            });
            PhaseReport {
                name: self.name(place).clone(),
                begun,
                took,
                tasks: phase
                    .tasks
                    .iter()
                    .map(Task::report)
                    .chain(skipped)
                    .collect(),
            }
        };
        places.into_iter().map(report).collect()
    }

    /// Opens a phase, or leaves it out, if all that it waits for is over.
    fn look(&mut self, place: usize, actions: &mut Vec<Action>) {
        if !matches!(self.phases[place].stage, Stage::Waiting { opening: false }) {
            return;
        }
        let earlier = self.graph.earlier(place);
        if !earlier
            .iter()
            .all(|other| self.phases[*other].stage.is_over())
        {
            return;
        }
        // The actors are never left out: what they hold would be lost without a word.
        if place != self.graph.actors() && earlier.iter().any(|other| self.keeps_back(*other)) {
            self.phases[place].stage = Stage::Skipped;
            actions.push(Action::Skip(place));
            self.look_at_later(place, actions);
        } else {
            self.phases[place].stage = Stage::Waiting { opening: true };
            actions.push(Action::Open(place));
        }
    }

    fn look_at_later(&mut self, place: usize, actions: &mut Vec<Action>) {
        for later in self.graph.later(place).to_vec() {
            self.look(later, actions);
        }
    }

    /// Whether a phase that is over keeps those after it from running.
    fn keeps_back(&self, place: usize) -> bool {
        let phase = &self.phases[place];
        match phase.stage {
            Stage::Skipped => true,
            Stage::Ended { .. } => {
                self.graph.node(place).required && !phase.tasks.iter().all(Task::is_done)
            }
            Stage::Waiting { .. } | Stage::Running { .. } => false,
        }
    }

    fn opened(&mut self, place: usize, jobs: Vec<Job>, now: Duration, actions: &mut Vec<Action>) {
        if !matches!(self.phases[place].stage, Stage::Waiting { opening: true }) {
            return;
        }
        let stop = (place == self.graph.actors()).then(|| Job {
            name: self.system.clone(),
            deadline: None,
        });
        let left = self.total.saturating_sub(now);
        let usual = self.usual(place, left);
        let tasks: Vec<_> = stop
            .into_iter()
            .chain(jobs)
            .map(|job| Task {
                name: job.name,
                begun: now,
                due: now.saturating_add(job.deadline.unwrap_or(usual).min(left)),
                end: None,
            })
            .collect();
        actions.extend(
            tasks
                .iter()
                .enumerate()
                .map(|(task, running)| Action::Run(place, task, running.due.saturating_sub(now))),
        );
        self.phases[place] = Phase {
            stage: Stage::Running { begun: now },
            turn: self.turn(),
            tasks,
        };
        self.close_if_done(place, now, actions);
    }

    /// The turn of a phase that begins now.
    fn turn(&mut self) -> usize {
        self.turns += 1;
        self.turns
    }

    /// How long a task of this phase may take that says nothing itself, when so much is left of the whole.
    fn usual(&self, place: usize, left: Duration) -> Duration {
        // One that is stuck costs those after it half of the time, not all of it.
        let share = if self.graph.later(place).is_empty() {
            left
        } else {
            left / 2
        };
        match self.graph.node(place).deadline {
            Some(deadline) => deadline,
            None if place == self.graph.actors() => share,
            None => share.min(DEFAULT_PHASE),
        }
    }

    fn ended(
        &mut self,
        place: usize,
        nr: usize,
        outcome: Outcome,
        now: Duration,
        actions: &mut Vec<Action>,
    ) {
        // One that was dropped may still have something to say.
        let Some(task) = self.phases[place].tasks.get_mut(nr) else {
            return;
        };
        if task.end.is_none() {
            // A stop that had all the time there was knows of its end as soon as anybody.
            let out_of_time = outcome == Outcome::TimedOut && task.due >= self.total;
            task.end = Some((outcome, now));
            actions.push(Action::Ended(place, nr));
            if out_of_time {
                self.cut(CutShort::Deadline, now, actions);
            }
            self.close_if_done(place, now, actions);
        }
    }

    fn tick(&mut self, now: Duration, actions: &mut Vec<Action>) {
        for place in 0..self.phases.len() {
            let late: Vec<_> = (0..self.phases[place].tasks.len())
                .filter(|task| {
                    let task = &self.phases[place].tasks[*task];
                    task.end.is_none() && task.due <= now
                })
                .collect();
            for &task in &late {
                self.drop_task(place, task, Outcome::TimedOut, now, actions);
            }
            if !late.is_empty() {
                self.close_if_done(place, now, actions);
            }
        }
    }

    fn drop_task(
        &mut self,
        place: usize,
        task: usize,
        outcome: Outcome,
        now: Duration,
        actions: &mut Vec<Action>,
    ) {
        self.phases[place].tasks[task].end = Some((outcome, now));
        actions.extend([Action::Ended(place, task), Action::Drop(place, task)]);
        if self.is_stop(place, task) {
            actions.push(Action::Kill);
        }
    }

    fn close_if_done(&mut self, place: usize, now: Duration, actions: &mut Vec<Action>) {
        let phase = &mut self.phases[place];
        let Stage::Running { begun } = phase.stage else {
            return;
        };
        if phase.tasks.iter().any(|task| task.end.is_none()) {
            return;
        }
        phase.stage = Stage::Ended { begun, ended: now };
        actions.push(Action::Close(place));
        if self.cut.is_none() {
            self.look_at_later(place, actions);
        }
    }

    fn cut(&mut self, why: CutShort, now: Duration, actions: &mut Vec<Action>) {
        if self.cut.is_some() || self.is_over() {
            return;
        }
        self.cut = Some(why);
        actions.push(Action::Cut(why));
        let outcome = match why {
            CutShort::Deadline => Outcome::TimedOut,
            CutShort::Forced => Outcome::Forced,
        };
        for place in 0..self.phases.len() {
            match self.phases[place].stage {
                Stage::Waiting { .. } if place == self.graph.actors() => {
                    let stop = Task {
                        name: self.system.clone(),
                        begun: now,
                        due: now,
                        end: Some((outcome.clone(), now)),
                    };
                    self.phases[place] = Phase {
                        stage: Stage::Ended {
                            begun: now,
                            ended: now,
                        },
                        turn: self.turn(),
                        tasks: vec![stop],
                    };
                    actions.push(Action::Kill);
                }
                Stage::Waiting { .. } => self.phases[place].stage = Stage::Skipped,
                Stage::Running { .. } => {
                    for task in 0..self.phases[place].tasks.len() {
                        if self.phases[place].tasks[task].end.is_none() {
                            self.drop_task(place, task, outcome.clone(), now, actions);
                        }
                    }
                    self.close_if_done(place, now, actions);
                }
                Stage::Ended { .. } | Stage::Skipped => {}
            }
        }
    }
}

impl Stage {
    fn is_over(&self) -> bool {
        match self {
            Self::Ended { .. } | Self::Skipped => true,
            Self::Waiting { .. } | Self::Running { .. } => false,
        }
    }
}

impl Task {
    fn is_done(&self) -> bool {
        matches!(self.end, Some((Outcome::Done, _)))
    }

    fn report(&self) -> TaskReport {
        let (outcome, ended) = match &self.end {
            Some((outcome, ended)) => (outcome.clone(), *ended),
            None => (Outcome::Forced, self.begun),
        };
        TaskReport {
            name: self.name.clone(),
            outcome,
            took: ended.saturating_sub(self.begun),
        }
    }
}

#[cfg(test)]
mod tests;
