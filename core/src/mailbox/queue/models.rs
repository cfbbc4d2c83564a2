//! Every interleaving of a few senders and a consumer, by loom, on this very source.

use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use loom::sync::Notify;
use loom::thread;

use super::*;

/// A thread that sleeps until it is woken. A wake-up that is lost is a deadlock, which loom reports.
struct Sleeper(Notify);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

fn sleeper() -> (Arc<Sleeper>, Waker) {
    let sleeper = Arc::new(Sleeper(Notify::new()));
    (sleeper.clone(), Waker::from(sleeper))
}

/// The queue, its one consumer, and the consumer's sleep.
struct Model {
    queue: Queue<u32>,
    /// No lock of the model's: one thread uses it.
    end: std::sync::Mutex<Consumer<u32>>,
    consumer: Notify,
}

impl Model {
    fn new(capacity: usize) -> Arc<Self> {
        let (queue, consumer) = Queue::new(MailboxOptions::new(capacity));
        Arc::new(Self {
            queue,
            end: std::sync::Mutex::new(consumer),
            consumer: Notify::new(),
        })
    }

    fn send(&self, number: u32) -> Result<(), Refused> {
        let (sleeper, waker) = sleeper();
        let (mut mail, mut ticket) = (Some(number), None);
        loop {
            match self
                .queue
                .poll_push(&mut mail, |mail| mail, &mut ticket, &waker)
            {
                Poll::Ready(Ok(wake)) => {
                    if wake {
                        self.consumer.notify();
                    }
                    return Ok(());
                }
                Poll::Ready(Err(refused)) => return Err(refused),
                Poll::Pending => sleeper.0.wait(),
            }
        }
    }

    /// Tries once, and leaves the line if there is no room. Says whether it was accepted.
    fn send_or_leave(&self, number: u32) -> bool {
        let (_, waker) = sleeper();
        let (mut mail, mut ticket) = (Some(number), None);
        match self
            .queue
            .poll_push(&mut mail, |mail| mail, &mut ticket, &waker)
        {
            Poll::Ready(outcome) => {
                if outcome == Ok(true) {
                    self.consumer.notify();
                }
                outcome.is_ok()
            }
            Poll::Pending => {
                if let Some(ticket) = ticket {
                    self.queue.cancel(ticket);
                }
                false
            }
        }
    }

    fn receive(&self) -> u32 {
        loop {
            let taken = self.queue.take(&mut self.end.lock().unwrap());
            match taken {
                Taken::Mail(mail) => return mail,
                Taken::Notice(notice) => return notice.mail,
                Taken::Unready => thread::yield_now(),
                Taken::Parked => self.consumer.wait(),
            }
        }
    }
}

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn two_senders_for_one_place_both_get_through() {
    check(|| {
        let model = Model::new(1);
        let senders = [1, 2].map(|number| {
            let model = model.clone();
            thread::spawn(move || model.send(number))
        });
        let mut received = [model.receive(), model.receive()];
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
        for sender in senders {
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn a_sender_that_leaves_blocks_nobody() {
    check(|| {
        let model = Model::new(1);
        let stays = thread::spawn({
            let model = model.clone();
            move || model.send(1)
        });
        let leaves = thread::spawn({
            let model = model.clone();
            move || model.send_or_leave(2)
        });
        let first = model.receive();
        let left = leaves.join().unwrap();
        let mut received = vec![first];
        if left {
            received.push(model.receive());
        }
        received.sort_unstable();
        assert_eq!(received, if left { vec![1, 2] } else { vec![1] });
        assert_eq!(stays.join().unwrap(), Ok(()));
        assert_eq!(model.queue.state().waiting, 0);
    });
}

#[test]
fn close_sends_whoever_waits_home() {
    check(|| {
        let model = Model::new(1);
        let senders = [1, 2].map(|number| {
            let model = model.clone();
            thread::spawn(move || model.send(number))
        });
        model.queue.close(true);
        let sent = senders
            .into_iter()
            .filter_map(|sender| sender.join().unwrap().ok())
            .count();
        let left = model.queue.clear(&mut model.end.lock().unwrap());
        assert_eq!(
            left.len(),
            sent,
            "what was accepted is there, and nothing else"
        );
        assert!(sent <= 1);
    });
}

#[test]
fn a_consumer_that_rests_still_gives_its_room() {
    check(|| {
        let model = Model::new(2);
        assert!(model.queue.push(0, |mail| mail).is_ok());
        let senders = [1, 2].map(|number| {
            let model = model.clone();
            thread::spawn(move || model.send(number))
        });
        // Takes one, and then nothing for good: both must get in beside each other.
        let _ = model.receive();
        model.queue.rest();
        for sender in senders {
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
        assert_eq!(model.queue.state().depth, 2);
    });
}
