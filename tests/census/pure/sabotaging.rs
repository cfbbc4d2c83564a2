//! `--fail-every`: as often as it says, and never four times at one file.

use std::collections::VecDeque;

use crate::census::sabotage::{Moment, Sabotage};

/// Hands files out as the dispatcher does, and says how many attempts and failures there were.
fn play(every: u64, files: usize) -> (u64, u64) {
    const AGAIN: u32 = 3;
    let sabotage = Sabotage::new(every);
    let mut queue: VecDeque<u32> = std::iter::repeat_n(0, files).collect();
    let (mut attempts, mut failures) = (0, 0);
    while let Some(failed) = queue.pop_front() {
        attempts += 1;
        if sabotage.strike(failed == AGAIN).is_some() {
            assert!(failed < AGAIN, "a file failed for good");
            failures += 1;
            // At once, or behind all others: the worst cases for one file.
            if every.is_multiple_of(2) {
                queue.push_front(failed + 1)
            } else {
                queue.push_back(failed + 1)
            }
        }
    }
    (attempts, failures)
}

#[test]
fn every_nth_attempt_fails_and_every_file_succeeds() {
    for every in 1..20 {
        let (attempts, failures) = play(every, 1_000);
        assert_eq!(attempts, 1_000 + failures);
        if every == 1 {
            assert_eq!(failures, 3_000, "three times each");
        } else {
            // Those that were due at the very end found only files that are spared.
            let due = attempts / every;
            assert!(
                (due * 9 / 10..=due).contains(&failures),
                "{failures} of {attempts}, every {every}"
            );
        }
    }
}

#[test]
fn readers_fail_at_each_moment() {
    let sabotage = Sabotage::new(1);
    let mut seen: Vec<_> = (0..6).filter_map(|_| sabotage.strike(false)).collect();
    seen.dedup();
    for moment in [
        Moment::BeforeOpening,
        Moment::WhileReading,
        Moment::BeforeTelling,
    ] {
        assert!(seen.contains(&moment), "{moment:?}");
    }
}
