use proptest::prelude::*;

use super::*;

/// `name: after after / before before`
fn node(text: &str) -> Node {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let (after, before) = rest.split_once('/').unwrap_or((rest, ""));
    let names = |text: &str| text.split_whitespace().map(Arc::from).collect();
    Node {
        name: Arc::from(name),
        after: names(after),
        before: names(before),
        ..Node::default()
    }
}

fn nodes(texts: &[&str]) -> Vec<Node> {
    texts.iter().map(|text| node(text)).collect()
}

fn graph(texts: &[&str]) -> Graph {
    Graph::new(nodes(texts)).expect("it makes sense")
}

fn mistakes(texts: &[&str]) -> Vec<String> {
    let mistakes = Graph::new(nodes(texts)).expect_err("it makes no sense");
    let lines = mistakes.iter();
    lines
        .map(|(place, mistake)| format!("{place}: {mistake}"))
        .collect()
}

/// Whom a phase waits for, by name, sorted.
fn waits_for(graph: &Graph, name: &str) -> String {
    let place = (0..graph.len())
        .find(|place| &*graph.node(*place).name == name)
        .expect("a phase");
    let mut names: Vec<_> = graph
        .earlier(place)
        .iter()
        .map(|other| &*graph.node(*other).name)
        .collect();
    names.sort_unstable();
    names.join(" ")
}

#[test]
fn what_says_nothing_runs_before_the_actors() {
    let graph = graph(&["intake", "flush:intake", "actors"]);
    assert_eq!(waits_for(&graph, "intake"), "");
    assert_eq!(waits_for(&graph, "flush"), "intake");
    assert_eq!(waits_for(&graph, "actors"), "flush intake");
}

#[test]
fn what_comes_after_the_actors_through_others_does_not_come_before_them() {
    let graph = graph(&["actors", "files:actors", "lock:files", "log: / lock"]);
    assert_eq!(waits_for(&graph, "actors"), "log");
    assert_eq!(waits_for(&graph, "files"), "actors");
    assert_eq!(waits_for(&graph, "lock"), "files log");
    assert_eq!(waits_for(&graph, "log"), "");
}

#[test]
fn before_is_after_seen_from_the_other_end() {
    let graph = graph(&["actors: / b", "a: / b", "b: a a actors"]);
    assert_eq!(waits_for(&graph, "b"), "a actors", "each of them once");
    assert_eq!(waits_for(&graph, "actors"), "a");
}

#[test]
fn each_ring_is_named_once() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["actors", "a:a"],
            &["a: phases that wait for each other: a -> a"],
        ),
        (
            &["actors", "a:b", "b:a"],
            &["a: phases that wait for each other: a -> b -> a"],
        ),
        (
            // One leads into the ring, one out of it.
            &["actors", "in", "a:c in", "b:a", "c:b", "out:c"],
            &["a: phases that wait for each other: a -> b -> c -> a"],
        ),
        (
            // Two of them, apart.
            &["actors", "a:b", "b:a", "c: / d", "d: / c"],
            &[
                "a: phases that wait for each other: a -> b -> a",
                "c: phases that wait for each other: c -> d -> c",
            ],
        ),
        (
            // Two that share a phase: everybody is named.
            &["actors", "a:b", "b:a c", "c:b"],
            &[
                "a: phases that wait for each other: a -> b -> a",
                "c: phases that wait for each other: c -> b -> c",
            ],
        ),
        (
            &["actors:z", "z:actors"],
            &["actors: phases that wait for each other: actors -> z -> actors"],
        ),
    ];
    for (phases, said) in cases {
        assert_eq!(mistakes(phases), *said, "{phases:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut phases = nodes(&["a:nobody / noone", "a", "", "b:b", "actors"]);
    phases[3].deadline = Some(Duration::ZERO);
    let mistakes = Graph::new(phases).expect_err("it makes no sense");
    let said: Vec<_> = mistakes
        .iter()
        .map(|(place, mistake)| format!("{place}: {mistake}"))
        .collect();
    assert_eq!(
        said,
        [
            "a: two phases have this name",
            ": a phase or a task without a name",
            "b: a deadline of zero",
            "a: there is no phase `nobody`",
            "a: there is no phase `noone`",
            "b: phases that wait for each other: b -> b",
        ]
    );
}

#[test]
fn the_longest_way_to_the_actors_is_the_sum_of_what_was_given() {
    let mut phases = nodes(&["a", "b:a", "c:b", "d", "actors: c d", "late:actors"]);
    for (place, deadline) in [(0, 2), (2, 3), (3, 4), (4, 100), (5, 100)] {
        phases[place].deadline = Some(Duration::from_secs(deadline));
    }
    let graph = Graph::new(phases).expect("it makes sense");
    assert_eq!(graph.longest_before_actors(), Duration::from_secs(5));
}

proptest! {
    /// Edges in any direction: there is a ring exactly where peeling off what waits for nobody does not peel off all.
    #[test]
    fn a_ring_is_found_where_there_is_one(edges in prop::collection::vec((0usize..8, 0usize..8), 0..14)) {
        let mut phases: Vec<_> = (0..8).map(|place| node(&format!("p{place}"))).collect();
        phases[0].name = Arc::from(ACTORS);
        for (from, to) in &edges {
            let name = phases[*from].name.clone();
            phases[*to].after.push(name);
        }
        let mut left: Vec<usize> = (0..8).collect();
        loop {
            let stays = |place: &usize| {
                edges.iter().any(|(from, to)| to == place && left.contains(from))
            };
            let fewer: Vec<_> = left.iter().copied().filter(stays).collect();
            if fewer.len() == left.len() {
                break;
            }
            left = fewer;
        }
        match Graph::new(phases) {
            Ok(graph) => {
                prop_assert!(left.is_empty());
                for (from, to) in edges {
                    prop_assert!(graph.earlier(to).contains(&from));
                    prop_assert!(graph.later(from).contains(&to));
                }
            }
            Err(mistakes) => {
                prop_assert!(!left.is_empty());
                for (_, mistake) in mistakes {
                    let PlanMistake::Ring { names } = mistake else {
                        return Err(TestCaseError::fail("another mistake"));
                    };
                    let place = |name: &Arc<str>| match &**name {
                        ACTORS => 0,
                        name => name[1..].parse::<usize>().expect("a number"),
                    };
                    for (nr, name) in names.iter().enumerate() {
                        let next = &names[(nr + 1) % names.len()];
                        prop_assert!(edges.contains(&(place(name), place(next))));
                    }
                }
            }
        }
    }
}
