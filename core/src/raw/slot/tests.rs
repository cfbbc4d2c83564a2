use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering as Count};
use std::task::Wake;

use super::*;
use crate::raw::stock;

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Count::SeqCst);
    }
}

type Plain = Asker<u32, Infallible>;

/// An owner of slots that no other test has.
fn owner() -> u64 {
    static NEXT: AtomicUsize = AtomicUsize::new(1 << 40);
    NEXT.fetch_add(1, Count::Relaxed) as u64
}

fn expire(owner: u64) -> usize {
    let waiting: Vec<_> = stock::waiting(owner).collect();
    waiting.iter().for_each(|ask| ask.expire());
    waiting.len()
}

#[test]
fn the_asker_is_woken_and_reads_the_answer() {
    let mut asker = Plain::new(0);
    let port = asker.port().unwrap();
    let wakes = Arc::new(Counter::default());
    let waker = Waker::from(wakes.clone());
    assert!(matches!(asker.look(&waker), Seen::Nothing));
    assert!(matches!(asker.look(&waker), Seen::Nothing), "polled again");
    assert_eq!(port.answer(Ok(7)), Ok(()));
    assert_eq!(wakes.0.load(Count::SeqCst), 1);
    assert!(matches!(asker.look(&waker), Seen::Answer(Ok(7))));
    assert!(matches!(asker.look(&waker), Seen::Nothing), "read once");
    drop(asker);
    drop(waker);
    assert_eq!(Arc::strong_count(&wakes), 1, "no waker is left behind");
}

#[test]
fn the_last_waker_counts() {
    let mut asker = Plain::new(0);
    let port = asker.port().unwrap();
    let (old, new) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
    assert!(matches!(asker.look(&old.clone().into()), Seen::Nothing));
    assert!(matches!(asker.look(&new.clone().into()), Seen::Nothing));
    drop(port);
    assert_eq!(
        (old.0.load(Count::SeqCst), new.0.load(Count::SeqCst)),
        (0, 1)
    );
    assert_eq!(Arc::strong_count(&old), 1);
    assert!(matches!(
        asker.look(Waker::noop()),
        Seen::Answer(Err(AskError::Failed))
    ));
}

#[test]
fn a_reply_that_arrives_before_the_caller_looks_still_counts() {
    let owner = owner();
    let mut asker = Plain::new(owner);
    let port = asker.port().unwrap();
    assert!(matches!(asker.look(Waker::noop()), Seen::Nothing));
    assert_eq!(expire(owner), 1);
    assert_eq!(expire(owner), 0, "a limit passes once");
    assert!(port.answer(Ok(7)).is_ok());
    assert!(matches!(asker.look(Waker::noop()), Seen::Answer(Ok(7))));
}

#[test]
fn an_answer_to_nobody_comes_back() {
    let mut asker = Plain::new(0);
    let port = asker.port().unwrap();
    assert!(asker.abandon().is_none());
    assert!(port.is_abandoned());
    assert_eq!(port.answer(Ok(7)), Err(Ok(7)));
}

#[test]
fn an_answer_that_nobody_reads_is_dropped_once() {
    let held = Arc::new(());
    // In its place, and in a box.
    let mut asker = Asker::<Arc<()>, Infallible>::new(0);
    let port = asker.port().unwrap();
    assert!(port.answer(Ok(held.clone())).is_ok());
    drop(asker.abandon());
    let large = Asker::<(Arc<()>, [u64; 20]), Infallible>::new(0);
    let port = large.port().unwrap();
    assert!(port.answer(Ok((held.clone(), [0; 20]))).is_ok());
    drop(large);
    assert_eq!(Arc::strong_count(&held), 1);
    let mut read = Asker::<(Arc<()>, [u64; 20]), Infallible>::new(0);
    assert!(
        read.port()
            .unwrap()
            .answer(Ok((held.clone(), [3; 20])))
            .is_ok()
    );
    let Seen::Answer(Ok((_, numbers))) = read.look(Waker::noop()) else {
        panic!("it was answered")
    };
    assert_eq!(numbers, [3; 20]);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_watch_sees_one_ask_and_not_the_next_in_its_slot() {
    let asker = Plain::new(0);
    let port = asker.port().unwrap();
    let watch = asker.watch().unwrap();
    assert!(watch.is_open());
    port.void();
    assert!(!watch.is_open(), "given away");
    assert_eq!(port.answer(Ok(1)), Ok(()));
    drop(asker);
    // The slot that was given back last is lent first.
    let next = Plain::new(0);
    let _port = next.port().unwrap();
    assert!(std::ptr::eq(next.slot.unwrap(), watch.slot));
    assert!(next.watch().unwrap().is_open());
    assert!(!watch.is_open());
}

#[test]
fn who_only_wants_to_know_that_it_was_handled_has_a_port_of_any_type() {
    let mut asker = Asker::<(), Infallible>::new(0);
    let port: Port<String, u8> = asker.port().unwrap().acknowledging();
    let Ok(port) = port.into_ack() else {
        panic!("it acknowledges")
    };
    assert!(port.answer(Ok(())).is_ok());
    assert!(matches!(asker.look(Waker::noop()), Seen::Answer(Ok(()))));
    let mut asker = Asker::<(), Infallible>::new(0);
    drop::<Port<String, u8>>(asker.port().unwrap().acknowledging());
    assert!(matches!(
        asker.look(Waker::noop()),
        Seen::Answer(Err(AskError::Failed))
    ));
}
