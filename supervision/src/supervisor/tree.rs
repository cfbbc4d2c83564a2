//! A tree of supervisors as it stands, and as text, Mermaid or DOT.

use std::fmt::{self, Write};
use std::time::Duration;

use playhouse_core::Phase;

use super::handle::SupervisorRef;
use super::info::{ChildInfo, SupervisorInfo};
use crate::error::{ChildError, RestartChildError};
use crate::intensity::Intensity;

/// A supervisor with all below it, as they stand. Made by [`SupervisorRef::tree`].
///
/// Written with `{}`, it looks like this:
///
/// ```text
/// bank  rest_for_one, 1 of 5 restarts in 10s
/// ├── ledger    Ledger      running, 1 restart
/// ├── sessions  one_for_one, dynamic, 0 of 3 restarts in 5s
/// │   ├── alice  Session  running
/// │   └── bob    Session  backoff, failure 3 in a row, due in 1.2s
/// └── teller    Teller      running
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tree {
    /// The supervisor, and its children.
    pub info: SupervisorInfo,
    /// What is below each of its children, in their order; `None` below one that is no supervisor, or does not run.
    pub below: Vec<Option<Self>>,
}

impl SupervisorRef {
    /// The supervisor with all below it, as they stand; `None` once it has ended, or while its own restarts it.
    ///
    /// Each supervisor is asked in turn, so it is no picture of one instant.
    ///
    /// ```
    /// use playhouse::prelude::*;
    /// use playhouse::supervision::{Supervisor, actor};
    /// # #[actor]
    /// # struct Session;
    /// # #[handlers]
    /// # impl Session {
    /// #     #[message]
    /// #     fn user(&self) -> String { "alice".into() }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = Supervisor::one_for_one().name("sessions").child(actor("alice", || Session));
    /// let bank = Supervisor::one_for_all().name("bank").child(sessions).start(&System::new("bank")).await?;
    /// let tree = bank.tree().await.ok_or("it has just been started")?;
    /// assert_eq!(
    ///     tree.to_string(),
    ///     "bank  one_for_all, 0 of 3 restarts in 5s\n\
    ///      └── sessions  one_for_one, 0 of 3 restarts in 5s\n\
    ///      \u{20}   └── alice  Session  running\n",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub async fn tree(&self) -> Option<Tree> {
        let info = self.info().await?;
        let mut below = Vec::with_capacity(info.children.len());
        for child in &info.children {
            let supervisor = child.is_supervisor.then(|| self.supervisor(&child.id).ok());
            below.push(match supervisor.flatten() {
                Some(supervisor) => Box::pin(supervisor.tree()).await,
                None => None,
            });
        }
        Some(Tree { info, below })
    }

    /// The supervisor that a path leads past, and the id at its end: `sessions/alice` is the child `alice` of the child
    /// `sessions`. An id with a `/` in it is not found so.
    ///
    /// # Errors
    /// [`ChildError`]: something on the way is not there, is no supervisor, or does not run.
    pub fn follow<'a>(&self, path: &'a str) -> Result<(Self, &'a str), ChildError> {
        let mut supervisor = self.clone();
        let mut rest = path.trim_matches('/');
        while let Some((id, below)) = rest.split_once('/') {
            supervisor = supervisor.supervisor(id)?;
            rest = below;
        }
        Ok((supervisor, rest))
    }

    /// Ends whatever a path leads to, for good and with all below it; see [`terminate_child`](Self::terminate_child).
    ///
    /// # Errors
    /// [`ChildError`]: it, or something on the way, is not there, or a supervisor on the way does not run.
    pub async fn terminate_at(&self, path: &str) -> Result<(), ChildError> {
        let (supervisor, id) = self.follow(path)?;
        supervisor.terminate_child(id).await
    }

    /// Stops whatever a path leads to if it runs, with all below it, and starts it; see
    /// [`cycle_child`](Self::cycle_child). Below a supervisor that is started so are the children that it began with.
    ///
    /// # Errors
    /// [`RestartChildError`]: it, or something on the way, is not there, a supervisor on the way does not run, or the
    /// start failed.
    pub async fn cycle_at(&self, path: &str) -> Result<(), RestartChildError> {
        let (supervisor, id) = self.follow(path).map_err(|error| match error {
            ChildError::NotFound { id } | ChildError::WrongType { id, .. } => {
                RestartChildError::NotFound { id }
            }
            ChildError::Ended { .. } | ChildError::SupervisorGone => {
                RestartChildError::SupervisorGone
            }
        })?;
        supervisor.cycle_child(id).await.map(drop)
    }
}

impl Tree {
    /// The children, each with what is below it.
    pub fn children(&self) -> impl Iterator<Item = (&ChildInfo, Option<&Self>)> {
        let below = self.below.iter().map(Option::as_ref);
        self.info.children.iter().zip(below)
    }

    fn title(&self) -> &str {
        self.info.name.as_deref().unwrap_or("supervisor")
    }

    /// As a flow chart for [Mermaid](https://mermaid.js.org), which renders in many places that show Markdown.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut chart = Chart::new("flowchart TD\n", "");
        chart.add_tree(self, |node| {
            let (open, close) = if node.is_supervisor {
                ("[[", "]]")
            } else {
                ("(", ")")
            };
            let label = node.label.replace('&', "&amp;").replace('"', "&quot;");
            let label = label
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\n', "<br/>");
            let arrow = node
                .above
                .map(|above| format!("    n{above} --> n{}\n", node.nr));
            let arrow = arrow.unwrap_or_default();
            format!("    n{}{open}\"{label}\"{close}\n{arrow}", node.nr)
        });
        chart.end()
    }

    /// As a graph for [Graphviz](https://graphviz.org).
    #[must_use]
    pub fn dot(&self) -> String {
        let mut chart = Chart::new(
            "digraph supervisors {\n    node [fontname=\"sans-serif\"];\n",
            "}\n",
        );
        chart.add_tree(self, |node| {
            let shape = if node.is_supervisor { "box" } else { "ellipse" };
            let label = node
                .label
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let arrow = node
                .above
                .map(|above| format!("    n{above} -> n{};\n", node.nr));
            let arrow = arrow.unwrap_or_default();
            format!(
                "    n{} [shape={shape}, label=\"{label}\"];\n{arrow}",
                node.nr
            )
        });
        chart.end()
    }

    /// Writes the children as lines that begin with `indent`.
    fn write_children(&self, f: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        let width = |text: &str| text.chars().count();
        let ids = self
            .info
            .children
            .iter()
            .map(|child| width(&child.id))
            .max();
        let types = self.children().filter(|(_, below)| below.is_none());
        let types = types
            .map(|(child, _)| width(child.type_name))
            .max()
            .unwrap_or(0);
        let (ids, last) = (ids.unwrap_or(0), self.below.len());
        for (nr, (child, below)) in self.children().enumerate() {
            let (branch, deeper) = if nr + 1 == last {
                ("└── ", "    ")
            } else {
                ("├── ", "│   ")
            };
            write!(f, "{indent}{branch}{:ids$}  ", child.id)?;
            match below {
                Some(tree) => {
                    write!(f, "{}", Rules(&tree.info))?;
                    if !child.is_up() || child.restarts > 0 {
                        write!(f, ", {}", State(child))?;
                    }
                    writeln!(f)?;
                    tree.write_children(f, &format!("{indent}{deeper}"))?;
                }
                None => writeln!(f, "{:types$}  {}", child.type_name, State(child))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}", self.title(), Rules(&self.info))?;
        self.write_children(f, "")
    }
}

/// By which rules a supervisor works, and how near to its limit it is.
struct Rules<'a>(&'a SupervisorInfo);

impl fmt::Display for Rules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.0;
        f.write_str(info.strategy.as_str())?;
        if info.dynamic {
            f.write_str(", dynamic")?;
        }
        match info.intensity {
            None => f.write_str(", any number of restarts"),
            Some(Intensity { max, period }) => {
                write!(
                    f,
                    ", {} of {max} restarts in {period:?}",
                    info.restarts_in_window
                )
            }
        }
    }
}

/// Where a child stands.
struct State<'a>(&'a ChildInfo);

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let child = self.0;
        f.write_str(match child.state {
            Phase::Starting => "starting",
            Phase::Running | Phase::Suspended => "running",
            Phase::Backoff => "backoff",
            Phase::Stopping => "stopping",
            Phase::Stopped => "stopped",
            Phase::Failed => "failed",
        })?;
        if child.attempt > 0 && !child.is_up() {
            write!(f, ", failure {} in a row", child.attempt)?;
        }
        if let Some(due) = child.due_in {
            const TENTH: u128 = 100;
            let tenths = due.as_millis().div_ceil(TENTH);
            let due = Duration::from_millis(u64::try_from(tenths * TENTH).unwrap_or(u64::MAX));
            write!(f, ", due in {due:?}")?;
        }
        match child.restarts {
            0 => Ok(()),
            1 => f.write_str(", 1 restart"),
            restarts => write!(f, ", {restarts} restarts"),
        }
    }
}

/// A chart that is being written, node by node.
struct Chart {
    text: String,
    end: &'static str,
    nodes: usize,
}

/// One node of a chart.
struct Node {
    nr: usize,
    above: Option<usize>,
    is_supervisor: bool,
    label: String,
}

impl Chart {
    fn new(begin: &str, end: &'static str) -> Self {
        Self {
            text: begin.to_owned(),
            end,
            nodes: 0,
        }
    }

    fn add_tree(&mut self, tree: &Tree, write: impl Fn(&Node) -> String + Copy) {
        let label = format!("{}\n{}", tree.title(), Rules(&tree.info));
        let root = self.add(None, true, label, write);
        self.add_children(root, tree, write);
    }

    fn add_children(&mut self, above: usize, tree: &Tree, write: impl Fn(&Node) -> String + Copy) {
        for (child, below) in tree.children() {
            match below {
                Some(below) => {
                    let label = format!("{}\n{}", child.id, Rules(&below.info));
                    let nr = self.add(Some(above), true, label, write);
                    self.add_children(nr, below, write);
                }
                None => {
                    let label = format!("{}\n{}\n{}", child.id, child.type_name, State(child));
                    self.add(Some(above), child.is_supervisor, label, write);
                }
            }
        }
    }

    fn add(
        &mut self,
        above: Option<usize>,
        is_supervisor: bool,
        label: String,
        write: impl Fn(&Node) -> String,
    ) -> usize {
        let nr = self.nodes;
        self.nodes += 1;
        let node = Node {
            nr,
            above,
            is_supervisor,
            label,
        };
        // Writing to a string does not fail.
        let _ = self.text.write_str(&write(&node));
        nr
    }

    fn end(mut self) -> String {
        self.text.push_str(self.end);
        self.text
    }
}
