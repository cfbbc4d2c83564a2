//! What a handler may do with its own actor.

mod pulse;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

pub use pulse::Pulse;
pub(crate) use pulse::Term;

use crate::actor::cell::{AnyCell, Cell};
use crate::actor::{Actor, ActorId};
use crate::address::{Address, AsActor};
use crate::exit::ExitReason;
use crate::links::link::{self, SendExit};
use crate::links::{Down, Exit, Monitor, Wanted};
use crate::mailbox::queue::Notice;
use crate::message::{Handles, Ledger, Reply};
use crate::system::System;
use crate::timer::{Timer, Timers};

/// The context of one incarnation of an actor. Its timers and monitors end with it; links are the actor's.
pub struct Context<A: Actor> {
    cell: Arc<Cell<A>>,
    run: u64,
    /// What most incarnations never use.
    extras: Option<Box<Extras<A>>>,
}

struct Extras<A: Actor> {
    timers: Timers<A>,
    monitors: Vec<Monitor>,
    ledger: Option<Arc<Ledger>>,
    stop: Option<ExitReason>,
    /// Of this incarnation, once it has a pulse.
    term: Option<Arc<Term>>,
    traps: bool,
}

impl<A: Actor> Context<A> {
    pub(crate) fn new(cell: Arc<Cell<A>>, run: u64) -> Self {
        Self {
            cell,
            run,
            extras: None,
        }
    }

    /// On a thread of a pool, where no loop looks at timers.
    fn is_threaded(&self) -> bool {
        self.cell.core.threads().is_some()
    }

    fn extras(&mut self) -> &mut Extras<A> {
        self.extras.get_or_insert_with(|| {
            Box::new(Extras {
                timers: Timers::new(),
                monitors: Vec::new(),
                ledger: None,
                stop: None,
                term: None,
                traps: false,
            })
        })
    }

    /// The actor's own address.
    #[must_use]
    pub fn address(&self) -> Address<A> {
        Address::new(self.cell.clone())
    }

    /// The system that the actor lives in.
    #[must_use]
    pub fn system(&self) -> System {
        System::of(self.cell.core.system.clone())
    }

    /// The actor's id.
    #[must_use]
    pub fn id(&self) -> ActorId {
        self.cell.core.id
    }

    /// Which start of the actor this is, from 1.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.run
    }

    /// Ends the actor after this message, for the reason [`ExitReason::Normal`].
    pub fn stop(&mut self) {
        self.stop_with(ExitReason::Normal);
    }

    /// Ends the actor after this message, for a reason of its choice. The first choice counts.
    pub fn stop_with(&mut self, reason: ExitReason) {
        let limit = self.cell.core.system.limits().text;
        let extras = self.extras();
        extras.stop.get_or_insert_with(|| reason.clipped(limit));
        if let Some(term) = &extras.term {
            term.ask();
        }
    }

    /// Whether this incarnation is to end: somebody has stopped, drained or killed it, its supervisor has ordered it to, it
    /// has stopped itself, or it has been found idle for too long. For handlers that take long and can leave off early.
    ///
    /// Once it is true it stays so, for this incarnation. It takes a lock for a moment where there is a supervisor; a loop
    /// that looks very often is better off with a [`pulse`](Self::pulse).
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.extras
            .as_ref()
            .is_some_and(|extras| extras.stop.is_some())
            || self.cell.core.is_asked_to_end()
    }

    /// Waits until [`is_stopping`](Self::is_stopping) is true. It borrows nothing, may be dropped at any time, and may be
    /// awaited anywhere.
    ///
    /// ```text
    /// #[message]
    /// async fn read(&mut self, cx: &mut Context<Self>) {
    ///     let stopping = cx.stopping();
    ///     tokio::select! {
    ///         () = stopping => {}
    ///         line = self.next_line() => self.lines.push(line),
    ///     }
    /// }
    /// ```
    pub fn stopping(&mut self) -> impl Future<Output = ()> + Send + 'static + use<A> {
        self.pulse().stopping()
    }

    /// A handle to this incarnation, for work that goes on beside its handlers. The first one of an incarnation allocates.
    pub fn pulse(&mut self) -> Pulse {
        let cell = self.cell.clone();
        let extras = self.extras();
        let is_new = extras.term.is_none();
        let term = extras.term.get_or_insert_default().clone();
        if extras.stop.is_some() {
            term.ask();
        }
        if is_new {
            cell.core.add_term(&term);
        }
        Pulse::new(cell, self.run, term)
    }

    /// Says that the handler in hand is alive; see [`Spawner::idle_timeout`](crate::Spawner::idle_timeout).
    pub fn beat(&self) {
        self.cell.core.stats.beat();
    }

    /// Counts `work` as busy time: what was done elsewhere on the actor's behalf.
    pub fn add_busy(&self, work: Duration) {
        self.cell.core.stats.add_busy(work);
    }

    /// Delivers `message` to this actor once, `delay` from now, between two others. It needs no room in the mailbox.
    ///
    /// Void when the incarnation ends. (On a thread of a pool it is an ordinary tell to the pool.)
    pub fn after<M>(&mut self, delay: Duration, message: M) -> Timer
    where
        A: Handles<M>,
        M: Send + 'static,
    {
        if self.is_threaded() {
            return self.address().tell(message).after(delay);
        }
        let mut message = Some(message);
        let make = move || {
            message
                .take()
                .map(|message| A::wrap(message, Reply::nobody()))
        };
        self.extras().timers.add(delay, None, Box::new(make))
    }

    /// Delivers a copy of `message` every `period`, the first one `period` from now. Ticks that were missed collapse
    /// into one. Below a millisecond, `period` is a millisecond.
    pub fn every<M>(&mut self, period: Duration, message: M) -> Timer
    where
        A: Handles<M>,
        M: Clone + Send + 'static,
    {
        if self.is_threaded() {
            return self.address().tell(message).every(period);
        }
        let period = period.max(crate::timer::SHORTEST_PERIOD);
        let make = move || Some(A::wrap(message.clone(), Reply::nobody()));
        self.extras()
            .timers
            .add(period, Some(period), Box::new(make))
    }

    /// Watches another actor: its final end arrives here as a [`Down`] message, at once if it has ended already.
    pub fn monitor(&mut self, target: &impl AsActor) -> Monitor
    where
        A: Handles<Down>,
    {
        let target = target.as_actor().cell().clone();
        let (actor, name) = (target.core().id, target.core().name().cloned());
        self.watch(target, move |reason| {
            let down = Down {
                actor,
                name,
                reason: reason.clone(),
            };
            A::wrap(down, Reply::nobody())
        })
    }

    /// As [`monitor`](Self::monitor), but what arrives is `message`: for an actor that watches many and wants to know at
    /// once what an end means. It is dropped unused if it is not to arrive any more.
    ///
    /// ```
    /// # use playhouse_core as playhouse; // stands for the facade
    /// use playhouse::{Actor, ActorRef, Context, Monitor, message::Handles};
    ///
    /// struct SeatIsFree(u32);
    ///
    /// fn seat<A: Actor + Handles<SeatIsFree>>(cx: &mut Context<A>, guest: &ActorRef, seat: u32) -> Monitor {
    ///     cx.monitor_with(guest, SeatIsFree(seat))
    /// }
    /// ```
    pub fn monitor_with<M>(&mut self, target: &impl AsActor, message: M) -> Monitor
    where
        A: Handles<M>,
        M: Send + 'static,
    {
        let target = target.as_actor().cell().clone();
        self.watch(target, move |_| A::wrap(message, Reply::nobody()))
    }

    fn watch(
        &mut self,
        target: Arc<dyn AnyCell>,
        make: impl FnOnce(&ExitReason) -> A::Mail + Send + 'static,
    ) -> Monitor {
        let wanted = Wanted::new();
        let (cell, run, still) = (self.cell.clone(), self.run, wanted.clone());
        let number = target.core().end.add(move |reason: &ExitReason| {
            cell.notify(Notice {
                incarnation: run,
                wanted: Some(still),
                mail: make(reason),
            });
        });
        let monitor = Monitor::new(target, number, wanted);
        let monitors = &mut self.extras().monitors;
        if monitors.len() == monitors.capacity() {
            monitors.retain(|monitor| !monitor.is_over());
        }
        monitors.push(monitor.clone());
        monitor
    }

    /// Ends a watch; see [`Monitor::demonitor`].
    pub fn demonitor(&mut self, monitor: &Monitor) {
        monitor.demonitor();
        self.extras().monitors.retain(|monitor| !monitor.is_over());
    }

    /// Links this actor and another one, so that they share their fate: when one of them ends for good, and for an
    /// *abnormal* reason ([`ExitReason::is_normal`]), the other fails with the same reason, unless it
    /// [traps exits](Self::trap_exits).
    ///
    /// To fail so is to end as if what ended the other had happened here. The handler in hand is dropped at its next
    /// await; the `stopping` hook runs with the reason, unless that is [`ExitReason::Killed`]; a supervisor
    /// restarts the actor by its policy. A normal end does nothing to one that does not trap.
    ///
    /// A link belongs to the two actors: it works both ways, two of them are one, and it survives restarts of either side,
    /// which it says nothing of. An exit that comes while this actor is between two incarnations, or starts, is applied to
    /// the next one as soon as that is up. Several that wait together end one incarnation together. A link with
    /// an actor that has ended already acts as if it ended now; one with oneself does nothing.
    ///
    /// On a thread of a pool the link is the pool's. It ends as a whole, with the reason of the dead one, as soon as the
    /// handlers in hand have returned; if that one was killed, without waiting for them.
    ///
    /// ```
    /// # use playhouse_core as playhouse; // stands for the facade
    /// use playhouse::{Actor, ActorRef, Context};
    ///
    /// fn depend_on<A: Actor>(cx: &mut Context<A>, socket: &ActorRef) {
    ///     cx.link(socket); // neither goes on without the other
    /// }
    /// ```
    pub fn link(&mut self, target: &impl AsActor) {
        link::link(&self.any_cell(), target.as_actor().cell());
    }

    /// Ends the link with another actor, for both. After this call no exit of it arrives here any more, not even one that
    /// was on its way. Does nothing where there is no link.
    pub fn unlink(&mut self, target: &impl AsActor) {
        link::unlink(&self.cell.core, target.as_actor().cell().core());
    }

    /// From now on, the end of a linked actor arrives as an [`Exit`] message in place of ending this one, for every reason,
    /// also a normal one.
    ///
    /// Holds for the incarnation that says so, so the place for it is the `started` hook. (On a thread of a pool it
    /// holds for the pool, from then on.) Exits that it has not taken when it ends are there for the next one.
    ///
    /// ```
    /// # use playhouse_core as playhouse; // stands for the facade
    /// use playhouse::{Actor, ActorRef, Context, Exit, message::Handles};
    ///
    /// fn look_after<A: Actor + Handles<Exit>>(cx: &mut Context<A>, worker: &ActorRef) {
    ///     cx.trap_exits();
    ///     cx.link(worker); // it ends with this actor, and this actor hears of its end
    /// }
    /// ```
    pub fn trap_exits(&mut self)
    where
        A: Handles<Exit>,
    {
        let send: SendExit = |cell, run, exit, wanted| {
            if let Some(cell) = cell.as_any().downcast_ref::<Cell<A>>() {
                cell.notify(Notice {
                    incarnation: run,
                    wanted: Some(wanted),
                    mail: A::wrap(exit, Reply::nobody()),
                });
            }
        };
        let run = (!self.is_threaded()).then_some(self.run);
        self.extras().traps = run.is_some();
        link::trap(&self.cell.core, run, send);
    }

    /// A way to send messages to this incarnation that need no room, in the ordered class of the system lane. For
    /// frameworks above this one, which bound what they send by other means; a supervisor hears its children this way.
    #[must_use]
    pub fn notice_sender(&self) -> NoticeSender<A> {
        NoticeSender {
            cell: self.cell.clone(),
            run: self.run,
        }
    }

    // For the runtime.

    pub(crate) fn cell(&self) -> Arc<Cell<A>> {
        self.cell.clone()
    }

    fn any_cell(&self) -> Arc<dyn AnyCell> {
        self.cell.clone()
    }

    pub(crate) fn ledger(&mut self) -> Arc<Ledger> {
        let cell = self.cell.clone();
        self.extras()
            .ledger
            .get_or_insert_with(|| Arc::new(Ledger::new(cell)))
            .clone()
    }

    /// Whether there is something that the actor's own task has to see to: a wish to stop, or timers.
    pub(crate) fn wants_owner(&self) -> bool {
        self.extras
            .as_ref()
            .is_some_and(|extras| extras.stop.is_some() || !extras.timers.is_empty())
    }

    #[inline]
    pub(crate) fn take_stop(&mut self) -> Option<ExitReason> {
        self.extras.as_mut()?.stop.take()
    }

    /// A timer's message that comes before the next one of the mailbox. To be asked before each of those.
    #[inline]
    pub(crate) fn next_due(&mut self) -> Option<A::Mail> {
        self.extras.as_mut()?.timers.next_due()
    }

    /// The mailbox is empty. Says whether a timer is due.
    #[inline]
    pub(crate) fn rests(&mut self) -> bool {
        self.extras
            .as_mut()
            .is_some_and(|extras| extras.timers.rests())
    }

    #[inline]
    pub(crate) fn poll_due(&mut self, task: &mut Task<'_>) -> Poll<()> {
        match &mut self.extras {
            Some(extras) => extras.timers.poll_due(task),
            None => Poll::Pending,
        }
    }

    /// Ends what belongs to the incarnation. Gives the ports back that it had taken, for whoever knows what comes next.
    pub(crate) fn close(&mut self) -> Option<Arc<Ledger>> {
        let extras = self.extras.as_mut()?;
        for monitor in extras.monitors.drain(..) {
            monitor.demonitor();
        }
        if let Some(term) = extras.term.take() {
            self.cell.core.end.remove_term(&term);
            term.end();
        }
        if std::mem::take(&mut extras.traps) {
            link::untrap(&self.cell.core);
        }
        let ledger = extras.ledger.take();
        if let Some(ledger) = &ledger {
            ledger.close();
        }
        ledger
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({}, incarnation {})", self.cell.core, self.run)
    }
}

/// Made by [`Context::notice_sender`].
pub struct NoticeSender<A: Actor> {
    cell: Arc<Cell<A>>,
    run: u64,
}

impl<A: Actor> NoticeSender<A> {
    /// Sends. What comes after the end of the incarnation is dropped.
    pub fn send<M>(&self, message: M)
    where
        A: Handles<M>,
        M: Send + 'static,
    {
        let mail = A::wrap(message, Reply::nobody());
        self.cell.notify(Notice {
            incarnation: self.run,
            wanted: None,
            mail,
        });
    }
}

impl<A: Actor> Clone for NoticeSender<A> {
    fn clone(&self) -> Self {
        Self {
            cell: self.cell.clone(),
            run: self.run,
        }
    }
}

impl<A: Actor> fmt::Debug for NoticeSender<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoticeSender({})", self.cell.core)
    }
}
