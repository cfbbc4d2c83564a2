//! What the ended actors of each type leave behind.

use std::collections::HashMap;

use crate::observe::TypeSnapshot;
use crate::stats::Figures;

/// The sums, by the type's name.
#[derive(Default)]
pub(crate) struct Types {
    list: Vec<OfType>,
    by_name: HashMap<&'static str, usize>,
    /// Whose turn it was last. Actors of one type come and go together.
    recent: usize,
}

#[derive(Clone)]
pub(crate) struct OfType {
    name: &'static str,
    pub(crate) started: u64,
    pub(crate) ended: u64,
    pub(crate) figures: Figures,
}

impl Types {
    pub(crate) fn of(&mut self, name: &'static str) -> &mut OfType {
        // The same text at another place is found by its name.
        let is_recent = |of_type: &OfType| std::ptr::eq(of_type.name, name);
        if !self.list.get(self.recent).is_some_and(is_recent) {
            let (next, list) = (self.list.len(), &mut self.list);
            self.recent = *self.by_name.entry(name).or_insert_with(|| {
                list.push(OfType {
                    name,
                    started: 0,
                    ended: 0,
                    figures: Figures::default(),
                });
                next
            });
        }
        &mut self.list[self.recent]
    }

    pub(crate) fn list(&self) -> Vec<OfType> {
        self.list.clone()
    }
}

impl From<OfType> for TypeSnapshot {
    fn from(of_type: OfType) -> Self {
        Self {
            type_name: of_type.name,
            started: of_type.started,
            ended: of_type.ended,
            totals: of_type.figures.into(),
        }
    }
}
