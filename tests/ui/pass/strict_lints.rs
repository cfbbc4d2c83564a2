//! Generated code gives a strict crate nothing to complain about.
#![deny(warnings)]
#![deny(
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    rust_2018_idioms,
    rust_2024_compatibility,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_extern_crates,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]

pub mod bank {
    //! A module that other crates could see.

    use std::convert::Infallible;
    use std::fmt;

    use playhouse::prelude::*;

    /// There was not enough.
    #[derive(Clone, Copy, Debug)]
    pub struct Overdrawn;

    /// Time went by.
    #[derive(Clone, Copy, Debug)]
    pub struct Tick(pub u64);

    /// An account.
    #[derive(Debug)]
    #[actor(mailbox = 16, overflow = wait, name = "account")]
    pub struct Account {
        balance: u64,
    }

    #[handlers]
    impl Account {
        /// Puts `amount` in; see [`Self::withdraw`].
        ///
        /// ```
        /// assert!(true);
        /// ```
        #[message]
        pub fn deposit(
            &mut self,
            /// How much.
            amount: u64,
            _: u8,
        ) {
            self.balance += amount;
        }

        /// Takes `amount` out.
        ///
        /// # Errors
        ///
        /// There is not enough.
        #[message(on_error = report)]
        pub async fn withdraw(&mut self, amount: u64) -> Result<u64, Overdrawn> {
            self.balance = self.balance.checked_sub(amount).ok_or(Overdrawn)?;
            Ok(self.balance)
        }

        /// What is in it.
        #[message]
        #[must_use]
        pub fn balance(&self) -> u64 {
            self.balance
        }

        /// Never fails.
        ///
        /// # Errors
        ///
        /// None.
        #[message(skip_abandoned)]
        pub fn certain(&self) -> Result<(), Infallible> {
            Ok(())
        }

        /// Answers later.
        #[message(boxed)]
        pub async fn later(&mut self, cx: &mut Context<Self>, reply: Reply<u64, Overdrawn>) {
            let _ = cx.id();
            reply.send(self.balance);
        }

        /// Was a good idea once.
        #[message(name = OldNews)]
        #[deprecated]
        pub fn news(&mut self, text: [u8; 300]) {
            self.balance = u64::from(text[0]);
        }

        /// Nobody sends it.
        #[message]
        pub fn unsent(&mut self) {}

        #[message]
        fn unsent_and_private(&mut self, _: u8) {}

        #[handler]
        fn on_tick(&mut self, Tick(by): Tick) {
            self.balance += by;
        }

        #[started]
        async fn open(&mut self) -> fmt::Result {
            Ok(())
        }

        #[restarted]
        fn reopen(&mut self, previous: &Incarnation) -> fmt::Result {
            self.balance = previous.number;
            Ok(())
        }

        #[stopping]
        fn close(&mut self, why: &ExitReason, cx: &mut Context<Self>) {
            let _ = (why, cx.id());
        }
    }

    /// A pair.
    #[derive(Debug)]
    #[actor]
    pub struct Pair<L, R: Default> {
        left: L,
        right: R,
    }

    #[handlers]
    impl<L, R> Pair<L, R>
    where
        L: Clone + Send + 'static,
        R: Clone + Default + Send + 'static,
    {
        /// The left one.
        #[message]
        pub fn left(&self) -> L {
            self.left.clone()
        }

        /// Another right one.
        #[message]
        pub fn set_right(&mut self, to: R) {
            self.right = to;
        }
    }

    #[actor]
    enum Light {
        On,
        Off,
    }

    #[handlers]
    impl Light {
        #[message]
        fn toggle(&mut self) {
            *self = match self {
                Self::On => Self::Off,
                Self::Off => Self::On,
            };
        }
    }

    /// Tries the lights.
    pub fn light(system: &System) {
        drop(system.spawn(Light::On));
    }
}

use playhouse::prelude::*;

#[tokio::main]
async fn main() {
    bank::light(&System::new("pass"));
}
