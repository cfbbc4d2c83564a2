//! Every interleaving of a few senders and the reader, by loom, on this very source. Buffers are of one place and then
//! of two (`sync::SMALLEST`, `sync::GROWTH`), so that each of them grows, is passed and is freed within a few messages.
//!
//! `tests/mutants` breaks one line after the other and sees one of these fail.

use std::sync::atomic::{AtomicUsize, Ordering as Count};

use loom::sync::{Arc, Mutex};
use loom::thread;

use super::*;

/// A payload that knows where it is: loom reports one that is never dropped.
struct Mail {
    number: u64,
    _alive: Arc<()>,
}

fn mail(number: u64) -> Mail {
    Mail {
        number,
        _alive: Arc::new(()),
    }
}

/// A ring and the lock of its gate.
struct Model {
    ring: Ring<Mail, ()>,
    gate: Mutex<()>,
    /// How many senders had to wake the reader. No atomic of the model's: it is looked at when all are done.
    wakes: AtomicUsize,
}

impl Model {
    fn new(capacity: usize) -> (Arc<Self>, Reader<Mail>) {
        let (ring, reader) = Ring::new(capacity, ());
        let model = Self {
            ring,
            gate: Mutex::new(()),
            wakes: AtomicUsize::new(0),
        };
        (Arc::new(model), reader)
    }

    /// One of these capacity with its largest buffer in place, and empty.
    fn large(capacity: usize) -> (Arc<Self>, Reader<Mail>) {
        let (model, mut reader) = Self::new(capacity);
        for number in 0..capacity as u64 {
            assert!(model.send(number));
        }
        reader.seen = capacity as u64;
        for number in 0..capacity as u64 {
            assert_eq!(model.look(&mut reader), Some(number));
        }
        (model, reader)
    }

    fn claim(&self) -> Result<Option<Claim<'_, Mail, ()>>, Barred> {
        match self.ring.claim() {
            Ok(claim) => Ok(Some(claim)),
            Err(Barred::Closed) => Err(Barred::Closed),
            Err(Barred::Slow) => {
                let _gate = self.gate.lock().unwrap();
                self.ring.claim_locked(self.ring.capacity())
            }
        }
    }

    fn wake(&self, wakes: bool) {
        self.wakes.fetch_add(usize::from(wakes), Count::Relaxed);
    }

    fn wakes(&self) -> usize {
        self.wakes.load(Count::Relaxed)
    }

    /// Sends, and says whether it was accepted: not if the queue is closed or full.
    fn send(&self, number: u64) -> bool {
        let Ok(Some(claim)) = self.claim() else {
            return false;
        };
        self.wake(claim.write(|| mail(number)));
        true
    }

    fn spawn<R: 'static>(
        model: &Arc<Self>,
        work: impl FnOnce(&Self) -> R + 'static,
    ) -> thread::JoinHandle<R> {
        let model = model.clone();
        thread::spawn(move || work(&model))
    }

    /// What comes next; `None` when the reader is parked.
    fn look(&self, reader: &mut Reader<Mail>) -> Option<u64> {
        loop {
            match self.ring.read(reader) {
                Read::Value(mail) => return Some(mail.number),
                Read::Unready => thread::yield_now(),
                Read::Empty => {
                    let flags = self.ring.refill(reader);
                    if reader.has_seen_more() {
                        continue;
                    }
                    if self.ring.is_large(reader) {
                        let _gate = self.gate.lock().unwrap();
                        self.ring.trim(reader);
                    }
                    if self.ring.park(reader, flags) {
                        return None;
                    }
                }
            }
        }
    }

    /// All until the reader parks, or has so many.
    fn receive(&self, reader: &mut Reader<Mail>, most: usize) -> Vec<u64> {
        std::iter::from_fn(|| self.look(reader))
            .take(most)
            .collect()
    }
}

/// With three preemptions, or as many as `LOOM_MAX_PREEMPTIONS` says.
fn check(model: impl Fn() + Sync + Send + 'static) {
    check_with(3, model);
}

/// The same with fewer, for a model of many steps.
fn check_with(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(model);
}

fn sorted(mut numbers: Vec<u64>) -> Vec<u64> {
    numbers.sort_unstable();
    numbers
}

/// Two send one message each while the reader looks until it sleeps: nothing is lost, and it is woken once if something
/// came after that.
fn two_senders(capacity: usize, large: bool) {
    let (model, mut reader) = if large {
        Model::large(capacity)
    } else {
        Model::new(capacity)
    };
    let senders =
        [101, 102].map(|number| Model::spawn(&model, move |model| assert!(model.send(number))));
    let mut received = model.receive(&mut reader, 2);
    let asleep = received.len() < 2;
    for sender in senders {
        sender.join().unwrap();
    }
    assert_eq!(
        model.wakes(),
        usize::from(asleep),
        "one waker for each sleep"
    );
    received.extend(model.receive(&mut reader, 2));
    assert_eq!(sorted(received), [101, 102]);
}

#[test]
fn a_reader_that_parks_is_woken_by_one_of_two_senders() {
    check(|| two_senders(2, false));
}

/// The reader frees its large buffer while the two still believe in the limit of it.
#[test]
fn claims_of_a_limit_that_is_over_get_a_buffer_of_their_own() {
    check_with(2, || two_senders(2, true));
}

#[test]
fn one_place_is_used_again_and_again_in_order() {
    check(|| {
        let (model, mut reader) = Model::new(1);
        let sender = Model::spawn(&model, |model| {
            for number in 1..=3 {
                while !model.send(number) {
                    thread::yield_now();
                }
            }
        });
        let mut received = Vec::new();
        while received.len() < 3 {
            received.extend(model.receive(&mut reader, 3));
            thread::yield_now();
        }
        assert_eq!(received, [1, 2, 3]);
        sender.join().unwrap();
    });
}

/// Of two who try once while the reader goes round, whoever was accepted is read, and nobody else.
#[test]
fn two_senders_go_round_in_one_place() {
    check(|| {
        let (model, mut reader) = Model::new(1);
        assert!(model.send(100));
        let senders = [101, 102]
            .map(|number| Model::spawn(&model, move |model| model.send(number).then_some(number)));
        let mut received = model.receive(&mut reader, 2);
        let sent = senders.map(|sender| sender.join().unwrap());
        received.extend(model.receive(&mut reader, 2));
        assert_eq!(received[0], 100);
        let wanted: Vec<u64> = [100]
            .into_iter()
            .chain(sent.into_iter().flatten())
            .collect();
        assert_eq!(sorted(received), wanted);
    });
}

/// A sender that has claimed and not written, while the other and the reader go on as far as they can: with two places
/// they come round to its own.
#[test]
fn a_slow_sender_is_waited_for_and_not_passed() {
    check_with(2, || {
        let (model, mut reader) = Model::new(2);
        assert!(model.send(100));
        let slow = Model::spawn(&model, |model| model.send(101));
        let next = Model::spawn(&model, |model| {
            (102..=103)
                .filter(|number| model.send(*number))
                .collect::<Vec<_>>()
        });
        let mut received = model.receive(&mut reader, 2);
        let slow = slow.join().unwrap();
        let mut wanted = vec![100];
        wanted.extend(slow.then_some(101));
        wanted.extend(next.join().unwrap());
        received.extend(model.receive(&mut reader, 4));
        let order: Vec<_> = received.iter().filter(|number| **number > 101).collect();
        assert!(order.is_sorted(), "{received:?}");
        assert_eq!(sorted(received), wanted);
    });
}

/// No room in the first buffer for the second message: whoever comes second makes it grow, while the first may not have
/// written yet, and looks for its place in the newest buffer.
#[test]
fn a_buffer_grows_between_a_claim_and_its_message() {
    check(|| {
        let (model, mut reader) = Model::new(2);
        let senders =
            [101, 102].map(|number| Model::spawn(&model, move |model| assert!(model.send(number))));
        for sender in senders {
            sender.join().unwrap();
        }
        assert_eq!(sorted(model.receive(&mut reader, 2)), [101, 102]);
    });
}

#[test]
fn the_reader_passes_from_a_buffer_to_the_next_while_they_grow() {
    check_with(2, || {
        let (model, mut reader) = Model::new(4);
        assert!(model.send(100));
        let sender = Model::spawn(&model, |model| {
            (101..=103).for_each(|number| assert!(model.send(number), "{number}"));
        });
        let mut received = model.receive(&mut reader, 4);
        sender.join().unwrap();
        received.extend(model.receive(&mut reader, 4));
        assert_eq!(received, [100, 101, 102, 103]);
    });
}

/// The first buffer, made under the lock by one and without it by another, who believes in a limit that is over.
#[test]
fn the_first_buffer_is_made_by_one_of_two() {
    check(|| {
        let (model, mut reader) = Model::large(2);
        let sender = Model::spawn(&model, |model| assert!(model.send(101) && model.send(102)));
        let mut received = model.receive(&mut reader, 2);
        sender.join().unwrap();
        received.extend(model.receive(&mut reader, 2));
        assert_eq!(received, [101, 102]);
    });
}

/// The reader sees that an index is claimed before there is a buffer for it.
#[test]
fn a_claimed_index_without_a_buffer_is_waited_for() {
    check(|| {
        let (model, mut reader) = Model::large(2);
        let sender = Model::spawn(&model, |model| assert!(model.send(101)));
        let mut received = model.receive(&mut reader, 1);
        if received.is_empty() {
            received = model.receive(&mut reader, 1);
        }
        sender.join().unwrap();
        received.extend(model.receive(&mut reader, 1));
        assert_eq!(received, [101]);
    });
}

#[test]
fn close_is_exact() {
    check(|| {
        let (model, mut reader) = Model::new(2);
        let senders = [101, 102]
            .map(|number| Model::spawn(&model, move |model| model.send(number).then_some(number)));
        let (_, index) = model.ring.raise(CLOSED);
        let sent: Vec<u64> = senders
            .into_iter()
            .filter_map(|sender| sender.join().unwrap())
            .collect();
        assert_eq!(sent.len() as u64, index, "those before it, and no other");
        assert_eq!(model.ring.accepted(), index);
        assert_eq!(sorted(model.receive(&mut reader, 2)), sent);
    });
}

/// Loom counts the `Arc` in each message.
#[test]
fn a_ring_that_goes_away_drops_what_is_in_it() {
    check(|| {
        let (model, mut reader) = Model::new(4);
        let sender = Model::spawn(&model, |model| {
            (1..=3).for_each(|number| assert!(model.send(number)));
        });
        let _ = model.look(&mut reader);
        sender.join().unwrap();
    });
}

#[test]
fn a_claim_without_a_message_is_passed_over() {
    check(|| {
        let (model, mut reader) = Model::new(2);
        let void = Model::spawn(&model, |model| {
            let claim = model.claim().unwrap_or(None).expect("there is room");
            model.wake(claim.wakes);
            drop(claim);
        });
        let sender = Model::spawn(&model, |model| assert!(model.send(1)));
        let mut received = model.receive(&mut reader, 1);
        void.join().unwrap();
        sender.join().unwrap();
        received.extend(model.receive(&mut reader, 1));
        assert_eq!(received, [1]);
        assert_eq!(model.look(&mut reader), None);
        assert_eq!((model.ring.accepted(), model.ring.taken()), (1, 2));
    });
}

/// A notice wakes a reader that sleeps, and keeps one awake that is about to; what was sent before it is seen with it.
#[test]
fn a_notice_reaches_a_reader_that_parks() {
    check(|| {
        let (model, mut reader) = Model::new(2);
        let noticer = Model::spawn(&model, |model| {
            assert!(model.send(1));
            let _gate = model.gate.lock().unwrap();
            let (stamp, wakes) = model.ring.note();
            assert_eq!(stamp, 1, "behind the message");
            model.wake(wakes);
        });
        let (mut received, mut noted, mut sleeps) = (0, false, 0);
        while received < 1 || !noted {
            match model.ring.read(&mut reader) {
                Read::Value(mail) => received += mail.number,
                Read::Unready => thread::yield_now(),
                Read::Empty => {
                    let flags = model.ring.refill(&mut reader);
                    if flags & NOTED != 0 {
                        let _gate = model.gate.lock().unwrap();
                        model.ring.lower(NOTED);
                        noted = true;
                        assert!(reader.has_seen_more() || received == 1);
                    } else if !reader.has_seen_more() && model.ring.park(&reader, flags) {
                        sleeps += 1;
                        while model.ring.is_parked() {
                            thread::yield_now();
                        }
                    }
                }
            }
        }
        noticer.join().unwrap();
        assert_eq!(model.wakes(), sleeps);
    });
}
