//! Every interleaving of answer, limit and a caller that waits or goes, by loom, on this very source.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::sync::Notify;
use loom::thread;

use super::*;

struct Sleeper(Notify);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

type Plain = Slot<u32, Infallible>;

#[test]
fn a_caller_that_waits_hears_of_the_answer_or_of_the_limit() {
    loom::model(|| {
        let slot = Arc::new(Plain::new());
        let replier = thread::spawn({
            let slot = slot.clone();
            move || slot.answer(Ok(7)).is_ok()
        });
        let sweeper = thread::spawn({
            let slot = slot.clone();
            move || slot.expire()
        });
        let sleeper = Arc::new(Sleeper(Notify::new()));
        let waker = Waker::from(sleeper.clone());
        let answered = loop {
            match slot.poll(&waker) {
                Found::Answer(answer) => {
                    assert_eq!(answer, Ok(7));
                    break true;
                }
                Found::Expired => break false,
                Found::Nothing => sleeper.0.wait(),
            }
        };
        drop(slot.abandon());
        sweeper.join().unwrap();
        let accepted = replier.join().unwrap();
        assert!(accepted || !answered, "an answer that was read was taken");
    });
}

#[test]
fn an_answer_goes_to_the_caller_or_back_to_its_sender() {
    loom::model(|| {
        let slot = Arc::new(Plain::new());
        let replier = thread::spawn({
            let slot = slot.clone();
            move || slot.answer(Ok(7)).is_ok()
        });
        let given_up = thread::spawn({
            let slot = slot.clone();
            move || slot.give_up(GivenUp::Restarted)
        });
        let left = slot.abandon();
        let (answered, given_up) = (replier.join().unwrap(), given_up.join().unwrap());
        assert!(!(answered && given_up), "one answer at most");
        assert_eq!(
            left.is_some(),
            answered || given_up,
            "what was accepted is what was left"
        );
    });
}
