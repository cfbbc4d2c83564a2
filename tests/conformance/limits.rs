//! §10 Limits.

use std::time::{Duration, SystemTime};

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use playhouse::{ActorId, LookupError, Phase, RegisterError};
use playhouse_tests::{Gate, Log, Puppet, soon};

async fn end_many(system: &System, names: impl Iterator<Item = String>) {
    for name in names {
        let puppet = system
            .spawner()
            .name(name)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        puppet.stop();
        soon(puppet.wait()).await;
    }
}

#[test]
fn c10_history_and_terminal_counts_have_bounds() {
    paused(async {
        let system = System::new("test");
        end_many(&system, (0..1_100).map(|n| format!("n{n:04}"))).await;
        let history = system.history();
        assert_eq!(history.len(), 1_000);
        assert_eq!(history[0].name.as_deref(), Some("n0100"), "oldest first");
        assert_eq!(history[999].id, ActorId::from(1_100));
        assert_eq!(
            system.record(ActorId::from(1_100)).unwrap().phase,
            Phase::Stopped
        );
        assert!(system.record(ActorId::from(1)).is_none(), "fallen out");
        let counts = system.terminal_counts();
        assert_eq!(counts.len(), 257);
        let other = counts
            .iter()
            .find(|count| &*count.name == "__other__")
            .unwrap();
        assert_eq!((other.count, other.state), (1_100 - 256, "STOPPED"));
        assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), 1_100);
        assert!(counts.is_sorted_by_key(|count| count.name.clone()));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c10_a_record_says_the_same_whenever_it_is_read() {
    paused(async {
        let system = System::new("test");
        let before = SystemTime::now();
        end_many(&system, ["once".to_owned()].into_iter()).await;
        let read = || {
            let record = system.history().remove(0);
            (record.started_at, record.ended_at, record.uptime)
        };
        let (started, ended, uptime) = read();
        assert!(ended >= before && ended <= SystemTime::now());
        assert_eq!(started, ended - uptime);
        // The clock of the runtime is not that of the wall.
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert_eq!(read(), (started, ended, uptime));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c10_dead_letters_have_a_bound() {
    paused(async {
        let system = System::new("test");
        let puppet = system
            .spawner()
            .mailbox(2_000)
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        let gate = Gate::new();
        puppet.hold(gate.clone()).await.unwrap();
        gate.arrival().await;
        for n in 0..1_500 {
            puppet.note(n).await.unwrap();
        }
        puppet.kill();
        soon(puppet.wait()).await;
        assert_eq!(system.dead_letters().count(), 1_501);
        assert_eq!(system.dead_letters().recent().len(), 1_000);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c10_names_and_texts_have_bounds() {
    paused(async {
        let system = System::new("test");
        let long = "ä".repeat(300);
        let puppet = system
            .spawner()
            .name(long.clone())
            .spawn(Puppet::new("a", &Log::new()))
            .unwrap();
        assert_eq!(puppet.actor().name().unwrap().len(), 256);
        let error = system.register(&long, &puppet).unwrap_err();
        assert_eq!(
            error,
            RegisterError::TooLong {
                bytes: 600,
                limit: 256
            }
        );
        puppet.crash(long).await.unwrap();
        let ExitReason::Panic(text) = soon(puppet.wait()).await else {
            panic!("it panicked")
        };
        assert_eq!(text.len(), 256);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn c10_all_of_them_can_be_set() {
    paused(async {
        let system = System::builder("test")
            .history(2)
            .terminal_names(1)
            .dead_letters(0)
            .text_limit(4)
            .ask_limit(ms(500))
            .build();
        end_many(
            &system,
            ["one", "two", "three"].into_iter().map(String::from),
        )
        .await;
        let names: Vec<_> = system
            .history()
            .into_iter()
            .map(|record| record.name.unwrap())
            .collect();
        assert_eq!(names, ["two".into(), std::sync::Arc::<str>::from("thre")]);
        let counts: Vec<_> = system
            .terminal_counts()
            .into_iter()
            .map(|count| (count.name.to_string(), count.count))
            .collect();
        assert_eq!(counts, [("__other__".to_owned(), 2), ("one".to_owned(), 1)]);
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        puppet.crash("12345".into()).await.unwrap();
        assert_eq!(soon(puppet.wait()).await, ExitReason::Panic("1234".into()));
        assert_eq!(
            (
                system.dead_letters().count(),
                system.dead_letters().recent().len()
            ),
            (1, 0)
        );
        assert_no_leaks(&system).await;
    });
}

#[test]
fn names_lead_to_addresses_of_their_type() {
    #[actor]
    struct Other;
    #[handlers]
    impl Other {
        #[message]
        fn ping(&self) -> u8 {
            1
        }
    }
    paused(async {
        let system = System::new("test");
        let puppet = system.spawn(Puppet::new("a", &Log::new()));
        let other = system.spawn(Other);
        system.register("p", &puppet).unwrap();
        system.register("p", &puppet).expect("twice is once");
        assert_eq!(system.lookup::<Puppet>("p").unwrap(), puppet);
        assert_eq!(
            system.lookup::<Other>("p").unwrap_err(),
            LookupError::WrongType {
                name: "p".into(),
                wanted: "Other",
                found: "Puppet"
            }
        );
        assert_eq!(
            system.register("p", &other).unwrap_err(),
            RegisterError::Taken {
                name: "p".into(),
                holder: puppet.actor().id()
            }
        );
        assert!(system.unregister("p"));
        assert!(!system.unregister("p"));
        assert_eq!(
            system.lookup::<Puppet>("p").unwrap_err(),
            LookupError::NotFound { name: "p".into() }
        );
        system.register("p", &other).unwrap();
        puppet.stop();
        soon(puppet.wait()).await;
        assert_eq!(
            system.lookup::<Other>("p").unwrap(),
            other,
            "freed by its holder alone"
        );
        assert_eq!(other.ping().await, Ok(1));
        assert_no_leaks(&system).await;
    });
}

#[test]
fn ids_count_from_one_and_are_never_used_again() {
    paused(async {
        let system = System::new("test");
        let first = system.spawn(Puppet::new("a", &Log::new()));
        assert_eq!(first.actor().id().get(), 1);
        first.stop();
        soon(first.wait()).await;
        let second = system.spawn(Puppet::new("a", &Log::new()));
        assert_eq!(second.actor().id().get(), 2);
        assert!(system.get(ActorId::from(1)).is_none());
        assert_eq!(system.get(ActorId::from(2)).unwrap(), second.actor());
        assert_eq!(system.list(), [second.actor()]);
        let other = System::new("another");
        assert_eq!(
            other
                .spawn(Puppet::new("a", &Log::new()))
                .actor()
                .id()
                .get(),
            1,
            "systems are independent"
        );
        assert_no_leaks(&other).await;
        assert_no_leaks(&system).await;
    });
}
