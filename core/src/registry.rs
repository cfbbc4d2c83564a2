//! Names that lead to one actor each.
//!
//! A name belongs to an actor, not to an incarnation: it stays over restarts and is freed at the final end, before
//! anybody is told of that end. Whoever hears that an actor is down can so take its name.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::actor::cell::{AnyCell, Cell};
use crate::actor::{Actor, ActorId};
use crate::address::Address;
use crate::error::{LookupError, RegisterError};

#[derive(Default)]
pub(crate) struct Registry {
    names: DashMap<Arc<str>, Named>,
}

struct Named {
    holder: ActorId,
    type_name: &'static str,
    cell: Arc<dyn AnyCell>,
}

impl Registry {
    pub(crate) fn register<A: Actor>(
        &self,
        name: &str,
        address: &Address<A>,
        limit: usize,
    ) -> Result<(), RegisterError> {
        if name.len() > limit {
            return Err(RegisterError::TooLong {
                bytes: name.len(),
                limit,
            });
        }
        let cell: &Arc<Cell<A>> = address.cell();
        let core = cell.core();
        let name: Arc<str> = Arc::from(name);
        // The actor's own list is locked over both steps, so that its end comes before both or after both.
        let registered = core
            .end
            .with_names(|names| match self.names.entry(name.clone()) {
                Entry::Occupied(taken) if taken.get().holder == core.id => Ok(()),
                Entry::Occupied(taken) => Err(RegisterError::Taken {
                    name: name.clone(),
                    holder: taken.get().holder,
                }),
                Entry::Vacant(free) => {
                    free.insert(Named {
                        holder: core.id,
                        type_name: core.kind.name,
                        cell: cell.clone(),
                    });
                    names.push(name.clone());
                    Ok(())
                }
            });
        registered.unwrap_or(Err(RegisterError::Closed))
    }

    pub(crate) fn lookup<A: Actor>(&self, name: &str) -> Result<Address<A>, LookupError> {
        let (found, cell) = match self.names.get(name) {
            Some(named) => (named.type_name, named.cell.clone()),
            None => {
                return Err(LookupError::NotFound {
                    name: Arc::from(name),
                });
            }
        };
        match cell.into_any().downcast::<Cell<A>>() {
            Ok(cell) => Ok(Address::new(cell)),
            Err(_) => Err(LookupError::WrongType {
                name: Arc::from(name),
                wanted: A::NAME,
                found,
            }),
        }
    }

    /// Frees a name that somebody gives back. False if nobody had it.
    pub(crate) fn unregister(&self, name: &str) -> bool {
        // In the order of `register`: the holder's list first, then the map.
        let Some(holder) = self.names.get(name).map(|named| named.cell.clone()) else {
            return false;
        };
        let core = holder.core();
        let freed = core.end.with_names(|names| {
            let freed = self.remove(name, core.id);
            if freed {
                names.retain(|kept| **kept != *name);
            }
            freed
        });
        // Its end frees it in this moment, or has.
        freed.unwrap_or_else(|| self.remove(name, core.id))
    }

    fn remove(&self, name: &str, holder: ActorId) -> bool {
        self.names
            .remove_if(name, |_, named| named.holder == holder)
            .is_some()
    }

    /// Frees the name of an actor that has ended.
    pub(crate) fn free(&self, name: &str, holder: ActorId) {
        let _somebody_gave_it_back = self.remove(name, holder);
    }

    /// How many names are taken.
    #[cfg(feature = "test")]
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(all(test, feature = "test", not(playhouse_loom)))]
mod tests {
    use super::*;
    use crate::system::System;
    use crate::test::{Probe, assert_no_leaks, paused};

    #[test]
    fn names_that_are_given_back_are_not_kept_by_their_actor() {
        paused(async {
            let system = System::new("test");
            let probe = Probe::<u8>::new(&system);
            for number in 0..1_000 {
                let name = format!("name {number}");
                assert_eq!(system.register(&name, probe.address()), Ok(()));
                assert!(system.unregister(&name));
            }
            let core = probe.address().cell().core();
            assert_eq!(core.end.with_names(|names| names.len()), Some(0));
            assert_no_leaks(&system).await;
        });
    }
}
