//! The rate, and the time left.

use std::time::Duration;

use crate::census::pace::Pace;

#[test]
fn an_even_pace_is_told_as_it_is() {
    let mut pace = Pace::default();
    assert!(pace.rate().is_none() && pace.left(1).is_none());
    for second in 0..100 {
        pace.note(
            Duration::from_secs(second),
            10 * second,
            1_000 * second,
            2_000 * second,
        );
    }
    let rate = pace.rate().expect("a rate");
    assert!((rate.files - 10.0).abs() < 1e-9 && (rate.bytes - 1_000.0).abs() < 1e-9);
    let left = pace.left(20_000).expect("a rate");
    assert!((left.as_secs_f64() - 10.0).abs() < 1e-6);
}

#[test]
fn it_follows_a_change() {
    let mut pace = Pace::default();
    let mut done = 0;
    for second in 0..60 {
        pace.note(Duration::from_secs(second), 0, done, done);
        done += if second < 30 { 1_000 } else { 10 };
    }
    let rate = pace.rate().expect("a rate");
    assert!((10.0..20.0).contains(&rate.bytes), "{rate:?}");
}

#[test]
fn standing_still_has_no_end() {
    let mut pace = Pace::default();
    pace.note(Duration::ZERO, 0, 0, 0);
    pace.note(Duration::ZERO, 5, 5, 5);
    assert!(pace.rate().is_none(), "no time has passed");
    pace.note(Duration::from_secs(1), 0, 0, 0);
    assert!(pace.left(1).is_none());
    // A file that is read again takes its bytes back.
    pace.note(Duration::from_secs(2), 1, 100, 100);
    pace.note(Duration::from_secs(3), 1, 0, 0);
    assert!(pace.rate().is_some_and(|rate| rate.bytes >= 0.0));
}
