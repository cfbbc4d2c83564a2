use proptest::prelude::*;

use super::*;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn rng() -> fastrand::Rng {
    fastrand::Rng::with_seed(1)
}

#[test]
fn the_delay_grows_to_its_bound_and_stays() {
    let backoff = Backoff::default();
    let table = [
        (0, 200),
        (1, 200),
        (2, 400),
        (3, 800),
        (4, 1600),
        (5, 3200),
        (6, 5000),
        (7, 5000),
        (u64::MAX, 5000),
    ];
    for (attempt, delay) in table {
        assert_eq!(backoff.delay(attempt), ms(delay), "attempt {attempt}");
    }
}

#[test]
fn without_jitter_the_wait_is_the_delay() {
    let backoff = Backoff::exponential(ms(100)..=ms(1000))
        .factor(1.5)
        .jitter(0.0);
    for attempt in [1, 2, 3, 4, 50, u64::MAX] {
        assert_eq!(backoff.wait(attempt, &mut rng()), backoff.delay(attempt));
    }
    assert_eq!(backoff.delay(2), ms(150));
    assert_eq!(backoff.delay(3), ms(225));
}

#[test]
fn linear_delays_grow_by_the_first() {
    let backoff = Backoff::linear(ms(300)..=ms(1000)).jitter(0.0);
    let table = [
        (0, 300),
        (1, 300),
        (2, 600),
        (3, 900),
        (4, 1000),
        (u64::from(u32::MAX), 1000),
        (u64::MAX, 1000),
    ];
    for (attempt, delay) in table {
        assert_eq!(backoff.delay(attempt), ms(delay), "attempt {attempt}");
        assert_eq!(backoff.wait(attempt, &mut rng()), ms(delay));
    }
    assert_eq!(backoff.check(), Ok(()));
    assert_eq!(
        Backoff::linear(ms(0)..=ms(1)).check(),
        Err(BackoffError::ZeroMin { max: ms(1) })
    );
}

/// No arithmetic overflows, whatever the delays are.
#[test]
fn after_very_many_failures_the_largest_delay_holds() {
    for attempt in [u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX] {
        for max in [ms(5_000), Duration::from_secs(u64::MAX), Duration::MAX] {
            for backoff in [
                Backoff::exponential(ms(200)..=max),
                Backoff::linear(max..=max),
            ] {
                assert_eq!(backoff.delay(attempt), max);
                let wait = backoff.wait(attempt, &mut rng());
                assert!(
                    wait <= max && wait >= max.mul_f64(0.79),
                    "{wait:?} of {max:?}"
                );
            }
        }
    }
}

#[test]
fn fixed_and_none() {
    for attempt in [1, 2, u64::MAX] {
        assert_eq!(Backoff::none().wait(attempt, &mut rng()), Duration::ZERO);
        assert_eq!(Backoff::fixed(ms(70)).wait(attempt, &mut rng()), ms(70));
    }
}

/// Ten cells of the interval get each their share of 20,000 draws, also where the bound cuts the interval.
#[test]
fn waits_are_spread_evenly() {
    for (attempt, low, high) in [(1, 160, 240), (3, 640, 960), (9, 4000, 5000)] {
        let (backoff, mut random) = (Backoff::default(), rng());
        let mut cells = [0_u32; 10];
        for _ in 0..20_000 {
            let wait = backoff.wait(attempt, &mut random);
            assert!(
                ms(low) <= wait && wait <= ms(high),
                "{wait:?} after attempt {attempt}"
            );
            let share = (wait - ms(low)).as_secs_f64() / (ms(high) - ms(low)).as_secs_f64();
            cells[((share * 10.0) as usize).min(9)] += 1;
        }
        assert!(
            cells.iter().all(|cell| (1_800..2_200).contains(cell)),
            "attempt {attempt}: {cells:?}"
        );
    }
}

#[test]
fn the_seed_decides() {
    let waits = |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        [1, 2, 3].map(|attempt| Backoff::default().wait(attempt, &mut random))
    };
    assert_eq!(waits(7), waits(7));
    assert_ne!(waits(7), waits(8));
}

#[test]
fn a_child_that_was_up_long_enough_is_forgiven() {
    let table = [
        (Backoff::default(), 29_999, false),
        (Backoff::default(), 30_000, true),
        (Backoff::fixed(ms(60_000)), 59_999, false),
        (Backoff::fixed(ms(60_000)), 60_000, true),
        (Backoff::default().reset_after(ms(5)), 5, true),
        (Backoff::default().reset_after(ms(5)), 4, false),
        (
            Backoff::default().reset_after(Duration::ZERO),
            u64::MAX,
            false,
        ),
    ];
    for (backoff, up, forgiven) in table {
        assert_eq!(
            backoff.forgives(ms(up)),
            forgiven,
            "{backoff:?} after {up} ms"
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let exponential = || Backoff::exponential(ms(10)..=ms(20));
    assert_eq!(Backoff::none().check(), Ok(()));
    assert_eq!(Backoff::default().check(), Ok(()));
    assert_eq!(exponential().factor(1.0).jitter(1.0).check(), Ok(()));
    assert_eq!(
        Backoff::exponential(ms(20)..=ms(10)).check(),
        Err(BackoffError::Bounds {
            min: ms(20),
            max: ms(10)
        })
    );
    assert_eq!(
        Backoff::exponential(ms(0)..=ms(10)).check(),
        Err(BackoffError::ZeroMin { max: ms(10) })
    );
    for factor in [0.0, 0.99, -2.0, f64::NAN, f64::INFINITY] {
        assert!(
            matches!(
                exponential().factor(factor).check(),
                Err(BackoffError::Factor(_))
            ),
            "{factor}"
        );
    }
    for jitter in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(
            matches!(
                exponential().jitter(jitter).check(),
                Err(BackoffError::Jitter(_))
            ),
            "{jitter}"
        );
    }
}

prop_compose! {
    fn any_backoff()(
        min in 1_u64..=u64::MAX,
        span in 0_u64..=u64::MAX,
        factor in 1.0..1e300_f64,
        jitter in 0.0..=1.0_f64,
    ) -> Backoff {
        let min = Duration::from_nanos(min);
        Backoff::exponential(min..=min.saturating_add(Duration::from_secs(span))).factor(factor).jitter(jitter)
    }
}

proptest! {
    /// The model is the formula itself, in steps: multiply, never past the bound.
    #[test]
    fn agrees_with_multiplying_step_by_step(
        min in 1_u64..1_000_000,
        factor in 1_u64..5,
        attempt in 1_u64..40,
        max in 1_u64..u64::MAX,
    ) {
        let max = max.max(min);
        let mut model = min;
        for _ in 1..attempt {
            model = model.saturating_mul(factor).min(max);
        }
        let backoff = Backoff::exponential(Duration::from_nanos(min)..=Duration::from_nanos(max)).factor(factor as f64);
        let delay = backoff.delay(attempt).as_nanos() as f64;
        prop_assert!((delay - model as f64).abs() <= model as f64 * 1e-12, "{} against {}", delay, model);
    }

    #[test]
    fn waits_stay_within_bounds_for_every_valid_backoff(
        backoff in any_backoff(),
        attempt in prop_oneof![0_u64..200, Just(u64::MAX)],
        seed: u64,
    ) {
        prop_assert_eq!(backoff.check(), Ok(()));
        let delay = backoff.delay(attempt);
        prop_assert!(delay >= backoff.min.mul_f64(0.999_999) && delay <= backoff.max);
        prop_assert!(attempt == u64::MAX || backoff.delay(attempt + 1) >= delay);
        let wait = backoff.wait(attempt, &mut fastrand::Rng::with_seed(seed));
        prop_assert!(wait <= backoff.max);
        prop_assert!(wait.as_secs_f64() >= delay.as_secs_f64() * (1.0 - backoff.jitter) * (1.0 - 1e-9) - 1e-9);
    }
}
