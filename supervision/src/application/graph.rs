//! Which phase comes after which: found to make sense, or every mistake at once.
//!
//! Pure. Phases are numbers here, in the order in which they were given; one of them is [`ACTORS`]. What does not come
//! after the actors comes before them, so that a phase which says nothing runs while they still live.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::error::PlanMistake;

/// The phase that stops the actors.
pub(super) const ACTORS: &str = "actors";

/// What the graph knows of a phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) name: Arc<str>,
    /// For each of its tasks that has none of its own.
    pub(super) deadline: Option<Duration>,
    pub(super) after: Vec<Arc<str>>,
    pub(super) before: Vec<Arc<str>>,
    /// Whether a failure of it keeps those after it from running.
    pub(super) required: bool,
}

/// Phases and what each waits for. There is no ring in it.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    /// Whom a phase waits for.
    earlier: Vec<Vec<usize>>,
    /// Who waits for a phase.
    later: Vec<Vec<usize>>,
    actors: usize,
}

impl Graph {
    /// The graph of these phases, of which one is [`ACTORS`]; or all that makes no sense in it, each with its place.
    pub(super) fn new(nodes: Vec<Node>) -> Result<Self, Vec<(String, PlanMistake)>> {
        let mut mistakes = Vec::new();
        let mut note = |place: &str, mistake| mistakes.push((place.to_owned(), mistake));
        let mut places = HashMap::new();
        for (place, node) in nodes.iter().enumerate() {
            if node.name.is_empty() {
                note("", PlanMistake::NoName);
            } else if *places.entry(node.name.clone()).or_insert(place) != place {
                note(&node.name, PlanMistake::DuplicatePhase);
            }
            if node.deadline.is_some_and(|deadline| deadline.is_zero()) {
                note(&node.name, PlanMistake::ZeroDeadline);
            }
        }
        let mut earlier = vec![Vec::new(); nodes.len()];
        for (place, node) in nodes.iter().enumerate() {
            let said = node.after.iter().map(|name| (name, false));
            let said = said.chain(node.before.iter().map(|name| (name, true)));
            for (name, other_is_later) in said {
                match (places.get(name), other_is_later) {
                    (Some(&other), false) => add(&mut earlier[place], other),
                    (Some(&other), true) => add(&mut earlier[other], place),
                    (None, _) => {
                        let name = name.clone();
                        note(&node.name, PlanMistake::UnknownPhase { name });
                    }
                }
            }
        }
        for ring in rings(&turned(&earlier)) {
            let names: Vec<_> = ring
                .iter()
                .map(|&place| nodes[place].name.clone())
                .collect();
            note(&nodes[ring[0]].name, PlanMistake::Ring { names });
        }
        // Without mistakes there is exactly one phase of that name.
        let actors = match places.get(ACTORS) {
            Some(&actors) if mistakes.is_empty() => actors,
            _ => return Err(mistakes),
        };
        let after_actors = reached(&turned(&earlier), actors);
        for place in (0..nodes.len()).filter(|place| !after_actors[*place]) {
            add(&mut earlier[actors], place);
        }
        let later = turned(&earlier);
        Ok(Self {
            nodes,
            earlier,
            later,
            actors,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    pub(super) fn actors(&self) -> usize {
        self.actors
    }

    pub(super) fn earlier(&self, place: usize) -> &[usize] {
        &self.earlier[place]
    }

    pub(super) fn later(&self, place: usize) -> &[usize] {
        &self.later[place]
    }

    /// The most time that was given to phases which run one after the other before the actors stop. What has no
    /// deadline of its own is not counted: it never takes all that is left.
    pub(super) fn longest_before_actors(&self) -> Duration {
        // Every phase that waits for fewer is done before one that waits for it.
        let mut ends: Vec<Option<Duration>> = vec![None; self.len()];
        let mut todo = vec![self.actors];
        while let Some(&place) = todo.last() {
            let waits_for = self.earlier[place]
                .iter()
                .find(|other| ends[**other].is_none());
            if let Some(&other) = waits_for {
                todo.push(other);
                continue;
            }
            let begin = self.earlier[place]
                .iter()
                .filter_map(|other| ends[*other])
                .max();
            let own = if place == self.actors {
                None
            } else {
                self.nodes[place].deadline
            };
            ends[place] = Some(
                begin
                    .unwrap_or_default()
                    .saturating_add(own.unwrap_or_default()),
            );
            todo.pop();
        }
        ends[self.actors].unwrap_or_default()
    }
}

/// Adds what is not in it yet.
fn add(places: &mut Vec<usize>, place: usize) {
    if !places.contains(&place) {
        places.push(place);
    }
}

/// The same edges, seen from their other ends.
fn turned(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut turned = vec![Vec::new(); edges.len()];
    for (from, to) in edges.iter().enumerate() {
        for to in to {
            turned[*to].push(from);
        }
    }
    turned
}

/// Which can be reached along the edges: `from`, and whatever follows.
fn reached(edges: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    let mut todo = vec![from];
    while let Some(place) = todo.pop() {
        if !std::mem::replace(&mut reached[place], true) {
            todo.extend(&edges[place]);
        }
    }
    reached
}

/// Rings, so that everybody who is in one is in one of these: for each that was not named yet, the shortest through it.
fn rings(later: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut named = vec![false; later.len()];
    let mut rings = Vec::new();
    for place in 0..later.len() {
        if named[place] {
            continue;
        }
        if let Some(ring) = shortest_ring(later, place) {
            for member in &ring {
                named[*member] = true;
            }
            rings.push(ring);
        }
    }
    rings
}

/// The shortest way along the edges from `start` back to it, without the return.
fn shortest_ring(later: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut came_from = vec![None; later.len()];
    let mut todo = VecDeque::from([start]);
    while let Some(place) = todo.pop_front() {
        for &next in &later[place] {
            if next == start {
                let mut ring = vec![place];
                while let Some(before) = came_from[ring[ring.len() - 1]] {
                    ring.push(before);
                }
                ring.reverse();
                return Some(ring);
            }
            if came_from[next].is_none() {
                came_from[next] = Some(place);
                todo.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
