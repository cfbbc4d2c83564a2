//! The cell of an actor: what stays when its state comes and goes.
//!
//! Who may touch what:
//! - The mailbox has rules of its own (`mailbox::queue`).
//! - `signals` and `order` are written by anybody and read by the actor's task, which is woken after each write.
//! - Phase and incarnation are written by the actor's task alone; `hand` by whoever works at the bench; who writes which
//!   statistics, `stats` says.
//! - `bench` has rules of its own (`raw::bench`); what lies on it is the task's, or a guest's.
//! - `waker` is set by the task at its first poll. A task has one waker for all its life; that one keeps the task's memory,
//!   but not its future, until the cell goes.
//! - The labels are there for some actors, and written when those are made; a supervisor is let go at the end, for a parent
//!   holds its children too.
//!
//! An `Arc` of a cell is held by the actor's task, by each address, and by the system's table while the actor lives.

mod ends;

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};

use crate::actor::hand::Hand;
use crate::actor::idle::Idle;
use crate::actor::inline;
use crate::actor::pool::Threads;
use crate::actor::serve::{Turn, Work};
use crate::actor::{Actor, ActorId, Handled, InlineAsk, Phase, PhaseCell};
use crate::dead_letter::{Cause, Content};
use crate::edges::Edges;
use crate::error::{Refused, TellError};
use crate::exit::ExitReason;
use crate::fault::Faults;
use crate::links::{End, Order, Parent};
use crate::mailbox::MailboxOptions;
use crate::mailbox::queue::{Consumer, Notice, Queue};
use crate::message::{AcceptedBy, Ledger, Mail, Refusal, Reply};
use crate::observe::{ActorSnapshot, EventKind};
use crate::quiet;
use crate::raw::bench::Bench;
use crate::stats::{Sampler, Stats};
use crate::system::Shared;

/// What the *urgent* class of the system lane can say; each is a bit of [`Core::signals`].
pub(crate) mod signal {
    /// Stop after the message in hand.
    pub(crate) const STOP: u8 = 1;
    /// Drop the handler in hand at its next await.
    pub(crate) const KILL: u8 = 2;
    /// Stop when the queue is empty.
    pub(crate) const DRAIN: u8 = 4;
    /// The parent's order has changed.
    pub(crate) const ORDER: u8 = 8;
    /// The watchdog found an incarnation late: drop its handler in hand at its next await.
    pub(crate) const LATE: u8 = 16;
    /// What ends a handler that is suspended, whatever it is.
    pub(crate) const CUTS: u8 = KILL | LATE;
    /// Something that it is linked with has ended.
    pub(crate) const EXIT: u8 = 32;
}

#[repr(C)]
pub(crate) struct Cell<A: Actor> {
    pub(crate) queue: Queue<A::Mail>,
    pub(crate) core: Core,
    pub(crate) bench: Bench<Work<A>>,
}

/// The part of a cell that does not depend on the actor's type. What is touched for each message comes first; what most
/// actors never need lies in boxes.
#[repr(C)]
pub(crate) struct Core {
    pub(crate) stats: Stats,
    pub(crate) hand: Hand,
    signals: AtomicU8,
    phase: PhaseCell,
    runs_inline: bool,
    /// An incarnation of it has had a pulse.
    has_pulse: AtomicBool,
    /// Of the polls of its task.
    pub(crate) sampler: Sampler,
    waker: OnceLock<Waker>,
    pub(crate) edges: Edges,
    pub(crate) faults: Faults,
    pub(crate) id: ActorId,
    pub(crate) kind: &'static Kind,
    pub(crate) system: Arc<Shared>,
    incarnation: AtomicU64,
    labels: Option<Box<Labels>>,
    pub(crate) end: End,
}

/// What some actors have beside, from the first.
pub(crate) struct Labels {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) parent: Option<ActorId>,
    pub(crate) under: Option<Under>,
    pub(crate) threads: Option<Arc<Threads>>,
    pub(crate) idle: Option<Box<Idle>>,
}

/// What all actors of one type have in common.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The type's name, as it is shown.
    pub(crate) name: &'static str,
    /// The names of its messages.
    pub(crate) messages: &'static [&'static str],
}

impl Kind {
    pub(crate) const fn of<A: Actor>() -> &'static Self {
        const {
            &Self {
                name: A::NAME,
                messages: <A::Mail as Mail>::NAMES,
            }
        }
    }
}

/// What a supervised actor has.
pub(crate) struct Under {
    /// Let go at the end: a parent holds its children too.
    supervisor: Mutex<Option<Arc<dyn Parent>>>,
    order: Mutex<Order>,
    /// What waits in its mailbox when an incarnation fails is not for the next one.
    discards_queue: bool,
    /// In which message or hook its latest incarnation failed.
    failed_in: Mutex<Option<&'static str>>,
}

/// The order that stands for an actor without a supervisor.
const ONCE: Order = Order::Start {
    run: 1,
    limit: None,
};

/// A cell whose actor's type is not known.
pub(crate) trait AnyCell: Send + Sync {
    fn core(&self) -> &Core;
    /// How many messages were accepted, and how many sends refused.
    fn counts(&self) -> (u64, u64);
    /// How many messages were taken, and whether some are queued.
    fn progress(&self) -> (u64, bool);
    fn close(&self, seal: bool);
    fn rest(&self);
    /// Whether callers may be at work here.
    fn is_lent(&self) -> bool;
    fn is_waiting(&self, ticket: u64) -> bool;
    fn cancel(&self, ticket: u64);
    fn snapshot(&self) -> ActorSnapshot;
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<A: Actor> Cell<A> {
    #[inline]
    pub(crate) fn new(core: Core, mailbox: MailboxOptions, state: Option<A>) -> Self {
        let (queue, consumer) = Queue::new(mailbox);
        Self {
            queue,
            bench: Bench::new(Work::new(consumer, state)),
            core,
        }
    }

    /// Puts mail into the queue, or gives it back.
    pub(crate) fn push(&self, mail: A::Mail) -> Result<(), (A::Mail, Refused)> {
        if self.queue.push(mail, |mail| mail)? {
            self.core.wake();
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn try_push<M>(
        &self,
        message: M,
        reply: Reply<M::Reply, M::Error>,
    ) -> Result<(), TellError<M>>
    where
        M: AcceptedBy<A>,
    {
        match self.queue.push((message, reply), |(message, reply)| {
            self.pack(message, reply)
        }) {
            Ok(wake) => {
                if wake {
                    self.core.wake();
                }
                Ok(())
            }
            // An asker's port goes with its message: it was never accepted, and the asker is told otherwise.
            Err(((message, _), refused)) => Err(TellError::new(message, refused)),
        }
    }

    /// Puts a message into the queue when there is room. With `inline`, an idle actor may handle it right here instead.
    #[inline]
    pub(crate) fn poll_push<M>(
        &self,
        message: &mut Option<M>,
        reply: &mut dyn FnMut() -> Reply<M::Reply, M::Error>,
        ticket: &mut Option<u64>,
        waker: &Waker,
        inline: bool,
    ) -> Poll<Result<(), Refused>>
    where
        M: AcceptedBy<A>,
    {
        if message.is_none() {
            return Poll::Ready(Ok(()));
        }
        if inline
            && M::PLAIN
            && self.core.runs_inline()
            && ticket.is_none()
            && inline::run(self, message, &mut *reply)
        {
            return Poll::Ready(Ok(()));
        }
        let pushed = self.queue.poll_push(
            message,
            |message| self.pack(message, reply()),
            ticket,
            waker,
        );
        pushed.map_ok(|wake| {
            if wake {
                self.core.wake();
            }
        })
    }

    /// Makes mail of a message whose place in the queue is claimed.
    #[inline]
    fn pack<M: AcceptedBy<A>>(&self, message: M, reply: Reply<M::Reply, M::Error>) -> A::Mail {
        /// An implementation by hand may panic; whoever waits for the place has to see that nothing comes.
        struct Wakes<'a>(&'a Core);

        impl Drop for Wakes<'_> {
            fn drop(&mut self) {
                self.0.wake();
            }
        }

        let unwinding = Wakes(&self.core);
        let mail = message.wrap(reply);
        std::mem::forget(unwinding);
        mail
    }

    /// Puts a notice into the ordered class of the system lane. One for an incarnation that is over is dropped.
    pub(crate) fn notify(&self, notice: Notice<A::Mail>) {
        let core = &self.core;
        // The threads of a pool count their incarnations by themselves.
        let current = notice.incarnation == core.incarnation() || core.threads().is_some();
        if !current || matches!(core.phase.get(), Phase::Backoff) {
            quiet::drop_logged(notice.mail, "a notice to an incarnation that is over");
            return;
        }
        match self.queue.notify(notice) {
            Ok(true) => core.wake(),
            Ok(false) => {}
            Err(notice) => quiet::drop_logged(notice.mail, "a notice to an actor that has ended"),
        }
    }

    /// Drops a state and a context that nobody works with any more. Gives the ports back that the incarnation had taken.
    pub(crate) fn clear_bench(&self, what: &'static str) -> Option<Arc<Ledger>> {
        let mut owner = self.bench.own()?;
        let work = owner.get();
        let (left, ledger) = (work.take_left(), work.close());
        let (cx, state) = work.end();
        drop(owner);
        if let Some(Turn::Wait(mail)) = left {
            self.dead_letter(mail, Refusal::Closed, Cause::Killed);
        }
        quiet::drop_logged(cx, what);
        quiet::drop_logged(state, what);
        ledger
    }

    /// Drops the notices of an incarnation that is over.
    pub(crate) fn drop_notices(&self, consumer: &mut Consumer<A::Mail>) {
        for mail in self.queue.take_notices(consumer) {
            quiet::drop_logged(mail, "a notice to an incarnation that is over");
        }
    }

    /// Records mail that is not going to be handled.
    pub(crate) fn dead_letter(&self, mail: A::Mail, refusal: Refusal, cause: Cause) {
        let message = mail.name();
        let content = quiet::caught(|| mail.refuse(refusal));
        self.core.stats.count_dead_letter();
        let content = match content {
            Ok(content) => Content::some(content),
            Err(payload) => {
                quiet::drop_logged(payload, "a panic's payload");
                Content::none()
            }
        };
        self.core
            .system
            .dead_letters()
            .add(&self.core, message, cause, content);
    }

    /// The end of the mailbox: nothing comes in after this, and what is queued are dead letters.
    pub(crate) fn empty(&self, consumer: &mut Consumer<A::Mail>, cause: &Cause) {
        let (letters, notices) = self.queue.finish(consumer);
        for mail in letters {
            self.dead_letter(mail, Refusal::Closed, cause.clone());
        }
        for mail in notices {
            quiet::drop_logged(mail, "a notice to an incarnation that is over");
        }
    }

    /// Makes dead letters of all that is queued.
    pub(crate) fn dead_letter_queue(&self, consumer: &mut Consumer<A::Mail>, cause: &Cause) {
        for mail in self.queue.clear(consumer) {
            self.dead_letter(mail, Refusal::Closed, cause.clone());
        }
    }
}

impl<A: Actor> AnyCell for Cell<A> {
    fn core(&self) -> &Core {
        &self.core
    }

    fn counts(&self) -> (u64, u64) {
        self.queue.counts()
    }

    fn progress(&self) -> (u64, bool) {
        self.queue.progress()
    }

    fn close(&self, seal: bool) {
        self.queue.close(seal);
    }

    fn rest(&self) {
        self.queue.rest();
    }

    fn is_lent(&self) -> bool {
        self.bench.is_lent()
    }

    fn is_waiting(&self, ticket: u64) -> bool {
        self.queue.is_waiting(ticket)
    }

    fn cancel(&self, ticket: u64) {
        self.queue.cancel(ticket);
    }

    fn snapshot(&self) -> ActorSnapshot {
        let queue = self.queue.state();
        let core = &self.core;
        ActorSnapshot {
            id: core.id,
            type_name: core.kind.name,
            name: core.name().cloned(),
            parent: core.parent(),
            phase: core.phase(),
            incarnation: core.incarnation(),
            depth: queue.depth as u64,
            capacity: Some(queue.capacity as u64),
            waiting: queue.waiting as u64,
            in_hand: core.in_hand(),
            uptime: core.stats.age(),
            totals: core.stats.totals(queue.accepted, queue.refused),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Core {
    #[inline]
    pub(crate) fn new(
        system: Arc<Shared>,
        id: ActorId,
        kind: &'static Kind,
        inline_ask: InlineAsk,
        labels: Option<Box<Labels>>,
    ) -> Self {
        Self {
            stats: Stats::new(),
            hand: Hand::default(),
            signals: AtomicU8::new(0),
            phase: PhaseCell::new(),
            runs_inline: inline_ask == InlineAsk::Auto,
            has_pulse: AtomicBool::new(false),
            sampler: Sampler::default(),
            waker: OnceLock::new(),
            edges: Edges::default(),
            #[allow(
                clippy::default_constructed_unit_structs,
                reason = "without the feature `test`"
            )]
            faults: Faults::default(),
            id,
            kind,
            system,
            incarnation: AtomicU64::new(0),
            labels,
            end: End::new(),
        }
    }

    pub(crate) fn name(&self) -> Option<&Arc<str>> {
        self.labels.as_ref()?.name.as_ref()
    }

    pub(crate) fn parent(&self) -> Option<ActorId> {
        self.labels.as_ref()?.parent
    }

    fn under(&self) -> Option<&Under> {
        self.labels.as_ref()?.under.as_ref()
    }

    /// The threads of a pool.
    pub(crate) fn threads(&self) -> Option<&Arc<Threads>> {
        self.labels.as_ref()?.threads.as_ref()
    }

    /// The idle timeout.
    pub(crate) fn idle(&self) -> Option<&Idle> {
        self.labels.as_ref()?.idle.as_deref()
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.get() {
            Phase::Running if self.stats.is_suspended() => Phase::Suspended,
            phase => phase,
        }
    }

    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation.load(Ordering::Acquire)
    }

    pub(crate) fn is_supervised(&self) -> bool {
        self.under().is_some()
    }

    pub(crate) fn supervisor(&self) -> Option<Arc<dyn Parent>> {
        self.under()?.supervisor().clone()
    }

    pub(crate) fn take_supervisor(&self) -> Option<Arc<dyn Parent>> {
        self.under()?.supervisor().take()
    }

    /// Whether what waits when an incarnation fails is not for the next one.
    pub(crate) fn discards_queue(&self) -> bool {
        self.under().is_some_and(|under| under.discards_queue)
    }

    /// In which message or hook its latest incarnation failed, where there is a supervisor to know it.
    pub(crate) fn failed_in(&self) -> Option<&'static str> {
        *self.under()?.failed_in()
    }

    pub(crate) fn set_failed_in(&self, what: Option<&'static str>) {
        if let Some(under) = self.under() {
            *under.failed_in() = what;
        }
    }

    /// Whether asks may run on their callers.
    #[inline]
    pub(crate) fn runs_inline(&self) -> bool {
        self.runs_inline
    }

    /// The name of the message, or of the hook, in hand.
    pub(crate) fn in_hand(&self) -> Option<&'static str> {
        self.hand.name(self.kind.messages)
    }

    // Signals, by anybody.

    pub(crate) fn stop(&self, cell: &dyn AnyCell) {
        self.end_supervision();
        cell.close(true);
        self.raise(signal::STOP);
    }

    pub(crate) fn drain(&self, cell: &dyn AnyCell) {
        // Its supervision ends with the incarnation that finds the queue empty.
        cell.close(true);
        self.raise(signal::DRAIN);
    }

    pub(crate) fn kill(&self, cell: &dyn AnyCell) {
        // A supervisor may start it again, and then it takes messages again.
        cell.close(!self.is_supervised());
        self.raise(signal::KILL);
    }

    pub(crate) fn order(&self, cell: &dyn AnyCell, order: Order) {
        let closes = order == Order::End;
        let Some(under) = self.under() else { return };
        {
            let mut now = under.order();
            if *now == Order::End {
                return;
            }
            *now = order;
        }
        if closes {
            cell.close(true);
        }
        self.raise(signal::ORDER);
    }

    /// Whoever stops a child by its address ends its supervision: no order after this counts.
    fn end_supervision(&self) {
        if let Some(under) = self.under() {
            *under.order() = Order::End;
        }
    }

    pub(crate) fn raise(&self, signal: u8) {
        self.signals.fetch_or(signal, Ordering::AcqRel);
        // The other half is in `set_waker`: either the waker is seen here, or the signal at the first poll.
        fence(Ordering::SeqCst);
        self.wake();
        // The other half is in `add_term`.
        if self.has_pulse.load(Ordering::Relaxed) {
            self.tell_terms();
        }
    }

    #[inline]
    pub(crate) fn wake(&self) {
        // Before its first poll the task runs anyhow.
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    // For the actor's own task.

    #[inline]
    pub(crate) fn signals(&self) -> u8 {
        self.signals.load(Ordering::Acquire)
    }

    pub(crate) fn lower(&self, signal: u8) {
        self.signals.fetch_and(!signal, Ordering::AcqRel);
    }

    pub(crate) fn has_kill(&self) -> bool {
        self.signals() & signal::KILL != 0
    }

    /// Whether there is something that may end the handler in hand at its next await.
    #[inline]
    pub(crate) fn is_threatened(&self) -> bool {
        self.signals() & (signal::CUTS | signal::EXIT) != 0
    }

    pub(crate) fn current_order(&self) -> Order {
        self.under().map_or(ONCE, |under| under.order().clone())
    }

    /// Goes to rest after start number `run`, unless a newer order stands. Gives the order back that it ended.
    pub(crate) fn rest_after(&self, run: u64) -> Order {
        let Some(under) = self.under() else {
            return ONCE;
        };
        let mut now = under.order();
        let stood = now.clone();
        match stood {
            Order::Start { run: wanted, .. } if wanted != run => {}
            Order::End => {}
            Order::Start { .. } | Order::Stop { .. } | Order::Rest => *now = Order::Rest,
        }
        stood
    }

    /// The task's waker, at its first poll.
    #[inline]
    pub(crate) fn set_waker(&self, waker: &Waker) {
        if self.waker.get().is_none() {
            let _ = self.waker.get_or_init(|| waker.clone());
            fence(Ordering::SeqCst);
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.set(phase);
    }

    pub(crate) fn set_incarnation(&self, run: u64) {
        self.incarnation.store(run, Ordering::Release);
    }

    /// What was in hand has ended, and so has whatever it waited for.
    #[inline]
    pub(crate) fn lay_down(&self) {
        self.hand.lay_down();
        self.edges.void();
    }

    pub(crate) fn event(&self, kind: impl FnOnce() -> EventKind) {
        self.system.event(self, kind);
    }

    /// What a handler that returned means: `Err` ends its incarnation. One that only reports its error is told here.
    pub(crate) fn judge(&self, message: &'static str, handled: Handled) -> Result<(), ExitReason> {
        match handled {
            Handled::Done => Ok(()),
            Handled::Reported(failure) => {
                tracing::warn!(actor = %self, message, error = %failure, "a handler reported an error");
                self.event(|| EventKind::Reported {
                    message,
                    error: self.text(failure.text()),
                });
                Ok(())
            }
            Handled::Failed(failure) => Err(ExitReason::Error(self.text(failure.text()))),
        }
    }

    /// A bounded text for a reason.
    pub(crate) fn text(&self, text: &str) -> Arc<str> {
        Arc::from(crate::text::clip(text, self.system.limits().text))
    }

    /// A panic of a user's code: counted, and the reason to end for.
    pub(crate) fn panicked(&self, payload: quiet::Payload) -> ExitReason {
        self.stats.count_panic();
        let reason = self.panic_reason(&*payload);
        quiet::drop_logged(payload, "a panic's payload");
        reason
    }

    pub(crate) fn panic_reason(&self, payload: &(dyn Any + Send)) -> ExitReason {
        ExitReason::Panic(crate::text::of_panic(payload, self.system.limits().text))
    }
}

impl Under {
    pub(crate) fn new(supervisor: Arc<dyn Parent>, discards_queue: bool) -> Self {
        Self {
            supervisor: Mutex::new(Some(supervisor)),
            order: Mutex::new(Order::Rest),
            discards_queue,
            failed_in: Mutex::new(None),
        }
    }

    fn failed_in(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.failed_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn supervisor(&self) -> MutexGuard<'_, Option<Arc<dyn Parent>>> {
        self.supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} `{name}` {}", self.kind.name, self.id),
            None => write!(f, "{} {}", self.kind.name, self.id),
        }
    }
}
