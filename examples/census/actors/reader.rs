//! Reads files; there is one on each thread of the pool.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use playhouse::prelude::*;

use super::dispatcher::{AGAIN, Dispatcher, Job, OUT};
use super::merger::Merger;
use crate::plan::Plan;
use crate::read::{self, Reading, Unread};
use crate::report::plain;
use crate::sabotage::{self, Moment};

/// Room for every file that is on its way.
#[actor(mailbox = OUT)]
pub(crate) struct Reader {
    plan: Arc<Plan>,
    merger: Address<Merger>,
    dispatcher: Address<Dispatcher>,
    buffer: Box<[u8]>,
}

#[handlers]
impl Reader {
    pub(crate) fn new(
        plan: Arc<Plan>,
        merger: Address<Merger>,
        dispatcher: Address<Dispatcher>,
    ) -> Self {
        Self {
            plan,
            merger,
            dispatcher,
            buffer: vec![0; read::BUFFER].into(),
        }
    }

    /// Reads files, and tells the merger of each what it is, or why that is not known.
    #[message]
    pub(crate) fn read(&mut self, files: Vec<Job>) {
        let (plan, dispatcher) = (&*self.plan, &self.dispatcher);
        let mut handful = Handful {
            todo: files,
            in_hand: None,
            bytes: 0,
            done: 0,
            plan,
            dispatcher,
        };
        while let Some(job) = handful.take() {
            if plan.goes_on().is_continue() {
                let spared = job.failures == AGAIN;
                let strike = plan
                    .sabotage
                    .as_ref()
                    .and_then(|sabotage| sabotage.strike(spared));
                let outcome = handful.read(&job.path, &mut self.buffer, strike);
                if strike.is_some() {
                    // Everything is known and nothing is told: the last moment to fail, and the worst.
                    sabotage::fail();
                }
                tell(plan, &self.merger, job.path, outcome);
            }
            handful.settle();
        }
    }
}

fn tell(plan: &Plan, merger: &Address<Merger>, path: PathBuf, outcome: Result<Reading, Unread>) {
    let why = match outcome {
        Ok(reading) => {
            plan.gauge.file(false);
            // A merger that has ended is seen by whoever asks it for the result.
            let _ = merger.counted(path, reading).blocking();
            return;
        }
        Err(Unread::Interrupted) => return,
        Err(Unread::Changed) => "it is no regular file any more".to_owned(),
        Err(Unread::Failed(error)) => plain(&error),
    };
    plan.gauge.file(true);
    let _ = merger.unread(path, why).blocking();
}

/// Who reads a file as large as this gives the files behind it back, for others to read meanwhile.
const LARGE: u64 = 1024 * 1024;

/// Files that a reader has. Its end tells the dispatcher what became of them, also when it comes by a panic.
struct Handful<'a> {
    todo: Vec<Job>,
    /// The one that is being read, while it is not settled.
    in_hand: Option<Job>,
    /// How much of it the gauge has heard of.
    bytes: u64,
    done: usize,
    plan: &'a Plan,
    dispatcher: &'a Address<Dispatcher>,
}

impl Handful<'_> {
    fn take(&mut self) -> Option<Job> {
        self.in_hand = self.todo.pop();
        self.bytes = 0;
        self.in_hand.clone()
    }

    fn read(
        &mut self,
        path: &Path,
        buffer: &mut [u8],
        strike: Option<Moment>,
    ) -> Result<Reading, Unread> {
        if strike == Some(Moment::BeforeOpening) {
            sabotage::fail();
        }
        read::read(path, self.plan.rule, buffer, |more| {
            self.bytes += more as u64;
            self.plan.gauge.read(more as u64);
            if strike == Some(Moment::WhileReading) {
                sabotage::fail();
            }
            if self.bytes >= LARGE && !self.todo.is_empty() {
                let rest = mem::take(&mut self.todo);
                self.report(0, rest);
            }
            self.plan.goes_on()
        })
    }

    fn settle(&mut self) {
        self.in_hand = None;
        self.done += 1;
    }

    fn report(&self, done: usize, back: Vec<Job>) {
        let _ = self.dispatcher.settled(done, back).blocking();
    }
}

impl Drop for Handful<'_> {
    fn drop(&mut self) {
        let mut back = mem::take(&mut self.todo);
        if let Some(job) = self.in_hand.take() {
            self.plan.gauge.unread(self.bytes);
            back.push(Job {
                failures: job.failures + 1,
                ..job
            });
        }
        self.report(self.done, back);
    }
}
