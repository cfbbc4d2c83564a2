//! Every interleaving of a few senders and a consumer, by loom, on this very source.
//!
//! Nobody blocks here who can count instead: that keeps the number of interleavings small. A consumer that was told to
//! sleep and has something to take must have been woken; a sender that was told to wait and has room, too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering as Count};
use std::task::{Poll, Wake, Waker};

use loom::sync::Notify;
use loom::thread;

use super::*;

/// A thread that sleeps until it is woken, and counts that. A wake-up that is lost is a deadlock, which loom reports.
struct Sleeper {
    notify: Notify,
    /// No atomic of the model's: it is looked at when all are done.
    woken: AtomicUsize,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Count::Relaxed);
        self.notify.notify();
    }
}

/// A sender of one message.
struct Sender {
    mail: Option<u32>,
    ticket: Option<u64>,
    sleeper: Arc<Sleeper>,
    waker: Waker,
}

impl Sender {
    fn new(number: u32) -> Self {
        let sleeper = Arc::new(Sleeper {
            notify: Notify::new(),
            woken: AtomicUsize::new(0),
        });
        Self {
            mail: Some(number),
            ticket: None,
            waker: sleeper.clone().into(),
            sleeper,
        }
    }

    /// One that has a place in the line.
    fn in_line(model: &Model, number: u32) -> Self {
        let mut sender = Self::new(number);
        assert!(sender.poll(model).is_pending());
        sender
    }

    fn poll(&mut self, model: &Model) -> Poll<Result<(), Refused>> {
        let queue = &model.queue;
        queue
            .poll_push(&mut self.mail, |mail| mail, &mut self.ticket, &self.waker)
            .map_ok(|wakes| model.wake(wakes))
    }

    /// Sleeps and tries again until there is an outcome.
    fn finish(&mut self, model: &Model) -> Result<(), Refused> {
        loop {
            match self.poll(model) {
                Poll::Ready(outcome) => return outcome,
                Poll::Pending => self.sleeper.notify.wait(),
            }
        }
    }

    fn woken(&self) -> usize {
        self.sleeper.woken.load(Count::Relaxed)
    }

    fn leave(mut self, model: &Model) {
        if let Some(ticket) = self.ticket.take() {
            model.queue.cancel(ticket);
        }
    }
}

/// A queue and its one consumer.
struct Model {
    queue: Queue<u32>,
    /// No lock of the model's: one thread uses it.
    end: std::sync::Mutex<Consumer<u32>>,
    /// How often the consumer was to be woken.
    wakes: AtomicUsize,
}

impl Model {
    /// A queue that is full of 0.
    fn full(capacity: usize) -> Arc<Self> {
        let model = Self::new(capacity);
        for _ in 0..capacity {
            assert!(model.push(0));
        }
        model
    }

    fn new(capacity: usize) -> Arc<Self> {
        let (queue, consumer) = Queue::new(MailboxOptions::new(capacity));
        Arc::new(Self {
            queue,
            end: std::sync::Mutex::new(consumer),
            wakes: AtomicUsize::new(0),
        })
    }

    fn wake(&self, wakes: bool) {
        self.wakes.fetch_add(usize::from(wakes), Count::Relaxed);
    }

    fn push(&self, number: u32) -> bool {
        let pushed = self.queue.push(number, |mail| mail);
        self.wake(pushed == Ok(true));
        pushed.is_ok()
    }

    fn notify(&self, number: u32) {
        let notice = Notice {
            incarnation: 0,
            wanted: None,
            mail: number,
        };
        let Ok(wakes) = self.queue.notify(notice) else {
            panic!("it has not ended")
        };
        self.wake(wakes);
    }

    fn spawn<R: 'static>(
        model: &Arc<Self>,
        work: impl FnOnce(&Self) -> R + 'static,
    ) -> thread::JoinHandle<R> {
        let model = model.clone();
        thread::spawn(move || work(&model))
    }

    /// What comes next; `None` when the consumer is parked.
    fn take(&self) -> Option<u32> {
        loop {
            let taken = self.queue.take(&mut self.end.lock().unwrap());
            match taken {
                Taken::Mail(mail) => return Some(mail),
                Taken::Notice(notice) => return Some(notice.mail),
                Taken::Unready => thread::yield_now(),
                Taken::Parked => return None,
            }
        }
    }

    /// All until the consumer parks, or has so many; and whether it is parked.
    fn receive(&self, most: usize) -> (Vec<u32>, bool) {
        let mut received = Vec::new();
        while received.len() < most {
            match self.take() {
                Some(mail) => received.push(mail),
                None => return (received, true),
            }
        }
        (received, false)
    }

    /// Once nobody else is at work: what is left. A consumer that sleeps beside it was woken once, and else not at all.
    fn rest(&self, parked: bool) -> Vec<u32> {
        let wakes = self.wakes.swap(0, Count::Relaxed);
        let (left, _) = self.receive(usize::MAX);
        if parked {
            assert_eq!(wakes, usize::from(!left.is_empty()));
        } else {
            assert_eq!(wakes, 0);
        }
        left
    }

    fn assert_idle(&self) {
        let state = self.queue.state();
        assert_eq!((state.waiting, state.depth), (0, 0));
        assert!(self.push(9), "nobody waits, and there is room");
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

fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers
}

/// The place becomes free, and the consumer goes to sleep, while the sender takes its place in the line.
#[test]
fn a_sender_joins_the_line_while_the_consumer_parks() {
    check(|| {
        let model = Model::full(1);
        let sends = Model::spawn(&model, |model| {
            let mut sender = Sender::new(1);
            let sent = sender.poll(model);
            (sender, sent)
        });
        let (mut received, mut parked) = model.receive(2);
        let (mut sender, sent) = sends.join().unwrap();
        if sent.is_pending() {
            assert!(
                sender.woken() > 0 || !parked,
                "it waits beside an idle actor"
            );
            if !parked {
                assert_eq!(received.len(), 1);
            }
            if sender.woken() > 0 {
                assert_eq!(sender.poll(&model), Poll::Ready(Ok(())));
            } else {
                parked = model.take().is_none();
                assert_eq!(sender.woken(), 1);
                assert_eq!(sender.poll(&model), Poll::Ready(Ok(())));
            }
        }
        received.extend(model.rest(parked));
        assert_eq!(received, [0, 1]);
        model.assert_idle();
    });
}

/// Two wait for one place and get it one after the other, while the consumer takes, and sleeps, and takes.
#[test]
fn two_senders_for_one_place_both_get_through() {
    check_with(2, || {
        let model = Model::full(1);
        let senders = [1, 2].map(|number| {
            let mut sender = Sender::in_line(&model, number);
            Model::spawn(&model, move |model| sender.finish(model))
        });
        let mut received = Vec::new();
        while received.len() < 3 {
            let (more, parked) = model.receive(3 - received.len());
            received.extend(more);
            // Whoever has the place fills it, and wakes the consumer.
            while parked && !model.queue.has_next() {
                thread::yield_now();
            }
        }
        assert_eq!(received, [0, 1, 2], "in the order of the line");
        for sender in senders {
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
        assert_eq!(model.take(), None);
        model.assert_idle();
    });
}

/// One leaves, with room that it was given or is about to be given, which the next in line needs.
#[test]
fn a_sender_that_leaves_blocks_nobody() {
    check(|| {
        let model = Model::full(1);
        let leaves = Sender::in_line(&model, 1);
        let mut stays = Sender::in_line(&model, 2);
        let leaves = Model::spawn(&model, move |model| leaves.leave(model));
        let (mut received, parked) = model.receive(2);
        assert!(parked, "nobody sends");
        leaves.join().unwrap();
        assert_eq!(stays.woken(), 1);
        assert_eq!(stays.poll(&model), Poll::Ready(Ok(())));
        received.extend(model.rest(parked));
        assert_eq!(received, [0, 2]);
        model.assert_idle();
    });
}

/// One that was given room leaves; the next in line is given it, whatever a newcomer tries.
#[test]
fn a_newcomer_does_not_pass_room_that_is_handed_on() {
    check(|| {
        let model = Model::full(1);
        let leaves = Sender::in_line(&model, 1);
        let mut stays = Sender::in_line(&model, 2);
        assert_eq!(model.take(), Some(0));
        assert_eq!((leaves.woken(), stays.woken()), (1, 0));
        let comes = Model::spawn(&model, |model| model.push(3));
        let leaves = Model::spawn(&model, move |model| leaves.leave(model));
        leaves.join().unwrap();
        assert_eq!(stays.poll(&model), Poll::Ready(Ok(())));
        assert!(
            !comes.join().unwrap(),
            "somebody had its room at each moment"
        );
        assert_eq!(model.take(), Some(2));
        assert_eq!(model.take(), None);
        model.assert_idle();
    });
}

/// A permit is used while a newcomer tries its luck: the room belongs to who has the permit.
#[test]
fn a_newcomer_does_not_take_room_that_was_given() {
    check(|| {
        let model = Model::full(1);
        let mut waits = Sender::in_line(&model, 1);
        let comes = Model::spawn(&model, |model| model.push(3));
        assert_eq!(model.take(), Some(0));
        assert_eq!(waits.woken(), 1);
        assert_eq!(waits.poll(&model), Poll::Ready(Ok(())));
        assert_eq!(model.take(), Some(1));
        let came = comes.join().unwrap();
        assert_eq!(model.take(), came.then_some(3));
    });
}

/// Room beside a permit is passed on by who uses that, though the consumer does not come by, and not to a newcomer.
#[test]
fn who_uses_a_permit_passes_room_on() {
    check(|| {
        let model = Model::full(2);
        let mut first = Sender::in_line(&model, 1);
        let mut second = Sender::in_line(&model, 2);
        assert_eq!((model.take(), model.take()), (Some(0), Some(0)));
        assert_eq!(
            (first.woken(), second.woken()),
            (1, 0),
            "one permit for all"
        );
        let comes = Model::spawn(&model, |model| model.push(3));
        assert_eq!(first.poll(&model), Poll::Ready(Ok(())));
        assert!(!comes.join().unwrap());
        assert_eq!(second.woken(), 1);
        assert_eq!(second.poll(&model), Poll::Ready(Ok(())));
        assert_eq!(model.receive(3).0, [1, 2]);
        model.assert_idle();
    });
}

/// What was accepted before is there, though its sender may still be at it, and nothing else.
#[test]
fn close_sends_whoever_waits_home() {
    check(|| {
        let model = Model::new(1);
        let senders = [1, 2]
            .map(|number| Model::spawn(&model, move |model| Sender::new(number).finish(model)));
        model.queue.close(true);
        let left = model.queue.clear(&mut model.end.lock().unwrap());
        let sent = senders
            .into_iter()
            .filter_map(|sender| sender.join().unwrap().ok())
            .count();
        assert_eq!(left.len(), sent);
        assert!(sent <= 1);
        assert_eq!(model.take(), None);
    });
}

/// The consumer takes one and then nothing for a while: a sender that came in between does not wait beside the room.
#[test]
fn a_consumer_that_rests_still_gives_its_room() {
    check(|| {
        let model = Model::full(1);
        let sends = Model::spawn(&model, |model| {
            let mut sender = Sender::new(1);
            let sent = sender.poll(model);
            (sender, sent)
        });
        assert_eq!(model.take(), Some(0));
        model.queue.rest();
        let (mut sender, sent) = sends.join().unwrap();
        if sent.is_pending() {
            assert_eq!(sender.woken(), 1);
            assert_eq!(sender.poll(&model), Poll::Ready(Ok(())));
        }
        assert_eq!(model.queue.state().depth, 1);
    });
}

#[test]
fn a_consumer_that_rests_gives_room_to_two() {
    check(|| {
        let model = Model::full(2);
        let mut first = Sender::in_line(&model, 1);
        let joins = Model::spawn(&model, |model| {
            let mut sender = Sender::new(2);
            let sent = sender.poll(model);
            (sender, sent)
        });
        assert_eq!((model.take(), model.take()), (Some(0), Some(0)));
        model.queue.rest();
        assert_eq!(first.poll(&model), Poll::Ready(Ok(())));
        let (mut second, sent) = joins.join().unwrap();
        if sent.is_pending() {
            assert!(second.woken() > 0);
            assert_eq!(second.poll(&model), Poll::Ready(Ok(())));
        }
        assert_eq!(model.queue.state().depth, 2);
    });
}

/// A queue that is emptied gives all its room at once.
#[test]
fn a_queue_that_is_cleared_gives_its_room() {
    check(|| {
        let model = Model::full(1);
        let sends = Model::spawn(&model, |model| {
            let mut sender = Sender::new(1);
            let sent = sender.poll(model);
            (sender, sent)
        });
        let mut items = model.queue.clear(&mut model.end.lock().unwrap());
        let (mut sender, sent) = sends.join().unwrap();
        if sent.is_pending() && sender.woken() == 0 {
            // It came in just behind: the consumer gives room when it finds nothing.
            assert_eq!(model.take(), None);
            assert_eq!(sender.woken(), 1);
        }
        if sent.is_pending() {
            assert_eq!(sender.poll(&model), Poll::Ready(Ok(())));
        }
        items.extend(model.receive(usize::MAX).0);
        assert_eq!(items, [0, 1]);
    });
}

/// A notice between two messages of one thread comes between them, wherever the consumer is.
#[test]
fn a_notice_keeps_its_place_and_wakes_the_consumer() {
    check(|| {
        let model = Model::new(2);
        let sends = Model::spawn(&model, |model| {
            assert!(model.push(1));
            model.notify(2);
            assert!(model.push(3));
        });
        let (mut received, parked) = model.receive(3);
        sends.join().unwrap();
        received.extend(model.rest(parked));
        assert_eq!(received, [1, 2, 3]);
    });
}

#[test]
fn two_notices_and_a_message_of_two_threads_all_arrive() {
    check(|| {
        let model = Model::new(1);
        let sends = Model::spawn(&model, |model| assert!(model.push(1)));
        let notifies = Model::spawn(&model, |model| {
            model.notify(2);
            model.notify(3);
        });
        let (mut received, parked) = model.receive(3);
        sends.join().unwrap();
        notifies.join().unwrap();
        received.extend(model.rest(parked));
        assert_eq!(sorted(received), [1, 2, 3]);
    });
}

/// The consumer frees its larger buffers when it finds nothing, and messages come just then.
#[test]
fn an_empty_queue_frees_its_buffers_under_senders() {
    check(|| {
        let model = Model::full(2);
        let sends = Model::spawn(&model, |model| (model.push(1), model.push(2)));
        let (mut received, parked) = model.receive(4);
        let (first, second) = sends.join().unwrap();
        received.extend(model.rest(parked));
        let mut wanted = vec![0, 0];
        wanted.extend(first.then_some(1));
        wanted.extend(second.then_some(2));
        assert_eq!(received, wanted);
        model.assert_idle();
    });
}
