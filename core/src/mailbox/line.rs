//! Who waits for room, in the order of coming.
//!
//! A place in the line is a ticket. It *waits*, with a waker; then it is *given* room, until its owner uses that or
//! leaves. Room is given in the order of the line, so the places that were given it stand before all that wait.
//!
//! Nothing here knows of queues, locks or threads; whoever owns the line holds a lock. Wakers are somebody else's code,
//! so none is cloned, dropped or called here: they are handed out.

use std::collections::VecDeque;
use std::task::Waker;

/// Places that are over are swept out once there are so many, and they are the greater part.
const OVER_MIN: usize = 32;

/// The line; nothing at all before the first who waits, since most mailboxes are never full.
#[derive(Default)]
pub(crate) struct Line(Option<Box<Places>>);

impl Line {
    /// Whether nobody waits and no room is given that is not yet used.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|places| places.is_empty())
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.as_ref().map_or(0, |places| places.waiting)
    }

    /// How many places have room that they have not used.
    pub(crate) fn given(&self) -> usize {
        self.0.as_ref().map_or(0, |places| places.given)
    }

    /// Takes a place at the end.
    pub(crate) fn join(&mut self, waker: Waker) -> u64 {
        self.0.get_or_insert_default().join(waker)
    }

    /// Gives room to the first that waits.
    pub(crate) fn give(&mut self) -> Option<Waker> {
        self.0.as_mut()?.give()
    }

    pub(crate) fn standing(&self, ticket: u64) -> Standing {
        self.0
            .as_ref()
            .map_or(Standing::Nowhere, |places| places.standing(ticket))
    }

    /// The waker of a place that waits.
    pub(crate) fn waker(&mut self, ticket: u64) -> Option<&mut Waker> {
        self.0.as_mut()?.waker(ticket)
    }

    /// Leaves the line. Says how it stood, and gives the waker back that it had.
    pub(crate) fn leave(&mut self, ticket: u64) -> (Standing, Option<Waker>) {
        self.0
            .as_mut()
            .map_or((Standing::Nowhere, None), |places| places.leave(ticket))
    }

    /// Ends the wait of all who wait; those with room keep it. Gives their wakers.
    pub(crate) fn close(&mut self) -> Vec<Waker> {
        self.0
            .as_mut()
            .map(|places| places.close())
            .unwrap_or_default()
    }
}

#[derive(Default)]
struct Places {
    places: VecDeque<Place>,
    next: u64,
    waiting: usize,
    given: usize,
    /// All places before this one have stopped waiting.
    first: usize,
}

struct Place {
    ticket: u64,
    state: State,
}

enum State {
    Waits(Waker),
    Given,
    Over,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Waits,
    Given,
    /// It is not in the line: its place was closed.
    Nowhere,
}

impl Places {
    fn is_empty(&self) -> bool {
        self.waiting == 0 && self.given == 0
    }

    fn join(&mut self, waker: Waker) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.waiting += 1;
        self.places.push_back(Place {
            ticket,
            state: State::Waits(waker),
        });
        ticket
    }

    fn give(&mut self) -> Option<Waker> {
        while let Some(place) = self.places.get_mut(self.first) {
            self.first += 1;
            if matches!(place.state, State::Waits(_))
                && let State::Waits(waker) = std::mem::replace(&mut place.state, State::Given)
            {
                self.waiting -= 1;
                self.given += 1;
                return Some(waker);
            }
        }
        None
    }

    fn find(&self, ticket: u64) -> Option<usize> {
        self.places
            .binary_search_by_key(&ticket, |place| place.ticket)
            .ok()
    }

    fn standing(&self, ticket: u64) -> Standing {
        match self.find(ticket).map(|at| &self.places[at].state) {
            Some(State::Waits(_)) => Standing::Waits,
            Some(State::Given) => Standing::Given,
            Some(State::Over) | None => Standing::Nowhere,
        }
    }

    fn waker(&mut self, ticket: u64) -> Option<&mut Waker> {
        let at = self.find(ticket)?;
        match &mut self.places[at].state {
            State::Waits(waker) => Some(waker),
            State::Given | State::Over => None,
        }
    }

    fn leave(&mut self, ticket: u64) -> (Standing, Option<Waker>) {
        let Some(at) = self.find(ticket) else {
            return (Standing::Nowhere, None);
        };
        let stood = match std::mem::replace(&mut self.places[at].state, State::Over) {
            State::Waits(waker) => {
                self.waiting -= 1;
                (Standing::Waits, Some(waker))
            }
            State::Given => {
                self.given -= 1;
                (Standing::Given, None)
            }
            State::Over => (Standing::Nowhere, None),
        };
        self.sweep();
        stood
    }

    fn close(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::with_capacity(self.waiting);
        for place in &mut self.places {
            if matches!(place.state, State::Waits(_))
                && let State::Waits(waker) = std::mem::replace(&mut place.state, State::Over)
            {
                wakers.push(waker);
            }
        }
        self.waiting = 0;
        self.sweep();
        wakers
    }

    /// Forgets places that are over: those in front, and all when they are many.
    fn sweep(&mut self) {
        if self.is_empty() {
            self.places.clear();
            self.first = 0;
            return;
        }
        while let Some(Place {
            state: State::Over, ..
        }) = self.places.front()
        {
            self.places.pop_front();
            self.first = self.first.saturating_sub(1);
        }
        let over = self.places.len() - self.waiting - self.given;
        if over >= OVER_MIN && over * 2 > self.places.len() {
            self.places
                .retain(|place| !matches!(place.state, State::Over));
            self.first = self.given;
        }
    }
}

#[cfg(all(test, not(playhouse_loom)))]
mod tests {
    use super::*;

    fn kept(line: &Line) -> usize {
        line.0.as_ref().map_or(0, |places| places.places.len())
    }

    fn waker() -> Waker {
        Waker::noop().clone()
    }

    #[test]
    fn room_goes_to_the_first_that_still_waits() {
        let mut line = Line::default();
        let tickets: Vec<_> = (0..4).map(|_| line.join(waker())).collect();
        assert_eq!(line.leave(tickets[0]).0, Standing::Waits);
        assert!(line.give().is_some());
        assert_eq!(line.standing(tickets[1]), Standing::Given);
        assert_eq!(line.standing(tickets[2]), Standing::Waits);
        assert_eq!((line.waiting(), line.given()), (2, 1));
        assert_eq!(line.leave(tickets[1]).0, Standing::Given);
        assert_eq!(line.leave(tickets[1]).0, Standing::Nowhere);
        assert!(line.give().is_some());
        assert_eq!(line.standing(tickets[2]), Standing::Given);
        assert_eq!(line.close().len(), 1);
        assert_eq!(line.standing(tickets[3]), Standing::Nowhere);
        assert_eq!(line.standing(tickets[2]), Standing::Given);
        assert!(!line.is_empty());
        assert_eq!(line.leave(tickets[2]).0, Standing::Given);
        assert!(line.is_empty() && line.give().is_none());
    }

    #[test]
    fn places_that_are_over_do_not_pile_up_behind_one_that_stays() {
        let mut line = Line::default();
        let stays = line.join(waker());
        assert!(line.give().is_some());
        for _ in 0..10_000 {
            let ticket = line.join(waker());
            if ticket % 3 == 0 {
                assert!(line.give().is_some());
            }
            assert_ne!(line.leave(ticket).0, Standing::Nowhere);
        }
        assert!(kept(&line) <= 2 * OVER_MIN, "{}", kept(&line));
        assert_eq!(line.standing(stays), Standing::Given);
        let next = line.join(waker());
        assert!(line.give().is_some());
        assert_eq!(line.standing(next), Standing::Given);
    }
}
