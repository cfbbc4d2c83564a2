//! What the suites share: a log, a gate that holds a handler, and an actor that does what it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use playhouse::prelude::*;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

/// How long anything may take before a test calls it a hang.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for `future`, no longer than a hang detector would.
///
/// # Panics
/// If it hangs.
pub async fn soon<F: Future>(future: F) -> F::Output {
    match timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("nothing happened for {PATIENCE:?}"),
    }
}

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    more: Arc<Notify>,
}

impl Log {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    pub fn add(&self, line: impl ToString) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.to_string());
        self.more.notify_waiters();
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until there are `count` lines, and gives them all.
    pub async fn wait_for(&self, count: usize) -> Vec<String> {
        self.wait_for_until(count, PATIENCE).await
    }

    /// The same with another limit, for a paused clock that has far to go.
    ///
    /// # Panics
    /// If they do not come in time.
    pub async fn wait_for_until(&self, count: usize, limit: Duration) -> Vec<String> {
        let lines = async {
            loop {
                let more = self.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                let lines = self.lines();
                if lines.len() >= count {
                    return lines;
                }
                more.await;
            }
        };
        match timeout(limit, lines).await {
            Ok(lines) => lines,
            Err(_) => panic!(
                "{count} lines did not come within {limit:?}: {:?}",
                self.lines()
            ),
        }
    }
}

/// Holds whoever comes by until it is opened, and tells that somebody came.
#[derive(Clone, Debug)]
pub struct Gate {
    open: Arc<Semaphore>,
    came: Arc<Semaphore>,
    count: Arc<AtomicUsize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            open: Arc::new(Semaphore::new(0)),
            came: Arc::new(Semaphore::new(0)),
            count: Arc::default(),
        }
    }
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that somebody is here, and waits until one may pass.
    pub async fn pass(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.came.add_permits(1);
        if let Ok(permit) = self.open.acquire().await {
            permit.forget();
        }
    }

    /// As [`pass`](Self::pass), on a thread that may block.
    pub fn pass_blocking(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.came.add_permits(1);
        loop {
            match self.open.try_acquire() {
                Ok(permit) => return permit.forget(),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    /// Waits until one more has come.
    pub async fn arrival(&self) {
        if let Ok(permit) = soon(self.came.acquire()).await {
            permit.forget();
        }
    }

    /// Lets one pass.
    pub fn open(&self) {
        self.open.add_permits(1);
    }

    /// Lets everybody pass from now on.
    pub fn open_all(&self) {
        self.open.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// How many have come.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// The error of a puppet's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub u32);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "broken {}", self.0)
    }
}

impl std::error::Error for Broken {}

/// Logs when it is dropped, and panics then if it is told to.
#[derive(Debug)]
pub struct Trace {
    log: Log,
    line: String,
    panics: bool,
}

impl Trace {
    /// Logs `line` when dropped.
    #[must_use]
    pub fn new(log: &Log, line: &str) -> Self {
        Self {
            log: log.clone(),
            line: line.to_owned(),
            panics: false,
        }
    }

    /// Logs, and then panics.
    #[must_use]
    pub fn bomb(log: &Log, line: &str) -> Self {
        let mut trace = Self::new(log, line);
        trace.panics = true;
        trace
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.log.add(&self.line);
        if self.panics && !std::thread::panicking() {
            panic!("the destructor of `{}`", self.line);
        }
    }
}

/// A message that carries something whose destructor can be watched.
#[derive(Debug)]
pub struct Parcel(pub Trace);

/// An actor that does what it is told, and logs it.
#[actor]
pub struct Puppet {
    log: Log,
    name: &'static str,
    count: u64,
    kept: Vec<Reply<u64>>,
    /// Logs when the state is dropped.
    pub trace: Option<Trace>,
    /// Held in the `stopping` hook.
    pub at_stop: Option<Gate>,
    /// Held in the `started` hook.
    pub at_start: Option<Gate>,
}

impl Puppet {
    /// A puppet that logs under `name`.
    #[must_use]
    pub fn new(name: &'static str, log: &Log) -> Self {
        Self {
            log: log.clone(),
            name,
            count: 0,
            kept: Vec::new(),
            trace: None,
            at_stop: None,
            at_start: None,
        }
    }

    fn say(&self, what: impl std::fmt::Display) {
        self.log.add(format!("{} {what}", self.name));
    }
}

#[handlers]
impl Puppet {
    #[started]
    async fn begin(&mut self, cx: &mut Context<Self>) {
        if let Some(gate) = &self.at_start {
            gate.pass().await;
        }
        self.say(format_args!("started {}", cx.incarnation()));
    }

    #[stopping]
    async fn finish(&mut self, why: &ExitReason) {
        if let Some(gate) = &self.at_stop {
            gate.pass().await;
        }
        self.say(format_args!("stopping {why}"));
    }

    /// Logs a number.
    #[message]
    pub fn note(&mut self, number: u64) {
        self.count += 1;
        self.say(number);
    }

    /// Counts, without a word.
    #[message]
    pub fn bump(&mut self) {
        self.count += 1;
    }

    /// How often it counted in this incarnation.
    #[message]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Gives back what it got.
    #[message]
    pub fn echo(&self, number: u64) -> u64 {
        number
    }

    /// Waits at a gate.
    #[message]
    pub async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
        self.count += 1;
        self.say("held");
    }

    /// Waits at a gate, and answers.
    #[message]
    pub async fn answer_at(&mut self, gate: Gate) -> u64 {
        gate.pass().await;
        self.count += 1;
        self.count
    }

    /// Panics.
    #[message]
    pub fn crash(&mut self, text: String) {
        panic!("{text}");
    }

    /// Panics when it should answer.
    #[message]
    pub fn crash_asked(&mut self) -> u64 {
        panic!("asked to");
    }

    /// Fails, if `number` is odd.
    #[message]
    pub fn even(&mut self, number: u32) -> Result<u32, Broken> {
        if number.is_multiple_of(2) {
            Ok(number)
        } else {
            Err(Broken(number))
        }
    }

    /// The same, and only reports it when nobody asked.
    #[message(on_error = report)]
    pub fn even_or_report(&mut self, number: u32) -> Result<u32, Broken> {
        if number.is_multiple_of(2) {
            Ok(number)
        } else {
            Err(Broken(number))
        }
    }

    /// Keeps the port.
    #[message]
    pub fn later(&mut self, reply: Reply<u64>) {
        self.kept.push(reply);
        self.say("kept");
    }

    /// Answers the kept ports.
    #[message]
    pub fn now(&mut self, number: u64) {
        for reply in self.kept.drain(..) {
            reply.send(number);
        }
    }

    /// Drops the kept ports.
    #[message]
    pub fn never(&mut self) {
        self.kept.clear();
    }

    /// Lets another answer.
    #[message]
    pub fn forward(&mut self, to: Address<Self>, number: u64, reply: Reply<u64>) {
        reply.forward(&to, PuppetEcho { number });
    }

    /// Asks another what it counted.
    #[message]
    pub async fn ask_count(&mut self, other: Address<Self>) -> Result<u64, AskError> {
        other.count().await
    }

    /// Asks another to ask a third, and so on: the first of `path` is asked to go on with the rest.
    #[message]
    pub async fn ask_along(&mut self, mut path: Vec<Address<Self>>) -> Result<u64, AskError> {
        if path.is_empty() {
            return Ok(self.count);
        }
        let next = path.remove(0);
        match next.ask_along(path).await {
            Ok(count) => Ok(count),
            Err(AskError::Handler(error)) => Err(error),
            Err(error) => Err(error.map(|_| unreachable!("handled above"))),
        }
    }

    /// Tells another, waiting for room.
    #[message]
    pub async fn tell_note(
        &mut self,
        other: Address<Self>,
        number: u64,
    ) -> Result<(), playhouse::Refused> {
        other.note(number).await.map_err(|error| error.reason())
    }

    /// Keeps the address of another in hand over a drop.
    #[handler]
    fn on_parcel(&mut self, parcel: Parcel) {
        self.say(format_args!("got a parcel {}", parcel.0.line));
    }

    /// Stops itself.
    #[message]
    pub fn leave(&mut self, cx: &mut Context<Self>) {
        cx.stop();
    }

    /// Stops itself for a reason.
    #[message]
    pub fn leave_for(&mut self, reason: ExitReason, cx: &mut Context<Self>) {
        cx.stop_with(reason);
    }

    /// Watches another.
    #[message]
    pub fn watch(&mut self, other: Address<Self>, cx: &mut Context<Self>) -> playhouse::Monitor {
        cx.monitor(&other)
    }

    /// Hears of an end.
    #[handler]
    fn on_down(&mut self, down: Down) {
        self.say(format_args!("down {} {}", down.actor.get(), down.reason));
    }

    /// Is asked, and takes its time, if the asker is still there.
    #[message(skip_abandoned)]
    pub fn if_wanted(&mut self) -> u64 {
        self.say("wanted");
        self.count
    }

    /// Notes numbers from a timer of the context.
    #[message]
    pub fn note_after(&mut self, delay: Duration, number: u64, cx: &mut Context<Self>) -> Timer {
        cx.after(delay, PuppetNote { number })
    }

    /// Notes a number again and again.
    #[message]
    pub fn note_every(&mut self, period: Duration, number: u64, cx: &mut Context<Self>) -> Timer {
        cx.every(period, PuppetNote { number })
    }
}

/// The simplest parent: starts its child again at once whenever it exits, and logs what it hears.
#[derive(Debug)]
pub struct Restarter {
    log: Log,
    child: std::sync::OnceLock<playhouse::links::Child>,
    restarts: bool,
}

impl Restarter {
    /// Spawns a supervised actor, and starts it.
    ///
    /// # Panics
    /// If it cannot be spawned.
    pub fn spawn<A, F>(
        system: &System,
        log: &Log,
        mut make: F,
    ) -> (playhouse::links::Child, Address<A>)
    where
        A: playhouse::Actor,
        F: FnMut() -> A + Send + 'static,
    {
        let factory = Box::new(
            move || -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
                let made = make();
                Box::pin(async move { Ok(made) })
            },
        );
        Self::adopt(system, log, true, factory)
    }

    /// As [`spawn`](Self::spawn) with a factory of the seam's own kind; restarts only if told to.
    ///
    /// # Panics
    /// If it cannot be spawned.
    pub fn adopt<A: playhouse::Actor>(
        system: &System,
        log: &Log,
        restarts: bool,
        factory: playhouse::links::Factory<A>,
    ) -> (playhouse::links::Child, Address<A>) {
        let options = playhouse::links::ChildOptions::default();
        Self::adopt_with(system, log, restarts, options, factory)
    }

    /// The same with options.
    ///
    /// # Panics
    /// If it cannot be spawned.
    pub fn adopt_with<A: playhouse::Actor>(
        system: &System,
        log: &Log,
        restarts: bool,
        options: playhouse::links::ChildOptions,
        factory: playhouse::links::Factory<A>,
    ) -> (playhouse::links::Child, Address<A>) {
        let parent = Arc::new(Self {
            log: log.clone(),
            child: std::sync::OnceLock::new(),
            restarts,
        });
        let child = playhouse::links::adopt(system, options, factory, parent.clone())
            .expect("an open system takes children");
        parent.child.set(child.clone()).expect("set once");
        child.order(playhouse::links::Order::Start {
            run: 1,
            limit: Some(Duration::from_secs(30)),
        });
        let address = child.address().expect("of its own type");
        (child, address)
    }
}

impl playhouse::links::Parent for Restarter {
    fn started(&self, _: playhouse::ActorId, run: u64) {
        self.log.add(format!("parent: started {run}"));
    }

    fn exited(&self, _: playhouse::ActorId, run: u64, reason: &ExitReason) {
        self.log.add(format!("parent: exited {run} {reason}"));
        if self.restarts
            && let Some(child) = self.child.get()
        {
            child.order(playhouse::links::Order::Start {
                run: run + 1,
                limit: None,
            });
        }
    }

    fn ignored(&self, _: playhouse::ActorId, run: u64) {
        self.log.add(format!("parent: ignored {run}"));
    }

    fn ended(&self, _: playhouse::ActorId, reason: &ExitReason) {
        self.log.add(format!("parent: ended {reason}"));
    }
}

/// Asserts that every message which the actor accepted was handled, is a dead letter, or is queued.
///
/// # Panics
/// If one is missing, or there is one too many.
pub fn assert_conserved(actor: &playhouse::ActorRef) {
    let snapshot = actor.snapshot();
    let totals = &snapshot.totals;
    assert_eq!(
        totals.accepted,
        totals.handled + totals.dead_lettered + snapshot.depth,
        "accepted = handled + dead-lettered + queued: {snapshot:?}",
    );
}
