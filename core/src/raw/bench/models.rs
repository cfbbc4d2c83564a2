//! Every interleaving of an owner and its guests, by loom, on this very source. Two who work at the bench at a time, or
//! one who does not see what the other has done, meet in a cell of loom's.

use std::sync::atomic::{AtomicUsize, Ordering as Count};

use loom::cell::Cell;
use loom::sync::Arc;
use loom::thread;

use super::*;

type Model = Bench<Cell<u32>>;

fn work(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

/// With three preemptions, or as many as `LOOM_MAX_PREEMPTIONS` says.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}

/// Works as a guest, if it gets in. Says whether it did, and whether it has to wake the owner.
fn visit(bench: &Model, recall: bool) -> (bool, bool) {
    match bench.enter() {
        Some(mut guest) => {
            work(guest.get());
            (true, guest.leave(recall))
        }
        None => (false, false),
    }
}

/// The owner works and lends, wants it back at once, and if somebody is there, waits for the word of it.
fn guests(recall: bool) {
    let bench = Arc::new(Model::new(Cell::new(0)));
    let visited = Arc::new(AtomicUsize::new(0));
    let wakes = Arc::new(AtomicUsize::new(0));
    let mut owner = bench.own().unwrap();
    assert!(bench.own().is_none());
    let guests = [(); 2].map(|()| {
        let (bench, visited, wakes) = (bench.clone(), visited.clone(), wakes.clone());
        thread::spawn(move || {
            let (entered, wakes_owner) = visit(&bench, recall);
            visited.fetch_add(usize::from(entered), Count::Relaxed);
            wakes.fetch_add(usize::from(wakes_owner), Count::Relaxed);
        })
    });
    work(owner.get());
    owner.lend();
    let first = owner.reclaim();
    if first {
        work(owner.get());
        assert!(!owner.is_recalled());
    }
    for guest in guests {
        guest.join().unwrap();
    }
    let (visited, wakes) = (visited.load(Count::Relaxed), wakes.load(Count::Relaxed));
    if recall {
        assert!(visited <= 1, "nobody comes before the owner has looked");
        assert_eq!(wakes, visited);
        assert!(first || owner.is_recalled());
    } else {
        assert_eq!(wakes, usize::from(!first), "whoever is awaited leaves word");
    }
    assert!(owner.reclaim(), "nobody is there any more");
    work(owner.get());
    assert_eq!(owner.get().get() as usize, 2 + usize::from(first) + visited);
    drop(owner);
    assert!(bench.own().is_some());
}

#[test]
fn an_owner_and_two_guests_are_never_at_it_together() {
    check(|| guests(false));
}

#[test]
fn no_guest_comes_in_between_a_recall_and_the_owner() {
    check(|| guests(true));
}

#[test]
fn an_owner_that_goes_away_waits_for_its_guest() {
    check(|| {
        let bench = Arc::new(Model::new(Cell::new(0)));
        let mut owner = bench.own().unwrap();
        owner.lend();
        let guest = {
            let bench = bench.clone();
            thread::spawn(move || visit(&bench, false).0)
        };
        drop(owner);
        let mut next = bench.own().unwrap();
        work(next.get());
        let seen = next.get().get();
        assert_eq!(seen, 1 + u32::from(guest.join().unwrap()));
    });
}

/// The owner looks only afterwards: loom does not know that the word which a plain store leaves comes behind the one of
/// a compare-and-swap whose outcome it has not read.
#[test]
fn a_guest_that_panics_leaves_word() {
    check(|| {
        let bench = Arc::new(Model::new(Cell::new(0)));
        let mut owner = bench.own().unwrap();
        owner.lend();
        let panics = {
            let bench = bench.clone();
            thread::spawn(move || match bench.enter() {
                Some(mut guest) => {
                    work(guest.get());
                    // As when it unwinds.
                    drop(guest);
                    assert!(bench.enter().is_none());
                    true
                }
                None => false,
            })
        };
        let (other, _) = visit(&bench, false);
        let entered = panics.join().unwrap();
        assert!(entered || other);
        assert_eq!(owner.is_recalled(), entered);
        assert!(owner.reclaim());
        assert_eq!(owner.get().get(), u32::from(entered) + u32::from(other));
    });
}
