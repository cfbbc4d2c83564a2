//! Hands files out to the readers, and knows when all is done.

use std::path::PathBuf;
use std::sync::Arc;

use playhouse::SpawnError;
use playhouse::prelude::*;

use super::merger::Merger;
use super::reader::Reader;
use crate::plan::Plan;

/// How many files are on their way at most, in the readers' queue and in their hands.
pub(crate) const OUT: usize = 512;

/// Readers get them by the handful, as one message for each small file would cost as much as the file.
const HANDFUL: usize = 16;

/// How often a file is handed out again after its reader failed.
pub(crate) const AGAIN: u32 = 3;

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    /// How many readers have failed at it.
    pub(crate) failures: u32,
}

/// Room for what can be said of every file on its way, and of the walk.
#[actor(mailbox = OUT + 16)]
pub(crate) struct Dispatcher {
    plan: Arc<Plan>,
    merger: Address<Merger>,
    readers: Option<Address<Reader>>,
    out: usize,
    /// Files for which there is no room yet, and the walker that waits with them.
    held: Option<(Vec<PathBuf>, Reply<()>)>,
    walked: bool,
    asked: Option<Reply<()>>,
}

#[handlers]
impl Dispatcher {
    pub(crate) fn new(plan: Arc<Plan>, merger: Address<Merger>) -> Self {
        Self {
            plan,
            merger,
            readers: None,
            out: 0,
            held: None,
            walked: false,
            asked: None,
        }
    }

    #[started]
    fn open(&mut self, cx: &mut Context<Self>) -> Result<(), SpawnError> {
        let (plan, merger, dispatcher) = (self.plan.clone(), self.merger.clone(), cx.address());
        let reader = move || Reader::new(plan.clone(), merger.clone(), dispatcher.clone());
        self.readers = Some(cx.system().spawn_pool(self.plan.readers, reader)?);
        Ok(())
    }

    /// Takes files from the walker. The answer comes when it may bring more.
    #[message]
    pub(crate) fn hand_out(&mut self, files: Vec<PathBuf>, reply: Reply<()>) {
        self.held = Some((files, reply));
        self.proceed();
    }

    /// The walker has brought everything.
    #[message]
    pub(crate) fn walked(&mut self) {
        self.walked = true;
        self.proceed();
    }

    /// A reader is done with some files, and gives others back: the last of them may be the one it failed at.
    #[message]
    pub(crate) async fn settled(&mut self, done: usize, mut back: Vec<Job>) {
        self.out -= done;
        if let Some(hopeless) = back.pop_if(|job| job.failures > AGAIN) {
            self.plan.gauge.file(true);
            let why = format!("its reader failed {} times", hopeless.failures);
            // A merger that has ended is seen by whoever asks it for the result.
            let _ = self.merger.unread(hopeless.path, why).await;
            self.out -= 1;
        }
        self.send(back);
        self.proceed();
    }

    /// Answered when every file of the tree is settled.
    #[message]
    pub(crate) fn finished(&mut self, reply: Reply<()>) {
        self.asked = Some(reply);
        self.proceed();
    }

    /// How often readers were started again.
    #[message]
    pub(crate) fn restarts(&self) -> u64 {
        self.readers
            .as_ref()
            .map_or(0, |readers| readers.actor().restarts())
    }

    fn proceed(&mut self) {
        if let Some((files, walker)) = self
            .held
            .take_if(|(files, _)| self.out + files.len() <= OUT)
        {
            self.out += files.len();
            let mut jobs = files
                .into_iter()
                .map(|path| Job { path, failures: 0 })
                .peekable();
            while jobs.peek().is_some() {
                self.send(jobs.by_ref().take(HANDFUL).collect());
            }
            walker.send(());
        }
        if self.walked
            && self.out == 0
            && let Some(asked) = self.asked.take()
        {
            asked.send(());
        }
    }

    fn send(&mut self, jobs: Vec<Job>) {
        let (files, readers) = (jobs.len(), self.readers.as_ref());
        if files > 0 && readers.is_none_or(|readers| readers.read(jobs).try_tell().is_err()) {
            // There is room for all that is out, so the readers have ended: somebody shuts the system down.
            self.out -= files;
        }
    }
}
