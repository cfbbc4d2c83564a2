//! Counters that do not fall.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use opentelemetry::KeyValue;

use super::Number;

/// The highest that each series of a counter has been.
///
/// Prometheus takes a counter that fell, by however little, for one that began anew, and adds all of it to the rate
/// once more. And some do fall by a little: the cells of an actor are read one after the other while it runs, and
/// time that was idle turns out to have been busy when work is declared afterwards.
#[derive(Debug, Default)]
pub(super) struct Floor(Mutex<HashMap<Vec<KeyValue>, Number>>);

impl Floor {
    /// `value`, or what the series has been if that is higher.
    pub(super) fn lift(&self, value: Number, attributes: &[KeyValue]) -> Number {
        let mut highest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match highest.get_mut(attributes) {
            Some(highest) => {
                if *highest < value {
                    *highest = value;
                }
                *highest
            }
            None => {
                highest.insert(attributes.to_vec(), value);
                value
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_stays_where_it_was_until_it_gets_higher() {
        let floor = Floor::default();
        let (teller, account) = (
            [KeyValue::new("type", "Teller")],
            [KeyValue::new("type", "Account")],
        );
        let lift = |value: u64, of: &[KeyValue]| floor.lift(Number::Whole(value), of);
        assert_eq!(lift(5, &teller), Number::Whole(5));
        assert_eq!(lift(4, &teller), Number::Whole(5));
        assert_eq!(lift(1, &account), Number::Whole(1));
        assert_eq!(lift(6, &teller), Number::Whole(6));
        assert_eq!(floor.lift(Number::Real(0.5), &[]), Number::Real(0.5));
        assert_eq!(floor.lift(Number::Real(0.25), &[]), Number::Real(0.5));
    }
}
