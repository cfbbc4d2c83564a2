//! Actors that tell of their lives, and what waits for them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use prelude::*;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout};

/// What all these tests use of the facade.
pub(crate) mod prelude {
    pub(crate) use playhouse::Phase;
    pub(crate) use playhouse::prelude::*;
    pub(crate) use playhouse::supervision::{
        Backoff, ChildError, ChildInfo, ChildSpec, Restart, Shutdown, StartError, Supervisor,
        SupervisorRef, actor,
    };
}

/// Waits for what must come.
///
/// A clock that is paused stands still while anything can happen, so that its deadline passes only when nothing else
/// can; it may be long. Two threads have a real clock.
#[track_caller]
pub(crate) fn within<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        let paused = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
        let deadline = secs(if paused { 24 * 3600 } else { 60 });
        timeout(deadline, future)
            .await
            .unwrap_or_else(|_| panic!("it never came, at {caller}"))
    }
}

/// Where puppets write what happens to them.
#[derive(Clone)]
pub(crate) struct Journal(UnboundedSender<String>);

/// The journal, for reading.
pub(crate) struct Log {
    lines: UnboundedReceiver<String>,
}

pub(crate) fn journal() -> (Journal, Log) {
    let (sender, lines) = unbounded_channel();
    (Journal(sender), Log { lines })
}

impl Journal {
    pub(crate) fn write(&self, line: impl Into<String>) {
        // A test that has seen enough reads no more.
        let _ = self.0.send(line.into());
    }
}

impl Log {
    /// The next line, whenever it comes.
    pub(crate) async fn next(&mut self) -> String {
        within(self.lines.recv())
            .await
            .expect("the journal is still written")
    }

    /// The next lines, whenever they come.
    pub(crate) async fn expect(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.next().await, *line);
        }
    }

    /// What was written and not read yet.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.try_recv().ok()).collect()
    }
}

/// What the factory of a puppet does next, told from outside.
#[derive(Clone)]
pub(crate) struct Strings {
    fail_next: Arc<AtomicU32>,
    /// A start takes one of these; there are plenty unless the test says `hold`.
    gate: Arc<Semaphore>,
}

const PLENTY: usize = 1_000_000;

impl Strings {
    pub(crate) fn new() -> Self {
        Self {
            fail_next: Arc::default(),
            gate: Arc::new(Semaphore::new(PLENTY)),
        }
    }

    /// So many of the next starts fail.
    pub(crate) fn fail_next(&self, times: u32) {
        self.fail_next.store(times, Ordering::SeqCst);
    }

    /// From now on, starts wait.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(PLENTY);
    }

    /// Lets one start go on.
    pub(crate) fn release(&self) {
        self.gate.add_permits(1);
    }

    pub(crate) async fn pull(&self) -> Result<(), &'static str> {
        self.gate
            .acquire()
            .await
            .expect("it is never closed")
            .forget();
        let failing = self
            .fail_next
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if failing.is_ok() {
            Err("out of order")
        } else {
            Ok(())
        }
    }
}

/// An actor that ends as it is told to, and says so.
#[actor]
pub(crate) struct Puppet {
    name: &'static str,
    journal: Journal,
    total: u64,
    /// What its `stopping` hook waits for.
    last_words: Option<Arc<Notify>>,
}

#[handlers]
impl Puppet {
    #[message]
    pub(crate) fn add(&mut self, amount: u64) {
        self.total += amount;
    }

    #[message]
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    #[message]
    pub(crate) fn crash(&mut self) {
        panic!("boom");
    }

    /// Told, its error is a failure.
    #[message]
    pub(crate) fn fail(&mut self) -> Result<(), &'static str> {
        Err("no")
    }

    #[message]
    pub(crate) fn quit(&mut self, reason: ExitReason, cx: &mut Context<Self>) {
        cx.stop_with(reason);
    }

    /// Says that it is busy, and is for ever.
    #[message]
    pub(crate) async fn hang(&mut self) {
        self.journal.write(format!("hangs {}", self.name));
        std::future::pending().await
    }

    #[message]
    pub(crate) fn last_words(&mut self, until: Arc<Notify>) {
        self.last_words = Some(until);
    }

    #[started]
    fn up(&mut self) {
        self.journal.write(format!("up {}", self.name));
    }

    #[stopping]
    async fn down(&mut self, why: &ExitReason) {
        if let Some(until) = &self.last_words {
            self.journal.write(format!("stopping {}", self.name));
            until.notified().await;
        }
        self.journal.write(format!("down {}: {why}", self.name));
    }
}

impl Puppet {
    pub(crate) fn new(name: &'static str, journal: &Journal) -> Self {
        Self {
            name,
            journal: journal.clone(),
            total: 0,
            last_words: None,
        }
    }
}

/// A puppet that is never held and never fails to start.
pub(crate) fn puppet(name: &'static str, journal: &Journal) -> ChildSpec {
    strung(name, journal, &Strings::new())
}

/// A puppet on strings.
pub(crate) fn strung(name: &'static str, journal: &Journal, strings: &Strings) -> ChildSpec {
    let (journal, strings) = (journal.clone(), strings.clone());
    actor(name, move || {
        let (journal, strings) = (journal.clone(), strings.clone());
        async move {
            journal.write(format!("start {name}"));
            strings.pull().await?;
            Ok::<_, &str>(Puppet::new(name, &journal))
        }
    })
}

/// A system with one supervisor.
pub(crate) struct Bank {
    pub(crate) system: System,
    pub(crate) bank: SupervisorRef,
    pub(crate) log: Log,
    begun: Instant,
}

impl Bank {
    /// Starts a supervisor whose children are puppets without delays of their own, and reads away how it started.
    pub(crate) async fn open(supervisor: impl FnOnce(Supervisor, &Journal) -> Supervisor) -> Self {
        let (journal, mut log) = journal();
        let system = System::new("test");
        let supervisor = supervisor(Supervisor::one_for_one().name("bank"), &journal);
        let bank = within(supervisor.start(&system)).await.expect("it starts");
        log.rest();
        Self {
            system,
            bank,
            log,
            begun: Instant::now(),
        }
    }

    pub(crate) fn puppet(&self, id: &str) -> Address<Puppet> {
        self.bank.address(id).expect("the child is there")
    }

    /// Where the actor of a child is in its life.
    pub(crate) fn puppet_phase(&self, id: &str) -> Phase {
        self.bank
            .child(id)
            .map_or(Phase::Stopped, |child| child.phase())
    }

    pub(crate) async fn info(&self, id: &str) -> ChildInfo {
        let children = within(self.bank.children()).await;
        children
            .into_iter()
            .find(|child| &*child.id == id)
            .expect("the child is known")
    }

    /// How much time has passed since the supervisor was up.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Nothing may be left of the system after this.
    pub(crate) async fn close(self) {
        close(self.system).await;
    }
}

/// Shuts a system down, after which nothing may be left.
pub(crate) async fn close(system: System) {
    within(system.shutdown(secs(3600)))
        .await
        .expect("all stop in time");
    assert!(system.list().is_empty(), "left: {:?}", system.list());
}

/// Waits until it is so, while all that can happen happens.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    const TURNS: u32 = 10_000;
    for _ in 0..TURNS {
        if is_so().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never became so");
}
