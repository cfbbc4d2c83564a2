//! Links: two actors that share their fate, until one of them says otherwise.
//!
//! # Who knows of a link
//!
//! Each of the two has an entry for the other in a table of its own, behind the lock of its [`End`](super::End); at most
//! one of these locks is held at a time. Both entries hold one [`Tie`], which says whether the link still stands.
//!
//! Invariants:
//! 1. Of two actors at most one tie stands. A new one is made under the lock of the actor that comes first in an order of
//!    all actors, and only where none stands there.
//! 2. A tie that stands is entered on the other side too, or whoever made it is about to do so. It does not stand
//!    any more before somebody takes its second entry away; so who comes late to enter it sees that, and begins anew.
//! 3. An exit of the other counts if its entry was there, which goes in that moment. So one that was unlinked gets none,
//!    and no link brings two.
//! 4. While an exit waits to be applied, the signal [`EXIT`](signal::EXIT) is up, or about to be raised. It is lowered
//!    under the lock, by the actor's own task.
//!
//! An exit is applied where it comes if the actor is up: then it is known whether that traps. What comes earlier, or
//! between two incarnations, waits for the next one.

use std::cmp::Ordering as Order;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::actor::cell::{AnyCell, Core, signal};
use crate::actor::{ActorId, Phase};
use crate::exit::ExitReason;
use crate::links::Wanted;
use crate::quiet;
use crate::system::Shared;

/// The notice that a linked actor has ended for good; what one that [traps](crate::Context::trap_exits) gets in place of
/// ending too. Arrives once per link, after everything that the dead one's own task had got accepted by the mailbox, and
/// needs no room there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exit {
    /// Who ended.
    pub actor: ActorId,
    /// The name it was spawned with.
    pub name: Option<Arc<str>>,
    /// Why. Also a normal reason.
    pub reason: ExitReason,
}

/// Puts an exit into the mailbox of an incarnation that traps. Made where the type of the actor is known.
pub(crate) type SendExit = fn(&dyn AnyCell, u64, Exit, Wanted);

/// The links of one actor, and the exits that have come to it.
#[derive(Default)]
pub(crate) struct Links {
    peers: BTreeMap<Key, Peer>,
    next: u64,
    /// In the order in which they came.
    arrived: VecDeque<Arrived>,
    trap: Option<Trap>,
}

/// An actor, told apart from those of other systems too. Right for as long as that system is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    system: usize,
    actor: ActorId,
}

impl Key {
    fn of(core: &Core) -> Self {
        Self {
            system: Arc::as_ptr(&core.system).addr(),
            actor: core.id,
        }
    }
}

/// The other end of a link.
struct Peer {
    /// Counts up, so that the exits go out in the order of linking.
    number: u64,
    cell: Arc<dyn AnyCell>,
    tie: Arc<Tie>,
}

/// What the two entries of a link have in common.
struct Tie(AtomicBool);

impl Tie {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn stands(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn cut(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// An exit that is not dealt with, or was not when somebody last looked.
struct Arrived {
    from: Key,
    /// Keeps the key from becoming that of another actor.
    _system: Weak<Shared>,
    exit: Exit,
    /// That of its message, once there is one.
    told: Option<Wanted>,
}

impl Arrived {
    fn waits(&self) -> bool {
        self.told.is_none()
    }

    /// Whether its message was taken out of the mailbox.
    fn is_taken(&self) -> bool {
        self.told.as_ref().is_some_and(Wanted::is_last)
    }
}

/// Says that exits come as messages.
#[derive(Clone, Copy)]
struct Trap {
    /// The incarnation that wants them so. `None` for a pool of threads, which has one for all its life.
    run: Option<u64>,
    send: SendExit,
}

/// What is to be done about exits once the lock is released.
enum Due {
    Nothing,
    /// The actor's own task has to look.
    Signal,
    /// They are messages to this incarnation.
    Messages(SendExit, u64, Vec<(Exit, Wanted)>),
}

impl Due {
    fn done(self, cell: &dyn AnyCell) {
        match self {
            Self::Nothing => {}
            Self::Signal => cell.core().raise(signal::EXIT),
            Self::Messages(send, run, messages) => {
                for (exit, wanted) in messages {
                    send(cell, run, exit, wanted);
                }
            }
        }
    }
}

impl Links {
    /// How this incarnation wants its exits, if it traps.
    fn trap(&self, core: &Core) -> Option<SendExit> {
        self.trap
            .filter(|trap| trap.run.is_none_or(|run| run == core.incarnation()))
            .map(|trap| trap.send)
    }

    fn enter(&mut self, peer: &Arc<dyn AnyCell>, tie: &Arc<Tie>) -> Option<Peer> {
        let peer = Peer {
            number: self.next,
            cell: peer.clone(),
            tie: tie.clone(),
        };
        self.next += 1;
        self.peers.insert(Key::of(peer.cell.core()), peer)
    }

    /// Takes an entry out, if it is that of this very link.
    fn take(&mut self, key: Key, tie: &Arc<Tie>) -> Option<Peer> {
        match self.peers.get(&key) {
            Some(peer) if Arc::ptr_eq(&peer.tie, tie) => self.peers.remove(&key),
            Some(_) | None => None,
        }
    }

    /// Takes an entry out whose link does not stand.
    fn take_fallen(&mut self, key: Key) -> Option<Peer> {
        match self.peers.get(&key) {
            Some(peer) if !peer.tie.stands() => self.peers.remove(&key),
            Some(_) | None => None,
        }
    }

    /// Whether an exit of this actor is on its way.
    fn awaits(&self, key: Key) -> bool {
        self.arrived
            .iter()
            .any(|arrived| arrived.from == key && !arrived.is_taken())
    }

    /// An exit has come.
    fn hear(&mut self, core: &Core, from: &Core, reason: &ExitReason) -> Due {
        self.forget_taken();
        let is_up = match core.phase() {
            Phase::Running | Phase::Suspended => true,
            Phase::Starting | Phase::Backoff | Phase::Stopping => false,
            Phase::Stopped | Phase::Failed => return Due::Nothing,
        };
        let exit = Exit {
            actor: from.id,
            name: from.name().cloned(),
            reason: reason.clone(),
        };
        let (told, due) = match self.trap(core) {
            Some(send) if is_up => {
                let wanted = Wanted::new();
                let message = (exit.clone(), wanted.clone());
                let due = Due::Messages(send, core.incarnation(), vec![message]);
                (Some(wanted), due)
            }
            None if is_up && reason.is_normal() => return Due::Nothing,
            Some(_) | None => (None, Due::Signal),
        };
        self.arrived.push_back(Arrived {
            from: Key::of(from),
            _system: Arc::downgrade(&from.system),
            exit,
            told,
        });
        due
    }

    /// What the exits that wait mean to an incarnation that is up and does not trap: the first abnormal one ends it, and
    /// all of them are dealt with by that.
    fn take_fatal(&mut self) -> Option<Exit> {
        let fatal = self
            .arrived
            .iter()
            .find(|arrived| arrived.waits() && !arrived.exit.reason.is_normal())
            .map(|arrived| arrived.exit.clone());
        self.arrived.retain(|arrived| !arrived.waits());
        self.forget_taken();
        fatal
    }

    /// Forgets the exits whose messages were taken: that is done in the order in which they came, or nearly so.
    fn forget_taken(&mut self) {
        const SPARE: usize = 64;
        while self.arrived.front().is_some_and(Arrived::is_taken) {
            self.arrived.pop_front();
        }
        if self.arrived.capacity() > 4 * self.arrived.len() + SPARE {
            self.arrived.shrink_to(2 * self.arrived.len());
        }
    }

    /// The actor has ended, and those that it is linked with hear of it.
    pub(super) fn fire(self, core: &Core, reason: &ExitReason) {
        let mut peers: Vec<Peer> = self.peers.into_values().collect();
        peers.sort_by_key(|peer| peer.number);
        for peer in peers {
            peer.tie.cut();
            // What hears of it may be a stranger's code; the others are told all the same.
            if let Err(payload) = quiet::caught(|| tell(&peer, core, reason)) {
                quiet::drop_logged(payload, "a linked actor's panic");
            }
        }
    }
}

/// Tells the other end of a link that this one has ended, if the link is still there.
fn tell(peer: &Peer, from: &Core, reason: &ExitReason) {
    let core = peer.cell.core();
    let told = core.end.with_known_links(|links| {
        let entry = links.take(Key::of(from), &peer.tie)?;
        Some((entry, links.hear(core, from, reason)))
    });
    if let Some(Some((_entry, due))) = told {
        due.done(&*peer.cell);
    }
}

/// Links two actors.
pub(crate) fn link(one: &Arc<dyn AnyCell>, other: &Arc<dyn AnyCell>) {
    let (first, second) = match Key::of(one.core()).cmp(&Key::of(other.core())) {
        Order::Less => (one, other),
        Order::Greater => (other, one),
        // Nobody is linked with itself.
        Order::Equal => return,
    };
    while !make(first, second) {}
}

/// Enters a link on both sides. False if it has to be made anew.
fn make(first: &Arc<dyn AnyCell>, second: &Arc<dyn AnyCell>) -> bool {
    match propose(first, second) {
        Ok(tie) => complete(first, second, &tie),
        Err(reason) => {
            was_dead(first, second, &reason);
            true
        }
    }
}

/// Enters a link on the side that comes first, unless one stands there. Gives the reason if that actor has ended.
fn propose(first: &Arc<dyn AnyCell>, second: &Arc<dyn AnyCell>) -> Result<Arc<Tie>, ExitReason> {
    let key = Key::of(second.core());
    let entered = first
        .core()
        .end
        .with_links(|links| match links.peers.get(&key) {
            Some(peer) if peer.tie.stands() => (peer.tie.clone(), None),
            Some(_) | None => {
                let tie = Tie::new();
                let before = links.enter(second, &tie);
                (tie, before)
            }
        });
    entered.map(|(tie, _before)| tie)
}

/// Enters it on the other side. False if somebody has ended it meanwhile.
fn complete(first: &Arc<dyn AnyCell>, second: &Arc<dyn AnyCell>, tie: &Arc<Tie>) -> bool {
    let key = Key::of(first.core());
    let entered = second.core().end.with_links(|links| {
        if !tie.stands() {
            return (false, None);
        }
        match links.peers.get(&key) {
            Some(peer) if Arc::ptr_eq(&peer.tie, tie) => (true, None),
            Some(_) | None => (true, links.enter(first, tie)),
        }
    });
    match entered {
        Ok((stands, _before)) => stands,
        Err(reason) => {
            tie.cut();
            let key = Key::of(second.core());
            let end = &first.core().end;
            let entry = end.with_known_links(|links| links.take(key, tie));
            if entry.flatten().is_some() {
                was_dead(second, first, &reason);
            }
            true
        }
    }
}

/// One of two that are to be linked has ended before: it is as if that happened now. If they were linked, this is the exit
/// of that link too.
fn was_dead(dead: &Arc<dyn AnyCell>, other: &Arc<dyn AnyCell>, reason: &ExitReason) {
    let core = other.core();
    let key = Key::of(dead.core());
    let heard = core.end.with_links(|links| {
        let entry = links.peers.remove(&key);
        let due = if links.awaits(key) {
            Due::Nothing
        } else {
            links.hear(core, dead.core(), reason)
        };
        (entry, due)
    });
    // If both have, there is nobody to hear of it.
    if let Ok((_entry, due)) = heard {
        due.done(&**other);
    }
}

/// Ends the link of two actors, if there is one; `own` says so, and hears nothing of it from now on.
pub(crate) fn unlink(own: &Core, other: &Core) {
    let key = Key::of(other);
    let removed = own.end.with_known_links(|links| {
        let entry = links.peers.remove(&key);
        if let Some(entry) = &entry {
            entry.tie.cut();
        }
        links.arrived.retain(|arrived| {
            let stays = arrived.from != key;
            if let (false, Some(wanted)) = (stays, &arrived.told) {
                wanted.end();
            }
            stays
        });
        links.forget_taken();
        entry
    });
    drop(removed);
    // What stands there now was made in the meantime.
    let removed = other
        .end
        .with_known_links(|links| links.take_fallen(Key::of(own)));
    drop(removed);
}

/// From now on exits come as messages, to this incarnation.
pub(crate) fn trap(core: &Core, run: Option<u64>, send: SendExit) {
    let trapped = core.end.with_links(|links| {
        links.trap = Some(Trap { run, send });
    });
    // One that has ended hears nothing any more.
    drop(trapped);
}

/// An incarnation that trapped is over. The exits that it has not heard are there for the next one.
pub(crate) fn untrap(core: &Core) {
    let waits = core.end.with_known_links(|links| {
        links.trap = None;
        links.arrived.retain(|arrived| !arrived.is_taken());
        for arrived in &mut links.arrived {
            if let Some(wanted) = arrived.told.take() {
                wanted.end();
            }
        }
        links.forget_taken();
        !links.arrived.is_empty()
    });
    if waits == Some(true) {
        core.raise(signal::EXIT);
    }
}

/// Exits have come to an incarnation that is up, and nothing is in hand. `Some` ends it.
pub(crate) fn obey(cell: &dyn AnyCell) -> Option<ExitReason> {
    let core = cell.core();
    let mut due = Due::Nothing;
    let fatal = core.end.with_known_links(|links| {
        core.lower(signal::EXIT);
        let Some(send) = links.trap(core) else {
            return links.take_fatal();
        };
        let waiting = links.arrived.iter_mut().filter(|arrived| arrived.waits());
        let messages = waiting.map(|arrived| {
            let wanted = arrived.told.insert(Wanted::new());
            (arrived.exit.clone(), wanted.clone())
        });
        due = Due::Messages(send, core.incarnation(), messages.collect());
        None
    });
    due.done(cell);
    match fatal {
        Some(fatal) => fatal.map(|exit| failed(core, exit)),
        // Nothing of links is left.
        None => {
            core.lower(signal::EXIT);
            None
        }
    }
}

/// Exits have come to an incarnation whose handler is suspended. `Some` ends it.
pub(crate) fn overcome(core: &Core) -> Option<ExitReason> {
    let fatal = core.end.with_known_links(|links| {
        // Messages are made of them when the handler has returned.
        if links.trap(core).is_some() {
            return None;
        }
        core.lower(signal::EXIT);
        links.take_fatal()
    });
    fatal.flatten().map(|exit| failed(core, exit))
}

fn failed(core: &Core, exit: Exit) -> ExitReason {
    tracing::warn!(actor = %core, linked = %exit.actor, reason = %exit.reason, "a linked actor failed, and so does this one");
    exit.reason
}

/// The actors that one is linked with, in the order in which it was.
pub(crate) fn linked(core: &Core) -> Vec<Arc<dyn AnyCell>> {
    let peers = core.end.with_known_links(|links| {
        let peers = links.peers.values();
        peers
            .map(|peer| (peer.number, peer.cell.clone()))
            .collect::<Vec<_>>()
    });
    let mut peers = peers.unwrap_or_default();
    peers.sort_by_key(|(number, _)| *number);
    peers.into_iter().map(|(_, cell)| cell).collect()
}

#[cfg(all(test, feature = "test", not(playhouse_loom)))]
mod tests;
