//! Who waits for whom: the edges that find a deadlock before it is one.
//!
//! An ask, or a tell that waits for room, that suspends inside an actor's own task puts one edge into the list of the
//! actor that waits. Edges have numbers from one counter. Registering one looks along *older* edges only, from the
//! target on; coming back to the waiting actor means that this edge closes a ring, and its call is refused.
//!
//! Why that finds each ring exactly once: the youngest edge of a ring sees all others, since they were listed before
//! its number was drawn; an older one never follows a younger one. Why it never cries wolf: an edge closes only once, so
//! all that were seen open stood together at the moment when the number was drawn; and the caller's own, which is asked
//! last, stood then too if it still stands.
//!
//! Invariants:
//! 1. The length is raised before the number is drawn, and both happen under the list's lock. A walker that draws a
//!    later number so sees a length above 0, and takes the lock.
//! 2. An edge counts while its call is open: it asks the reply slot or the queue. So it closes before its caller wakes.
//! 3. Edges end with the handler that made them ([`Edges::void`]).

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::race::OnceBox;

use crate::actor::cell::AnyCell;
use crate::raw::slot::Watch;

/// One order for all edges of the process, so that rings through two systems are seen too.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// The edges that go out from one actor. Most never have any.
#[derive(Default)]
pub(crate) struct Edges {
    outgoing: OnceBox<Outgoing>,
}

#[derive(Default)]
struct Outgoing {
    len: AtomicUsize,
    epoch: AtomicU64,
    list: Mutex<Vec<Edge>>,
}

struct Edge {
    number: u64,
    target: Arc<dyn AnyCell>,
    call: Call,
}

/// What an edge waits for.
#[derive(Clone)]
pub(crate) enum Call {
    /// The answer to an ask.
    Answer(Watch),
    /// Room in the target's mailbox, under this ticket.
    Room(u64),
}

/// A registered edge, to be taken back by whoever made it.
pub(crate) struct EdgeRef {
    owner: Arc<dyn AnyCell>,
    number: u64,
    epoch: u64,
}

/// Waiting would close a ring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle;

impl Edge {
    fn is_open(&self) -> bool {
        match &self.call {
            Call::Answer(watch) => watch.is_open(),
            Call::Room(ticket) => self.target.is_waiting(*ticket),
        }
    }
}

impl Edges {
    /// The list, made by the first edge. Whoever draws a later number than that edge sees it, like its length.
    fn outgoing(&self) -> &Outgoing {
        self.outgoing.get_or_init(Box::default)
    }

    /// Ends all edges at the end of a handler.
    #[inline]
    pub(crate) fn void(&self) {
        if let Some(outgoing) = self.outgoing.get()
            && outgoing.len.load(Ordering::Relaxed) != 0
        {
            outgoing.void_all();
        }
    }

    /// The targets that the actor waits for now.
    pub(crate) fn targets(&self) -> Vec<Arc<dyn AnyCell>> {
        self.older(u64::MAX)
    }

    /// The targets of the open edges that are older than `number`.
    fn older(&self, number: u64) -> Vec<Arc<dyn AnyCell>> {
        self.outgoing
            .get()
            .map(|outgoing| outgoing.older(number))
            .unwrap_or_default()
    }
}

impl Outgoing {
    fn lock(&self) -> MutexGuard<'_, Vec<Edge>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn void_all(&self) {
        let mut list = self.lock();
        let ended = std::mem::take(&mut *list);
        self.len.store(0, Ordering::Release);
        self.epoch.fetch_add(1, Ordering::Relaxed);
        drop(list);
        drop(ended);
    }

    fn remove(&self, number: u64) {
        let mut list = self.lock();
        let removed = list
            .iter()
            .position(|edge| edge.number == number)
            .map(|at| list.swap_remove(at));
        self.len.store(list.len(), Ordering::Release);
        drop(list);
        drop(removed);
    }

    /// The targets of the open edges that are older than `number`.
    fn older(&self, number: u64) -> Vec<Arc<dyn AnyCell>> {
        if self.len.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        // Openness is asked outside of the lock, since it takes the lock of a queue or of a slot.
        let edges: Vec<_> = self
            .lock()
            .iter()
            .filter(|edge| edge.number < number)
            .map(|edge| Edge {
                number: edge.number,
                target: edge.target.clone(),
                call: edge.call.clone(),
            })
            .collect();
        edges
            .into_iter()
            .filter(Edge::is_open)
            .map(|edge| edge.target)
            .collect()
    }
}

impl EdgeRef {
    /// Whether the edge stands for a wait in the handler that `owner` runs now.
    pub(crate) fn stands_for(&self, owner: &Arc<dyn AnyCell>) -> bool {
        same(&self.owner, owner)
            && self
                .owner
                .core()
                .edges
                .outgoing()
                .epoch
                .load(Ordering::Relaxed)
                == self.epoch
    }
}

impl Drop for EdgeRef {
    fn drop(&mut self) {
        self.owner.core().edges.outgoing().remove(self.number);
    }
}

/// Whether two handles are of one actor.
pub(crate) fn same(a: &Arc<dyn AnyCell>, b: &Arc<dyn AnyCell>) -> bool {
    std::ptr::eq(a.core(), b.core())
}

/// Says that `owner` waits for `target`, unless that would close a ring.
pub(crate) fn register(
    owner: &Arc<dyn AnyCell>,
    target: Arc<dyn AnyCell>,
    call: Call,
) -> Result<EdgeRef, Cycle> {
    let edges = owner.core().edges.outgoing();
    let mut list = edges.lock();
    edges.len.store(list.len() + 1, Ordering::SeqCst);
    let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
    list.push(Edge {
        number,
        target: target.clone(),
        call: call.clone(),
    });
    drop(list);
    let epoch = edges.epoch.load(Ordering::Relaxed);
    let edge = EdgeRef {
        owner: owner.clone(),
        number,
        epoch,
    };
    // The ring stands only if this call is still open too: it may have been answered since its caller looked, and what
    // is seen behind its target may already be about the next message.
    let own = Edge {
        number,
        target: target.clone(),
        call,
    };
    if leads_to(target, owner, number) && own.is_open() {
        Err(Cycle)
    } else {
        Ok(edge)
    }
}

/// Walks depth first along open edges older than `number`.
fn leads_to(from: Arc<dyn AnyCell>, to: &Arc<dyn AnyCell>, number: u64) -> bool {
    let mut seen: Vec<Arc<dyn AnyCell>> = Vec::new();
    let mut next = vec![from];
    while let Some(cell) = next.pop() {
        if same(&cell, to) {
            return true;
        }
        if seen.iter().any(|known| same(known, &cell)) {
            continue;
        }
        next.extend(cell.core().edges.older(number));
        seen.push(cell);
    }
    false
}
