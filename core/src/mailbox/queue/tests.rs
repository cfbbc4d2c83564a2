use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A sender that waits.
struct Sender {
    mail: Option<u32>,
    ticket: Option<u64>,
    wakes: Arc<Counter>,
}

impl Sender {
    fn new(mail: u32) -> Self {
        Self {
            mail: Some(mail),
            ticket: None,
            wakes: Arc::default(),
        }
    }

    fn poll(&mut self, queue: &Mailbox) -> Poll<Result<bool, Refused>> {
        queue.queue.poll_push(
            &mut self.mail,
            |mail| mail,
            &mut self.ticket,
            &Waker::from(self.wakes.clone()),
        )
    }

    fn woken(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }
}

/// A queue with its one consumer.
struct Mailbox {
    queue: Queue<u32>,
    consumer: RefCell<Consumer<u32>>,
}

impl Mailbox {
    fn new(options: MailboxOptions) -> Self {
        let (queue, consumer) = Queue::new(options);
        Self {
            queue,
            consumer: RefCell::new(consumer),
        }
    }

    fn push(&self, mail: u32) -> Result<bool, (u32, Refused)> {
        self.queue.push(mail, |mail| mail)
    }

    fn take(&self) -> Taken<u32> {
        self.queue.take(&mut self.consumer.borrow_mut())
    }

    fn clear(&self) -> Vec<u32> {
        self.queue.clear(&mut self.consumer.borrow_mut())
    }

    fn take_notices(&self) -> Vec<u32> {
        self.queue.take_notices(&mut self.consumer.borrow_mut())
    }
}

impl Deref for Mailbox {
    type Target = Queue<u32>;

    fn deref(&self) -> &Queue<u32> {
        &self.queue
    }
}

fn queue(capacity: usize) -> Mailbox {
    Mailbox::new(MailboxOptions::new(capacity))
}

fn take(queue: &Mailbox) -> Option<u32> {
    match queue.take() {
        Taken::Mail(mail) => Some(mail),
        Taken::Notice(notice) => Some(notice.mail),
        Taken::Unready => panic!("nobody else is at work"),
        Taken::Parked => None,
    }
}

fn full(capacity: usize) -> Mailbox {
    let queue = queue(capacity);
    for n in 0..capacity {
        queue.push(n as u32).unwrap();
    }
    queue
}

#[test]
fn room_is_given_at_half_and_in_order() {
    let queue = full(4);
    let (mut a, mut b, mut c) = (Sender::new(10), Sender::new(11), Sender::new(12));
    for sender in [&mut a, &mut b, &mut c] {
        assert!(sender.poll(&queue).is_pending());
    }
    take(&queue);
    assert_eq!(
        (a.woken(), b.woken(), c.woken()),
        (0, 0, 0),
        "three of four left: not yet"
    );
    take(&queue);
    assert_eq!(
        (a.woken(), b.woken(), c.woken()),
        (1, 1, 0),
        "two of four left: two get room"
    );
    assert_eq!(
        queue.push(99),
        Err((99, Refused::Full)),
        "given room is not for newcomers"
    );
    assert!(c.poll(&queue).is_pending());
    assert!(b.poll(&queue).is_ready());
    assert!(a.poll(&queue).is_ready());
    assert_eq!(
        std::iter::from_fn(|| take(&queue)).collect::<Vec<_>>(),
        [2, 3, 11, 10]
    );
    assert!(c.poll(&queue).is_ready());
    assert_eq!(take(&queue), Some(12));
}

#[test]
fn a_cancelled_permit_goes_to_the_next() {
    let queue = full(1);
    let (mut a, mut b) = (Sender::new(10), Sender::new(11));
    assert!(a.poll(&queue).is_pending());
    assert!(b.poll(&queue).is_pending());
    take(&queue);
    assert_eq!((a.woken(), b.woken()), (1, 0));
    queue.cancel(a.ticket.take().unwrap());
    assert_eq!(b.woken(), 1);
    assert!(b.poll(&queue).is_ready());
    assert_eq!(take(&queue), Some(11));
    assert_eq!(a.mail, Some(10), "what was not accepted was not sent");
}

#[test]
fn a_cancelled_wait_leaves_the_line() {
    let queue = full(1);
    let mut a = Sender::new(10);
    assert!(a.poll(&queue).is_pending());
    queue.cancel(a.ticket.take().unwrap());
    take(&queue);
    assert!(queue.push(11).is_ok(), "nobody waits any more");
}

#[test]
fn a_consumer_that_rests_leaves_nobody_beside_free_room() {
    let queue = full(4);
    take(&queue);
    let mut a = Sender::new(10);
    queue.push(3).unwrap();
    assert!(a.poll(&queue).is_pending());
    take(&queue);
    assert_eq!(a.woken(), 0, "three of four: above half");
    queue.rest();
    assert_eq!(a.woken(), 1);
    // With the permit out, the next one has to wait, until it is used.
    let mut b = Sender::new(11);
    assert!(b.poll(&queue).is_pending());
    queue.cancel(a.ticket.take().unwrap());
    assert_eq!(b.woken(), 1);
    assert!(b.poll(&queue).is_ready());
}

#[test]
fn a_newcomer_beside_a_permit_and_free_room_enters_while_the_consumer_rests() {
    let queue = full(4);
    let mut a = Sender::new(10);
    assert!(a.poll(&queue).is_pending());
    take(&queue);
    take(&queue);
    take(&queue);
    queue.rest();
    let mut b = Sender::new(11);
    assert!(
        b.poll(&queue).is_ready(),
        "one permit out, two more free, nobody takes"
    );
    assert!(a.poll(&queue).is_ready());
}

#[test]
fn close_sends_every_waiter_home_also_with_a_permit() {
    let queue = full(2);
    let (mut a, mut b) = (Sender::new(10), Sender::new(11));
    assert!(a.poll(&queue).is_pending());
    take(&queue);
    assert!(b.poll(&queue).is_pending());
    queue.close(true);
    assert_eq!(b.woken(), 1);
    assert_eq!(a.poll(&queue), Poll::Ready(Err(Refused::Closed)));
    assert_eq!(b.poll(&queue), Poll::Ready(Err(Refused::Closed)));
    assert_eq!(queue.push(9), Err((9, Refused::Closed)));
    assert_eq!(queue.state().waiting, 0);
    assert_eq!(take(&queue), Some(1), "what was accepted stays");
}

#[test]
fn a_notice_keeps_its_place() {
    let queue = queue(8);
    let notice = |mail| Notice {
        incarnation: 1,
        wanted: None,
        mail,
    };
    queue.push(1).unwrap();
    queue.push(2).unwrap();
    let _ = queue.notify(notice(100));
    queue.push(3).unwrap();
    let _ = queue.notify(notice(101));
    assert_eq!(
        std::iter::from_fn(|| take(&queue)).collect::<Vec<_>>(),
        [1, 2, 100, 3, 101]
    );
}

#[test]
fn a_notice_needs_no_room_and_comes_after_what_was_cleared() {
    let queue = full(2);
    let _ = queue.notify(Notice {
        incarnation: 1,
        wanted: None,
        mail: 100,
    });
    let items = queue.clear();
    let notices = queue.take_notices();
    assert_eq!((items.len(), notices), (2, vec![100]));
    assert_eq!(queue.state().depth, 0);
    assert_eq!(queue.state().accepted, 2);
}

#[test]
fn the_consumer_is_woken_once_per_sleep() {
    let queue = queue(8);
    assert!(take(&queue).is_none());
    assert_eq!(queue.push(1), Ok(true));
    assert_eq!(queue.push(2), Ok(false));
}

#[test]
fn reject_never_waits() {
    let queue = Mailbox::new(MailboxOptions::new(1).overflow(Overflow::Reject));
    let mut a = Sender::new(1);
    let mut b = Sender::new(2);
    assert!(a.poll(&queue).is_ready());
    assert_eq!(b.poll(&queue), Poll::Ready(Err(Refused::Full)));
    assert_eq!(queue.state().refused, 1);
}
