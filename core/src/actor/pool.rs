//! A pool of threads behind one address, for handlers that block.
//!
//! ```text
//!   mailbox --> front: waits for a free thread, then takes a message --> bounded(n) --> thread 0..n, one in hand each
//! ```
//!
//! The front is the actor's task. It takes a message only when a thread is free, so a message that is not in a
//! thread's hands is still in the mailbox: a stop finds it there. Handing over cannot fail: the channel has a place
//! for each free thread.
//!
//! Invariants:
//! 1. `free` is raised by a thread that has nothing in hand and a state, and lowered by the front alone, before it
//!    hands a message over.
//! 2. A message in hand is counted once: by its thread when it is done, or by the front when it leaves the thread
//!    behind; `Desk::hand` decides which, by one exchange.
//! 3. A thread ends when the channel is closed and empty, after the message in hand.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::actor::cell::{AnyCell, Cell, Core, signal};
use crate::actor::run::end;
use crate::actor::serve::{Work, take_part};
use crate::actor::spawn::{self, Plan};
use crate::actor::tracked::Tracked;
use crate::actor::{ActorId, BlockingActor, Phase};
use crate::address::Address;
use crate::context::Context;
use crate::dead_letter::{Cause, Content};
use crate::error::{Left, SpawnError};
use crate::exit::ExitReason;
use crate::links::link;
use crate::mailbox::queue::Taken;
use crate::message::{Gone, Ledger, Mail, Refusal};
use crate::observe::EventKind;
use crate::quiet;
use crate::raw::bench::Owner;
use crate::system::System;

/// Makes the state of one thread.
pub(crate) type BlockingFactory<A> = Arc<dyn Fn() -> A + Send + Sync>;

/// A thread whose factory fails waits longer each time, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The threads of one pool, as seen from outside.
pub(crate) struct Threads {
    desks: Vec<Arc<Desk>>,
    free: AtomicUsize,
    live: AtomicUsize,
    closing: AtomicBool,
    /// The incarnations of all threads, counted together.
    runs: AtomicU64,
}

/// What one thread has in hand.
struct Desk {
    hand: Mutex<Hand>,
    back: AtomicBool,
    handle: Mutex<Option<thread::Thread>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Hand {
    Empty,
    Has(&'static str),
    /// The pool ended without this thread: what it does from now on is not counted.
    Left,
}

impl Desk {
    fn exchange(&self, next: Hand) -> Hand {
        let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        if *hand == Hand::Left {
            Hand::Left
        } else {
            std::mem::replace(&mut *hand, next)
        }
    }

    fn message(&self) -> Option<&'static str> {
        match *self.hand.lock().unwrap_or_else(PoisonError::into_inner) {
            Hand::Has(message) => Some(message),
            Hand::Empty | Hand::Left => None,
        }
    }
}

impl Threads {
    fn new(count: usize) -> Self {
        let desk = || {
            Arc::new(Desk {
                hand: Mutex::new(Hand::Empty),
                back: AtomicBool::new(false),
                handle: Mutex::new(None),
            })
        };
        Self {
            desks: std::iter::repeat_with(desk).take(count).collect(),
            free: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            runs: AtomicU64::new(0),
        }
    }

    /// The threads that have a message in hand, with its name.
    pub(crate) fn busy(&self) -> Vec<(usize, &'static str)> {
        self.desks
            .iter()
            .enumerate()
            .filter_map(|(number, desk)| desk.message().map(|message| (number, message)))
            .collect()
    }

    /// Wakes the threads that pause before their next start.
    fn close(&self) {
        self.closing.store(true, Ordering::Release);
        for desk in &self.desks {
            if let Some(thread) = &*desk.handle.lock().unwrap_or_else(PoisonError::into_inner) {
                thread.unpark();
            }
        }
    }
}

/// A thread that the end of its pool left behind.
pub(crate) struct Stuck {
    desk: Arc<Desk>,
    id: ActorId,
    type_name: &'static str,
    name: Option<Arc<str>>,
    thread: usize,
    message: &'static str,
}

impl Stuck {
    pub(crate) fn is_back(&self) -> bool {
        self.desk.back.load(Ordering::Acquire)
    }

    pub(crate) fn left(&self) -> Left {
        Left {
            id: self.id,
            type_name: self.type_name,
            name: self.name.clone(),
            busy_with: Some(self.message),
            thread: Some(self.thread),
        }
    }
}

pub(crate) fn spawn<A: BlockingActor>(
    system: &System,
    plan: Plan,
    threads: usize,
    factory: BlockingFactory<A>,
) -> Result<Address<A>, SpawnError> {
    if threads == 0 {
        return Err(SpawnError::ZeroThreads);
    }
    if plan.idle.is_some() {
        return Err(SpawnError::IdleThreads);
    }
    let pool = Arc::new(Threads::new(threads));
    let plan = Plan {
        threads: Some(pool.clone()),
        ..plan
    };
    let cell = spawn::cell::<A>(system, plan, None)?;
    let (sender, receiver) = crossbeam_channel::bounded(threads);
    system.shared().admit(cell.clone())?;
    for number in 0..threads {
        let worker = Worker {
            cell: cell.clone(),
            pool: pool.clone(),
            desk: pool.desks[number].clone(),
            number,
            factory: factory.clone(),
            mail: receiver.clone(),
        };
        pool.live.fetch_add(1, Ordering::AcqRel);
        let name = format!("{}-{number}", A::NAME);
        if let Err(error) = thread::Builder::new()
            .name(name)
            .spawn(move || worker.run())
        {
            pool.live.fetch_sub(1, Ordering::AcqRel);
            drop(sender);
            pool.close();
            let error = SpawnError::Thread(cell.core.text(&error.to_string()));
            end(
                &cell,
                &ExitReason::StartFailed(cell.core.text(&error.to_string())),
            );
            return Err(error);
        }
    }
    cell.core.event(|| EventKind::Spawned);
    let front = Front {
        cell: cell.clone(),
        pool,
        sender: Some(sender),
        handed_over: receiver,
        reason: ExitReason::Killed,
    };
    let task = Tracked::new(cell.clone() as Arc<dyn AnyCell>, front.run());
    system.shared().runtime().spawn(task);
    Ok(Address::new(cell))
}

/// The actor's task: from the mailbox to the threads.
struct Front<A: BlockingActor> {
    cell: Arc<Cell<A>>,
    pool: Arc<Threads>,
    sender: Option<Sender<A::Mail>>,
    /// The other end, to take back what no thread has taken.
    handed_over: Receiver<A::Mail>,
    reason: ExitReason,
}

impl<A: BlockingActor> Front<A> {
    async fn run(mut self) {
        self.cell.core.set_incarnation(1);
        self.cell.core.set_phase(Phase::Running);
        self.cell.core.event(|| EventKind::Started { run: 1 });
        let cell = self.cell.clone();
        let Some(mut owner) = cell.bench.own() else {
            return;
        };
        self.reason = self.serve(&mut owner).await;
        self.cell.core.set_phase(Phase::Stopping);
        self.sender = None;
        self.pool.close();
        // What waits in the mailbox is lost now, not when the last thread is back.
        let cause = if self.reason == ExitReason::Killed {
            Cause::Killed
        } else {
            Cause::Stopped
        };
        cell.dead_letter_queue(&mut owner.get().consumer, &cause);
        if self.reason != ExitReason::Killed && self.threads_end().await.is_err() {
            self.reason = ExitReason::Killed;
        }
    }

    async fn serve(&self, owner: &mut Owner<'_, Work<A>>) -> ExitReason {
        let core = &self.cell.core;
        let mut draining = false;
        loop {
            take_part().await;
            let signals = core.signals();
            if signals & signal::KILL != 0 {
                return ExitReason::Killed;
            }
            if signals & signal::STOP != 0 {
                return ExitReason::Shutdown;
            }
            if signals & signal::EXIT != 0 {
                if let Some(reason) = link::obey(&*self.cell) {
                    return reason;
                }
                continue;
            }
            draining |= signals & signal::DRAIN != 0;
            if self.pool.free.load(Ordering::Acquire) == 0 {
                // Nobody takes anything for a while, so who waits for room gets what there is.
                self.cell.queue.rest();
                self.until(|| self.pool.free.load(Ordering::Acquire) > 0, signals)
                    .await;
                continue;
            }
            match self.cell.queue.take(&mut owner.get().consumer) {
                Taken::Mail(mail) if mail.abandoned() => {
                    self.cell
                        .dead_letter(mail, Refusal::Closed, Cause::Abandoned);
                }
                Taken::Mail(mail) => self.hand_over(mail),
                Taken::Notice(notice) => {
                    if notice.wanted.as_ref().is_none_or(|wanted| wanted.get()) {
                        core.stats.count_direct();
                        self.hand_over(notice.mail);
                    } else {
                        quiet::drop_logged(notice.mail, "a notice that nobody wants any more");
                    }
                }
                Taken::Unready => tokio::task::yield_now().await,
                Taken::Parked if draining => return ExitReason::Shutdown,
                Taken::Parked => self.until(|| self.cell.queue.has_next(), signals).await,
            }
        }
    }

    fn hand_over(&self, mail: A::Mail) {
        self.pool.free.fetch_sub(1, Ordering::AcqRel);
        let refused = match &self.sender {
            Some(sender) => sender
                .try_send(mail)
                .err()
                .map(crossbeam_channel::TrySendError::into_inner),
            None => Some(mail),
        };
        if let Some(mail) = refused {
            // Only if a free thread had gone, which none does before the channel is closed.
            self.cell.dead_letter(mail, Refusal::Closed, Cause::Stopped);
        }
    }

    /// Sleeps until `ready`, or a signal beside the known ones.
    async fn until(&self, ready: impl Fn() -> bool, known: u8) {
        poll_fn(|_| {
            if self.cell.core.signals() != known || ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Waits for the threads; a kill ends the wait.
    async fn threads_end(&self) -> Result<(), ()> {
        poll_fn(|_| {
            if self.pool.live.load(Ordering::Acquire) == 0 {
                Poll::Ready(Ok(()))
            } else if self.cell.core.has_kill() {
                Poll::Ready(Err(()))
            } else {
                Poll::Pending
            }
        })
        .await
    }
}

impl<A: BlockingActor> Drop for Front<A> {
    fn drop(&mut self) {
        let core = &self.cell.core;
        self.sender = None;
        self.pool.close();
        for (number, desk) in self.pool.desks.iter().enumerate() {
            let Hand::Has(message) = desk.exchange(Hand::Left) else {
                continue;
            };
            core.stats.count_dead_letter();
            core.system
                .dead_letters()
                .add(core, message, Cause::Killed, Content::none());
            core.system.add_stuck(Arc::new(Stuck {
                desk: desk.clone(),
                id: core.id,
                type_name: core.kind.name,
                name: core.name().cloned(),
                thread: number,
                message,
            }));
        }
        // A thread that takes one of these in this moment finds its desk left, and gives it up as well.
        while let Ok(mail) = self.handed_over.try_recv() {
            self.cell.dead_letter(mail, Refusal::Closed, Cause::Killed);
        }
        end(&self.cell, &self.reason);
    }
}

/// One thread.
struct Worker<A: BlockingActor> {
    cell: Arc<Cell<A>>,
    pool: Arc<Threads>,
    desk: Arc<Desk>,
    number: usize,
    factory: BlockingFactory<A>,
    mail: Receiver<A::Mail>,
}

/// Why a thread's incarnation is over.
enum Over {
    /// The channel is closed and empty.
    Pool,
    Failed(ExitReason),
    /// A handler stopped it by its context: the thread starts again as after a failure, without being one.
    Stopped,
}

impl<A: BlockingActor> Worker<A> {
    fn run(self) {
        *self
            .desk
            .handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        crate::raw::current::own_thread(Some(self.cell.clone()));
        let mut pause = Duration::from_millis(1);
        let mut first = true;
        while !self.pool.closing.load(Ordering::Acquire) || first {
            if !first {
                self.cell.core.stats.pool_restart();
            }
            first = false;
            match self.incarnate() {
                Ok(Over::Pool) => break,
                Ok(Over::Stopped) => {}
                Ok(Over::Failed(reason)) => {
                    pause = Duration::from_millis(1);
                    self.report(reason);
                }
                Err(reason) => {
                    // It never came up: a hot loop helps nobody.
                    self.report(reason);
                    thread::park_timeout(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        crate::raw::current::own_thread(None);
        self.desk.back.store(true, Ordering::Release);
        self.pool.live.fetch_sub(1, Ordering::AcqRel);
        self.cell.core.wake();
        self.cell.core.system.gone();
    }

    fn core(&self) -> &Core {
        &self.cell.core
    }

    fn report(&self, reason: ExitReason) {
        tracing::warn!(actor = %self.core(), thread = self.number, %reason, "a thread of a pool failed");
        self.core().event(|| EventKind::ThreadFailed {
            thread: self.number,
            reason,
        });
    }

    /// One state, from factory to drop. `Err` when it never came up.
    fn incarnate(&self) -> Result<Over, ExitReason> {
        let run = self.pool.runs.fetch_add(1, Ordering::AcqRel) + 1;
        let mut state =
            quiet::caught(|| (self.factory)()).map_err(|payload| self.panicked(payload))?;
        let mut cx = Context::new(self.cell.clone(), run);
        let started = quiet::caught(|| state.on_started_blocking(&mut cx));
        let up = match started {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err(ExitReason::StartFailed(self.core().text(failure.text()))),
            Err(payload) => Err(self.panicked(payload)),
        };
        let over = match up {
            Ok(()) => Ok(self.serve(&mut state, &mut cx)),
            Err(reason) => Err(reason),
        };
        let reason = match &over {
            Ok(Over::Failed(reason)) => Some(reason.clone()),
            Ok(Over::Stopped) => Some(ExitReason::Normal),
            Ok(Over::Pool) => Some(ExitReason::Shutdown),
            Err(_) => None,
        };
        if let Some(reason) = reason {
            match quiet::caught(|| state.on_stopping_blocking(&reason, &mut cx)) {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => {
                    tracing::error!(actor = %self.core(), error = %failure, "a `stopping` hook failed");
                }
                Err(payload) => drop(self.panicked(payload)),
            }
        }
        let ledger = cx.close();
        quiet::drop_logged(cx, "a context");
        quiet::drop_logged(state, "the state of a thread");
        self.settle(ledger, &over);
        over
    }

    fn settle(&self, ledger: Option<Arc<Ledger>>, over: &Result<Over, ExitReason>) {
        if let Some(ledger) = ledger {
            let closed =
                matches!(over, Ok(Over::Pool)) || self.pool.closing.load(Ordering::Acquire);
            ledger.give_up(if closed {
                Gone::Closed
            } else {
                Gone::Restarted
            });
        }
    }

    fn serve(&self, state: &mut A, cx: &mut Context<A>) -> Over {
        loop {
            self.pool.free.fetch_add(1, Ordering::AcqRel);
            self.core().wake();
            let Ok(mail) = self.mail.recv() else {
                return Over::Pool;
            };
            if let Some(reason) = self.handle(state, cx, mail) {
                return Over::Failed(reason);
            }
            if cx.take_stop().is_some() {
                return Over::Stopped;
            }
        }
    }

    fn handle(&self, state: &mut A, cx: &mut Context<A>, mail: A::Mail) -> Option<ExitReason> {
        let core = self.core();
        let message = mail.name();
        if self.desk.exchange(Hand::Has(message)) == Hand::Left {
            self.cell.dead_letter(mail, Refusal::Closed, Cause::Killed);
            return None;
        }
        let began = Instant::now();
        let handled = quiet::caught(|| match core.faults.strike() {
            Some(handled) => handled,
            None => state.on_mail_blocking(mail, cx),
        });
        let busy = began.elapsed();
        let counted = self.desk.exchange(Hand::Empty) != Hand::Left;
        let judged = match handled {
            Ok(handled) => core.judge(message, handled),
            Err(payload) => Err(self.panicked(payload)),
        };
        let Err(reason) = judged else {
            if counted {
                core.stats.pool_handled(busy);
            }
            return None;
        };
        if counted {
            core.stats.pool_failed(busy);
            core.stats.count_dead_letter();
            core.system.dead_letters().add(
                core,
                message,
                Cause::Failed(reason.clone()),
                Content::none(),
            );
        }
        Some(reason)
    }

    fn panicked(&self, payload: quiet::Payload) -> ExitReason {
        self.core().stats.pool_panic();
        let reason = self.core().panic_reason(&*payload);
        quiet::drop_logged(payload, "a panic's payload");
        reason
    }
}
