use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use playhouse::{actor, handlers};

use super::*;

#[actor]
#[derive(Debug, PartialEq)]
struct Ledger(u64);

#[handlers]
impl Ledger {
    #[message]
    fn page(&self) -> u64 {
        self.0
    }
}

impl Ledger {
    fn new() -> Self {
        Self(1)
    }

    fn open() -> io::Result<Self> {
        Ok(Self(2))
    }

    async fn load(page: u64) -> Result<Self, Chain> {
        if page == 0 {
            Err(Chain)
        } else {
            Ok(Self(page))
        }
    }
}

/// A second actor, so that the compiler cannot guess the type from there being only one.
#[actor]
struct Teller;

#[handlers]
impl Teller {
    #[message]
    fn wave(&self) {}
}

/// An error that tells its causes in the long form alone, as `anyhow::Error` does.
#[derive(Debug)]
struct Chain;

impl Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if f.alternate() {
            "no page: disk on fire"
        } else {
            "no page"
        })
    }
}

/// What the first and the second start give; a future that is not ready at once is a mistake of the test.
fn twice<A: Actor, Kind>(factory: impl IntoFactory<A, Kind>) -> [Result<A, String>; 2] {
    let mut factory = factory.into_factory();
    [(), ()].map(
        |()| match pin!(factory()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(made) => made.map_err(|failure| failure.to_string()),
            Poll::Pending => panic!("a factory of these tests is ready at once"),
        },
    )
}

#[test]
fn a_value() {
    let mut next = 0;
    let made = twice(move || {
        next += 1;
        Ledger(next)
    });
    assert_eq!(made, [Ok(Ledger(1)), Ok(Ledger(2))]);
    assert_eq!(twice(Ledger::new), [Ok(Ledger(1)), Ok(Ledger(1))]);
    assert!(twice(|| Teller).iter().all(Result::is_ok));
}

#[test]
fn a_result() {
    assert_eq!(twice(Ledger::open), [Ok(Ledger(2)), Ok(Ledger(2))]);
    let mut tries = 0;
    let made = twice(move || {
        tries += 1;
        if tries == 1 {
            return Err("not yet");
        }
        Ok(Ledger(3))
    });
    assert_eq!(made, [Err("not yet".to_owned()), Ok(Ledger(3))]);
    let boxed =
        || -> Result<Ledger, Box<dyn std::error::Error + Send + Sync>> { Ok(Ledger("4".parse()?)) };
    assert_eq!(twice(boxed), [Ok(Ledger(4)), Ok(Ledger(4))]);
}

#[test]
fn a_future_of_a_value() {
    assert_eq!(
        twice(|| async { Ledger(5) }),
        [Ok(Ledger(5)), Ok(Ledger(5))]
    );
    let name = String::from("teller");
    let made = twice(move || {
        let name = name.clone();
        async move {
            assert_eq!(name, "teller");
            Teller
        }
    });
    assert!(made.iter().all(Result::is_ok));
}

#[test]
fn a_future_of_a_result() {
    assert_eq!(twice(|| Ledger::load(6)), [Ok(Ledger(6)), Ok(Ledger(6))]);
    let mut page = 2;
    let made = twice(move || {
        page -= 1;
        async move {
            let ledger = Ledger::load(page).await?;
            Ok::<_, Chain>(ledger)
        }
    });
    assert_eq!(made[0], Ok(Ledger(1)));
    assert!(made[1].is_err());
}

#[test]
fn an_error_is_told_with_its_causes() {
    let [first, _] = twice(|| Ledger::load(0));
    assert!(first.unwrap_err().contains("no page: disk on fire"));
}
