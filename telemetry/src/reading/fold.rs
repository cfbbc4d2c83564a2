//! From actors to types.

use std::collections::HashMap;

use playhouse_core::Phase;
use playhouse_core::observe::Totals;

use super::Row;

/// Rows in the making.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// Places in `rows`. By the text of the name: two types may have the same one (a struct in two modules), and are
    /// one row then.
    places: HashMap<&'static str, usize>,
    rows: Vec<Row>,
}

/// What counts of a live actor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live<'a> {
    pub(super) phase: Phase,
    pub(super) depth: u64,
    pub(super) capacity: Option<u64>,
    pub(super) waiting: u64,
    pub(super) totals: &'a Totals,
}

impl Fold {
    pub(super) fn with_capacity(types: usize) -> Self {
        Self {
            places: HashMap::with_capacity(types),
            rows: Vec::with_capacity(types),
        }
    }

    fn row(&mut self, type_name: &'static str) -> &mut Row {
        let place = *self.places.entry(type_name).or_insert_with(|| {
            self.rows.push(Row {
                type_name,
                ..Row::default()
            });
            self.rows.len() - 1
        });
        &mut self.rows[place]
    }

    /// Adds what is known of a type: how many actors of it there were, and what those left that have ended.
    pub(super) fn ended(
        &mut self,
        type_name: &'static str,
        started: u64,
        ended: u64,
        totals: &Totals,
    ) {
        let row = self.row(type_name);
        row.started += started;
        row.ended += ended;
        row.totals += totals;
    }

    /// Adds a live actor.
    pub(super) fn live(&mut self, type_name: &'static str, actor: &Live<'_>) {
        let row = self.row(type_name);
        row.phases[actor.phase as usize] += 1;
        row.depth += actor.depth;
        row.depth_max = row.depth_max.max(actor.depth);
        row.waiting += actor.waiting;
        if let Some(capacity) = actor.capacity {
            row.limit = Some(row.limit.unwrap_or(0).saturating_add(capacity));
            // A mailbox without any room must not divide by zero.
            let used = actor.depth as f64 / capacity.max(1) as f64;
            row.utilization = Some(row.utilization.unwrap_or(0.0).max(used));
        }
        row.totals += actor.totals;
    }

    /// All rows, by name.
    pub(super) fn into_rows(mut self) -> Vec<Row> {
        self.rows.sort_unstable_by_key(|row| row.type_name);
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handled(handled: u64) -> Totals {
        let mut totals = Totals::default();
        totals.handled = handled;
        totals
    }

    fn live(totals: &Totals) -> Live<'_> {
        Live {
            phase: Phase::Running,
            depth: 0,
            capacity: None,
            waiting: 0,
            totals,
        }
    }

    #[test]
    fn a_row_per_type_whatever_the_number_of_actors() {
        let none = Totals::default();
        let mut fold = Fold::default();
        for _ in 0..1000 {
            fold.live("Teller", &live(&none));
        }
        fold.live("Account", &live(&none));
        let rows = fold.into_rows();
        let names: Vec<_> = rows.iter().map(|row| row.type_name).collect();
        assert_eq!(names, ["Account", "Teller"]);
        assert_eq!(rows[1].phases, [0, 1000, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn mailboxes_are_summed_and_the_worst_is_kept() {
        let none = Totals::default();
        let mut fold = Fold::default();
        for (depth, capacity) in [(3, Some(10)), (40, None), (8, Some(16))] {
            fold.live(
                "Teller",
                &Live {
                    depth,
                    capacity,
                    waiting: 2,
                    ..live(&none)
                },
            );
        }
        let row = &fold.into_rows()[0];
        assert_eq!((row.depth, row.depth_max, row.waiting), (51, 40, 6));
        // The unbounded mailbox has no part in these two.
        assert_eq!((row.limit, row.utilization), (Some(26), Some(0.5)));
    }

    #[test]
    fn an_unbounded_mailbox_has_no_limit_and_one_without_room_is_full() {
        let none = Totals::default();
        let mut fold = Fold::default();
        fold.live("Unbounded", &live(&none));
        fold.live(
            "Narrow",
            &Live {
                depth: 1,
                capacity: Some(0),
                ..live(&none)
            },
        );
        let rows = fold.into_rows();
        assert_eq!((rows[0].limit, rows[0].utilization), (Some(0), Some(1.0)));
        assert_eq!((rows[1].limit, rows[1].utilization), (None, None));
    }

    #[test]
    fn what_ended_actors_left_is_added_to_what_the_live_ones_have() {
        let mut fold = Fold::default();
        fold.ended("Teller", 4, 3, &handled(100));
        fold.ended("Gone", 1, 1, &handled(5));
        fold.live("Teller", &live(&handled(7)));
        let rows = fold.into_rows();
        assert_eq!((rows[0].type_name, rows[0].totals.handled), ("Gone", 5));
        assert_eq!((rows[1].type_name, rows[1].totals.handled), ("Teller", 107));
        assert_eq!((rows[1].started, rows[1].ended), (4, 3));
    }

    #[test]
    fn types_of_the_same_name_are_one() {
        let mut fold = Fold::default();
        fold.ended("Cache", 1, 1, &handled(1));
        fold.ended("Cache", 2, 2, &handled(2));
        let rows = fold.into_rows();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].ended, rows[0].totals.handled), (3, 3));
    }

    #[test]
    fn every_phase_has_its_place() {
        let none = Totals::default();
        for (place, phase) in Phase::ALL.into_iter().enumerate() {
            let mut fold = Fold::default();
            fold.live(
                "Teller",
                &Live {
                    phase,
                    ..live(&none)
                },
            );
            let mut expected = [0; Phase::ALL.len()];
            expected[place] = 1;
            assert_eq!(fold.into_rows()[0].phases, expected, "{phase:?}");
        }
    }
}
