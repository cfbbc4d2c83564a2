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
    let mut factory = factory.into_factory(InfoSlot::default());
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

/// What the two first starts give, or say, and what each of them hands over.
fn informed<A: Actor, I: Any, Kind>(
    factory: impl IntoFactory<A, Kind>,
) -> [(Result<A, NotStarted>, Option<I>); 2] {
    let info = InfoSlot::default();
    let mut factory = factory.into_factory(info.clone());
    [(), ()].map(
        |()| match pin!(factory()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(made) => {
                let info = info.take().map(|info| match info.downcast() {
                    Ok(info) => *info,
                    Err(_) => panic!("information of another type"),
                });
                (made, info)
            }
            Poll::Pending => panic!("a factory of these tests is ready at once"),
        },
    )
}

fn numbers(made: [(Result<Ledger, NotStarted>, Option<u16>); 2]) -> [(u64, Option<u16>); 2] {
    made.map(|(made, info)| (made.expect("it is made").0, info))
}

#[test]
fn each_shape_may_hand_information_over() {
    let mut port = 0_u16;
    let value = informed(move || {
        port += 1;
        inform(Ledger(1), port)
    });
    assert_eq!(numbers(value), [(1, Some(1)), (1, Some(2))]);
    let fallible = informed(|| Ledger::open().map(|ledger| inform(ledger, 3_u16)));
    assert_eq!(numbers(fallible), [(2, Some(3)), (2, Some(3))]);
    let future = informed(|| async { inform(Ledger(4), 5_u16) });
    assert_eq!(numbers(future), [(4, Some(5)), (4, Some(5))]);
    let both = informed(|| async {
        let ledger = Ledger::load(6).await?;
        Ok::<_, Chain>(inform(ledger, 7_u16))
    });
    assert_eq!(numbers(both), [(6, Some(7)), (6, Some(7))]);
    let without = informed(|| Ledger(8));
    assert_eq!(numbers(without), [(8, None), (8, None)]);
}

#[test]
fn only_what_the_latest_start_handed_over_is_kept() {
    let info = InfoSlot::default();
    let mut port = 0_u16;
    let factory = move || {
        port += 1;
        inform(Teller, port)
    };
    let mut factory = IntoFactory::into_factory(factory, info.clone());
    for _ in 0..3 {
        let made = pin!(factory()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(made, Poll::Ready(Ok(Teller))));
    }
    let latest = info.take().and_then(|info| info.downcast().ok());
    assert_eq!(latest, Some(Box::new(3_u16)));
    assert!(info.take().is_none(), "it is taken once");
}

/// What the two first starts say, for a factory that makes none.
fn refused<Kind>(factory: impl IntoFactory<Ledger, Kind>) -> [NotStarted; 2] {
    informed::<_, (), _>(factory).map(|(made, info)| {
        assert!(info.is_none());
        made.expect_err("nothing is made")
    })
}

fn failed(text: &str) -> NotStarted {
    NotStarted::Failed(Failure::new(text))
}

#[test]
fn a_factory_may_say_that_there_is_nothing_to_start() {
    let plain = refused(|| -> Result<Ledger, Start> { Err(Start::Ignore) });
    assert_eq!(plain, [NotStarted::Ignore, NotStarted::Ignore]);
    let future = refused(|| async {
        if Ledger::load(1).await.is_ok() {
            return Err(Start::Ignore);
        }
        Ok(Ledger(1))
    });
    assert_eq!(future, [NotStarted::Ignore, NotStarted::Ignore]);
    // With information, and with `?`, which needs no annotation.
    let mut starts = 0;
    let mixed = informed::<Ledger, u16, _>(move || {
        starts += 1;
        let page: u64 = if starts == 1 { "7" } else { "seven" }.parse()?;
        if page == 0 {
            return Err(Start::Ignore);
        }
        Ok(inform(Ledger(page), 7_u16))
    });
    let [(first, info), (second, none)] = mixed;
    assert_eq!((first.map(|ledger| ledger.0), info), (Ok(7), Some(7)));
    assert_eq!(
        (second.map(|ledger| ledger.0), none),
        (Err(failed("invalid digit found in string")), None)
    );
}

#[test]
fn what_fails_is_told_as_it_is() {
    assert_eq!(
        refused(|| -> Result<Ledger, Start> { Err("no page".into()) }),
        [failed("no page"), failed("no page")]
    );
    assert_eq!(
        refused(|| -> Result<Ledger, Start> { Err(format!("no page {}", 7))? }),
        [failed("no page 7"), failed("no page 7")]
    );
    // An error of another type that looks like it is none.
    assert_eq!(
        refused(|| -> Result<Ledger, String> { Err(Start::Ignore.to_string()) }),
        [
            failed("there is nothing to start"),
            failed("there is nothing to start")
        ]
    );
}
