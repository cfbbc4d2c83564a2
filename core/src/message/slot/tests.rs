use std::convert::Infallible;

use super::*;

type Plain = Slot<u32, Infallible>;

#[test]
fn a_reply_that_arrives_before_the_caller_looks_still_counts() {
    let slot = Plain::new();
    assert!(matches!(slot.poll(Waker::noop()), Found::Nothing));
    slot.expire();
    assert!(slot.answer(Ok(7)).is_ok());
    assert!(matches!(slot.poll(Waker::noop()), Found::Answer(Ok(7))));
}

#[test]
fn an_answer_to_nobody_comes_back() {
    let slot = Plain::new();
    assert!(slot.abandon().is_none());
    assert_eq!(slot.answer(Ok(7)), Err(Ok(7)));
    assert!(!slot.is_waiting());
}

#[test]
fn only_the_first_answer_counts() {
    let slot = Plain::new();
    assert!(slot.answer(Ok(1)).is_ok());
    assert_eq!(slot.answer(Ok(2)), Err(Ok(2)));
    assert!(!slot.give_up(GivenUp::Restarted));
    assert!(matches!(slot.poll(Waker::noop()), Found::Answer(Ok(1))));
}

#[test]
fn a_void_slot_waits_and_is_not_open() {
    let slot = Plain::new();
    slot.void();
    assert!(slot.is_waiting());
    assert!(!slot.is_open());
}
