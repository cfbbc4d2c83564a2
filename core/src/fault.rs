//! Failures that a test injects; nothing at all without the feature `test`.
//!
//! This is the one place where that feature changes what the runtime does.

#[cfg(feature = "test")]
mod on {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, PoisonError};

    use crate::actor::{Failure, Handled};
    use crate::test::Fault;

    #[derive(Default)]
    pub(crate) struct Faults {
        any: AtomicBool,
        planned: Mutex<VecDeque<(u64, Fault)>>,
    }

    impl Faults {
        /// Plans `fault` for the message that comes `after` others.
        pub(crate) fn plan(&self, after: u64, fault: Fault) {
            let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
            planned.push_back((after, fault));
            self.any.store(true, Ordering::Release);
        }

        /// What shall happen to the message in hand instead of its handler. Panics where a panic was planned.
        pub(crate) fn strike(&self) -> Option<Handled> {
            if !self.any.load(Ordering::Acquire) {
                return None;
            }
            let fault = {
                let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
                match planned.front_mut() {
                    Some((0, _)) => planned.pop_front().map(|(_, fault)| fault),
                    Some((after, _)) => {
                        *after -= 1;
                        None
                    }
                    None => {
                        self.any.store(false, Ordering::Release);
                        None
                    }
                }
            };
            match fault? {
                Fault::Panic(text) => std::panic::panic_any(text),
                Fault::Error(text) => Some(Handled::Failed(Failure::new(text))),
            }
        }
    }
}

#[cfg(not(feature = "test"))]
mod off {
    use crate::actor::Handled;

    #[derive(Default)]
    pub(crate) struct Faults;

    impl Faults {
        #[inline(always)]
        pub(crate) fn strike(&self) -> Option<Handled> {
            None
        }
    }
}

#[cfg(not(feature = "test"))]
pub(crate) use off::Faults;
#[cfg(feature = "test")]
pub(crate) use on::Faults;
