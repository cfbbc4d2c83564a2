//! Every interleaving of the asker, the port, the sweeper and the next ask in the same slot, by loom, on this very
//! source. Loom counts the `Arc` in each answer, so one that is lost or dropped twice fails.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering as Count};
use std::task::Wake;

use loom::sync::Arc;
use loom::thread;

use super::*;

type Value = Arc<()>;
type Model = Asker<Value, Infallible>;

/// Counts how often it is woken; no atomic of the model's, for it is looked at when all are done.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Count::Relaxed);
    }
}

struct Ring {
    bell: std::sync::Arc<Bell>,
    waker: Waker,
}

impl Ring {
    fn new() -> Self {
        let bell = std::sync::Arc::<Bell>::default();
        let waker = bell.clone().into();
        Self { bell, waker }
    }

    fn rung(&self) -> usize {
        self.bell.0.load(Count::Relaxed)
    }

    /// No slot has kept the waker.
    fn end(self) {
        let Self { bell, waker } = self;
        drop(waker);
        assert_eq!(
            std::sync::Arc::strong_count(&bell),
            1,
            "a waker was left behind"
        );
    }
}

const OWNER: u64 = 1;

fn ask() -> (Model, Port<Value, Infallible>, &'static Slot) {
    let asker = Model::new(OWNER);
    let port = asker.port().unwrap();
    let slot = asker.slot.unwrap();
    (asker, port, slot)
}

fn answer(port: Port<Value, Infallible>) -> bool {
    port.answer(Ok(Arc::new(()))).is_ok()
}

/// The next ask in the slot, from the moment when that is given back: whoever was not done with it, or gives it back
/// once more, meets this one.
struct Next(&'static Slot);

impl Next {
    fn lend(slot: &'static Slot) -> Self {
        while slot.load() / LENT == 0 {
            thread::yield_now();
        }
        assert_eq!(slot.load(), LENT);
        slot.owner.store(OWNER + 1, Ordering::Release);
        // SAFETY: we have the slot alone, and it is empty.
        unsafe {
            slot.put_waker(Waker::noop().clone());
            slot.put_value(0u64);
        }
        slot.word.store(LENT | OWED | WAITING, Ordering::Release);
        Self(slot)
    }

    fn end(self) {
        let Self(slot) = self;
        assert_eq!(
            slot.load(),
            LENT | OWED | WAITING,
            "somebody was not done with it"
        );
        assert_eq!(slot.owner.load(Ordering::Acquire), OWNER + 1);
        // SAFETY: they were put in above.
        unsafe {
            drop(slot.take_waker());
            assert_eq!(slot.take_value::<u64>(), 0);
        }
    }
}

/// With three preemptions, or as many as `LOOM_MAX_PREEMPTIONS` says.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}

#[test]
fn an_answer_wakes_an_asker_that_looked_before() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let answers = thread::spawn(move || assert!(answer(port)));
        let ring = Ring::new();
        if matches!(asker.look(&ring.waker), Seen::Nothing) {
            answers.join().unwrap();
            assert_eq!(ring.rung(), 1);
            assert!(matches!(asker.look(&ring.waker), Seen::Answer(Ok(_))));
            ring.end();
            Next::lend(slot).end();
        } else {
            // The port may still be at it; what it has left to do is not in the slot.
            let next = Next::lend(slot);
            answers.join().unwrap();
            next.end();
            ring.end();
        }
    });
}

#[test]
fn the_last_waker_is_woken() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let (old, new) = (Ring::new(), Ring::new());
        assert!(matches!(asker.look(&old.waker), Seen::Nothing));
        let answers = thread::spawn(move || assert!(answer(port)));
        let again = asker.look(&new.waker);
        if matches!(again, Seen::Nothing) {
            answers.join().unwrap();
            assert!(new.rung() >= 1);
            assert!(matches!(asker.look(&new.waker), Seen::Answer(Ok(_))));
            Next::lend(slot).end();
        } else {
            let next = Next::lend(slot);
            answers.join().unwrap();
            next.end();
        }
        old.end();
        new.end();
    });
}

#[test]
fn an_asker_that_looks_again_with_the_same_waker_keeps_it() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let ring = Ring::new();
        assert!(matches!(asker.look(&ring.waker), Seen::Nothing));
        let answers = thread::spawn(move || assert!(answer(port)));
        let again = asker.look(&ring.waker);
        answers.join().unwrap();
        if matches!(again, Seen::Nothing) {
            assert!(ring.rung() >= 1);
            assert!(matches!(asker.look(&ring.waker), Seen::Answer(Ok(_))));
        }
        Next::lend(slot).end();
        ring.end();
    });
}

/// The answer goes to one of the two: back to the port, or out of `abandon`.
fn leaves_beside_an_answer(polled: bool) {
    let (mut asker, port, slot) = ask();
    let ring = Ring::new();
    if polled {
        assert!(matches!(asker.look(&ring.waker), Seen::Nothing));
    }
    let answers = thread::spawn(move || answer(port));
    let left = asker.abandon();
    let next = Next::lend(slot);
    assert_eq!(answers.join().unwrap(), left.is_some());
    next.end();
    ring.end();
}

#[test]
fn an_asker_that_leaves_before_it_looked_leaves_nothing_behind() {
    check(|| leaves_beside_an_answer(false));
}

#[test]
fn an_asker_that_leaves_while_it_waits_leaves_nothing_behind() {
    check(|| leaves_beside_an_answer(true));
}

#[test]
fn an_asker_leaves_at_its_limit_while_it_is_answered() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let ring = Ring::new();
        assert!(matches!(asker.look(&ring.waker), Seen::Nothing));
        let sweeper = thread::spawn(|| slot.expire(0));
        let answers = thread::spawn(move || answer(port));
        let left = asker.abandon();
        let next = Next::lend(slot);
        assert_eq!(answers.join().unwrap(), left.is_some());
        sweeper.join().unwrap();
        next.end();
        ring.end();
    });
}

#[test]
fn an_asker_leaves_at_its_limit_while_its_port_is_dropped() {
    check(|| {
        let (asker, port, slot) = ask();
        let mut asker = asker;
        let ring = Ring::new();
        assert!(matches!(asker.look(&ring.waker), Seen::Nothing));
        let sweeper = thread::spawn(|| slot.expire(0));
        let drops = thread::spawn(move || drop(port));
        drop(asker);
        let next = Next::lend(slot);
        drops.join().unwrap();
        sweeper.join().unwrap();
        next.end();
        ring.end();
    });
}

/// Whether the answer or the limit is first, the asker is woken, and reads the answer in the end.
#[test]
fn an_answer_at_the_limit_is_read() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let ring = Ring::new();
        assert!(matches!(asker.look(&ring.waker), Seen::Nothing));
        let sweeper = thread::spawn(|| slot.expire(0));
        let answers = thread::spawn(move || assert!(answer(port)));
        let again = asker.look(&ring.waker);
        answers.join().unwrap();
        sweeper.join().unwrap();
        if !matches!(again, Seen::Answer(_)) {
            assert!(ring.rung() >= 1 || matches!(again, Seen::Late));
            assert!(matches!(asker.look(&ring.waker), Seen::Answer(Ok(_))));
        }
        Next::lend(slot).end();
        ring.end();
    });
}

#[test]
fn who_moves_to_another_task_at_the_limit_is_woken_there() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let (old, new) = (Ring::new(), Ring::new());
        assert!(matches!(asker.look(&old.waker), Seen::Nothing));
        let sweeper = thread::spawn(|| slot.expire(0));
        let again = asker.look(&new.waker);
        sweeper.join().unwrap();
        match again {
            Seen::Answer(_) => panic!("nobody answers"),
            Seen::Late => {}
            // The sweeper came in between, and comes again.
            Seen::Nothing => {
                slot.expire(0);
                assert!(new.rung() >= 1);
                assert!(matches!(asker.look(&new.waker), Seen::Late));
            }
        }
        drop(port);
        drop(asker);
        Next::lend(slot).end();
        old.end();
        new.end();
    });
}

/// A sweeper or a watch that comes late finds another ask in the slot, and leaves it alone.
#[test]
fn who_looks_on_late_does_not_touch_the_next_ask() {
    check(|| {
        let (mut asker, port, slot) = ask();
        let watch = asker.watch().unwrap();
        let ring = Ring::new();
        assert!(matches!(asker.look(&ring.waker), Seen::Nothing));
        assert!(watch.is_open());
        let looks_on = thread::spawn(move || {
            // Not any mark: the slot may have passed to another owner between the two looks of `waits_for`.
            if slot.waits_for(OWNER) == Some(0) {
                slot.expire(0);
            }
            let _any = watch.is_open();
            watch
        });
        assert!(answer(port));
        assert!(matches!(
            asker.look(&ring.waker),
            Seen::Answer(Ok(_)) | Seen::Nothing
        ));
        drop(asker);
        let next = Next::lend(slot);
        let watch = looks_on.join().unwrap();
        assert!(!watch.is_open());
        next.end();
        ring.end();
    });
}
