use super::*;
use crate::peer::Flavor;
use crate::workload::{Sizes, Workload};

/// One test, since runs must not overlap: the end of a run is noticed in one place.
#[test]
fn every_library_does_every_workload_that_suits_it() {
    let sizes = Sizes::of(4_000, 50);
    for workload in Workload::ALL {
        for flavor in Flavor::ALL {
            if !workload.runs_on(flavor) {
                continue;
            }
            for runner in ALL.iter().filter(|runner| runner.suits(workload)) {
                let outcome = runner.run(workload, &sizes, flavor);
                assert!(
                    outcome.operations > 0,
                    "{} in {}",
                    runner.name,
                    workload.name()
                );
                // xtra keeps messages of equal priority in a heap, which forgets their order.
                if runner.name != "xtra" {
                    assert_eq!(
                        outcome.disordered,
                        0,
                        "{} in {}",
                        runner.name,
                        workload.name()
                    );
                }
            }
        }
    }
    for runner in ALL {
        let allocations = runner.allocations();
        assert!(
            // Ours takes none, and nobody else's is without one.
            (allocations.ask > 0.0) != runner.name.starts_with("playhouse"),
            "{}",
            runner.name
        );
        assert_eq!(allocations.spawn.is_some(), runner.many, "{}", runner.name);
    }
}
