use proptest::prelude::*;

use super::*;

fn window(max: u32, period: u64) -> Window {
    Window::new(Some(Intensity {
        max,
        period: Duration::from_millis(period),
    }))
}

/// What [`Window`] must agree with: a list of everything, counted anew each time.
fn naive(max: u32, period: u64, restarts: &[u64]) -> bool {
    let now = restarts[restarts.len() - 1];
    restarts.iter().filter(|at| now - **at <= period).count() <= max as usize
}

#[test]
fn the_edge_counts() {
    for (second, allowed) in [(0, false), (999, false), (1000, false), (1001, true)] {
        let mut window = window(1, 1000);
        assert!(window.count(Duration::ZERO));
        assert_eq!(
            window.count(Duration::from_millis(second)),
            allowed,
            "after {second} ms"
        );
    }
}

#[test]
fn none_are_allowed() {
    assert!(!window(0, 1).count(Duration::from_secs(9)));
}

#[test]
fn any_number_is_allowed() {
    let mut window = Window::new(None);
    assert!((0..10_000).all(|_| window.count(Duration::ZERO)));
    assert!(window.latest.is_empty());
}

#[test]
fn memory_is_bounded_by_what_is_allowed_and_taken_when_used() {
    let mut window = window(u32::MAX, 1000);
    assert!(window.count(Duration::ZERO));
    assert!(window.latest.capacity() < 64);

    let mut window = self::window(3, 1000);
    for at in 0..10_000 {
        let _ = window.count(Duration::from_secs(at));
        assert!(window.latest.len() <= 4);
    }
}

proptest! {
    #[test]
    fn agrees_with_a_plain_list(max in 0u32..6, period in 1u64..50, steps in prop::collection::vec(0u64..20, 1..200)) {
        let mut window = window(max, period);
        let mut restarts = Vec::new();
        let mut now = 0;
        for step in steps {
            now += step;
            restarts.push(now);
            prop_assert_eq!(window.count(Duration::from_millis(now)), naive(max, period, &restarts));
        }
    }
}
