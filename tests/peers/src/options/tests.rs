use super::*;

fn parsed(line: &str) -> Result<Command, String> {
    parse(line.split_whitespace().map(str::to_owned))
}

fn measured(line: &str) -> Options {
    match parsed(line) {
        Ok(Command::Measure(options)) => options,
        Ok(Command::Help | Command::Memory { .. }) => panic!("`{line}` asks for a measurement"),
        Err(error) => panic!("`{line}`: {error}"),
    }
}

#[test]
fn without_arguments_everything_is_measured() {
    let options = measured("");
    assert_eq!(options.workloads, Workload::ALL);
    assert_eq!(options.runners.len(), peers::ALL.len());
    assert_eq!(options.flavors, Flavor::ALL);
    assert!(options.allocations && options.memory);
    assert!(options.rounds >= 5);
}

#[test]
fn what_is_said_wins_over_quick_on_either_side_of_it() {
    for line in [
        "--quick --rounds 9 --actors 7",
        "--actors 7 --rounds 9 --quick",
    ] {
        let options = measured(line);
        assert_eq!((options.rounds, options.sizes.actors), (9, 7), "{line}");
        assert!(
            options.sizes.messages < measured("").sizes.messages,
            "{line}"
        );
    }
}

#[test]
fn the_base_is_measured_with_whatever_is_asked_for() {
    let names = |line| -> Vec<&str> {
        let options: Options = measured(line);
        options.runners.iter().map(|runner| runner.name).collect()
    };
    assert_eq!(
        names("--peers kameo,Playhouse"),
        ["tokio", "playhouse", "kameo"]
    );
    assert_eq!(names("--peers tokio"), ["tokio"]);
}

#[test]
fn only_takes_workloads_and_what_is_beside_them() {
    let options = measured("--only w1X,W3c,allocs");
    assert_eq!(options.workloads, [Workload::W1x, Workload::W3c]);
    assert!(options.allocations);
    assert!(!options.memory);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "--nope",
        "--rounds",
        "--rounds 0",
        "--rounds -1",
        "--messages 99999999999",
        "--only W9",
        "--only W1,,W2",
        "--peers nobody",
        "--runtime both",
        "--limit soon",
    ] {
        assert!(parsed(line).is_err(), "{line}");
    }
}

#[test]
fn the_help_names_every_workload_and_peer() {
    let help = help();
    for workload in Workload::ALL {
        assert!(help.contains(workload.title()));
    }
    for runner in peers::ALL {
        assert!(help.contains(runner.name));
    }
}
