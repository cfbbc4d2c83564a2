//! The scripts, as they are read.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use playhouse::supervision::{AutoShutdown, Restart, Strategy};
use serde::Deserialize;
use serde_json::Value;

/// One thing that happened: its name, and what it was about.
pub(crate) type Line = Value;

/// A supervisor, what was done to it, and what an OTP supervisor did about it.
#[derive(Debug, Deserialize)]
pub(crate) struct Script {
    pub(crate) nr: u64,
    #[serde(deserialize_with = "strategy")]
    pub(crate) strategy: Strategy,
    pub(crate) intensity: u32,
    #[serde(deserialize_with = "auto_shutdown")]
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) children: Vec<Spec>,
    pub(crate) boot: Vec<Line>,
    pub(crate) steps: Vec<Step>,
}

/// A child: its id, after which ends it is restarted, and whether it is significant.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Spec(
    pub(crate) String,
    #[serde(deserialize_with = "restart")] pub(crate) Restart,
    pub(crate) bool,
);

/// A command, and all that happened until nothing moved any more.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    #[serde(deserialize_with = "command")]
    pub(crate) cmd: Command,
    pub(crate) trace: Vec<Line>,
}

/// What is done to a supervisor or to one of its children.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// The child ends itself.
    Crash(String, How),
    /// The child's next starts fail.
    FailNext(String, u32),
    /// The child's next start says ignore.
    IgnoreNext(String),
    Terminate(String),
    Restart(String),
    Delete(String),
    Start(Spec),
    Which,
    Count,
    /// The parent stops the supervisor.
    Shutdown,
}

/// How a child ends itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Boom,
    Normal,
    Shutdown,
    ShutdownTerm,
}

impl How {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Boom => "boom",
            Self::Normal => "normal",
            Self::Shutdown => "shutdown",
            Self::ShutdownTerm => "shutdown_term",
        }
    }
}

/// Why scripts cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    path: PathBuf,
    line: usize,
    why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, why } = self;
        match line {
            0 => write!(f, "{}: {why}", path.display()),
            line => write!(f, "{}, line {line}: {why}", path.display()),
        }
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<Script>, Unreadable> {
    let unreadable = |line: usize, why: String| Unreadable {
        path: path.to_owned(),
        line,
        why,
    };
    let file = File::open(path).map_err(|error| unreadable(0, error.to_string()))?;
    let mut scripts = Vec::new();
    for (nr, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error: io::Error| unreadable(nr + 1, error.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let script = serde_json::from_str(&line);
        scripts.push(script.map_err(|error| unreadable(nr + 1, error.to_string()))?);
    }
    if scripts.is_empty() {
        return Err(unreadable(0, "there is no script in it".to_owned()));
    }
    Ok(scripts)
}

/// The error of a word that means nothing.
fn unknown<'de, T, D: serde::Deserializer<'de>>(what: &str, word: &str) -> Result<T, D::Error> {
    Err(serde::de::Error::custom(format!("`{word}` is no {what}")))
}

fn strategy<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Strategy, D::Error> {
    let word = String::deserialize(from)?;
    let all = [
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
    ];
    match all.into_iter().find(|each| each.as_str() == word) {
        Some(strategy) => Ok(strategy),
        None => unknown::<_, D>("strategy", &word),
    }
}

fn auto_shutdown<'de, D: serde::Deserializer<'de>>(from: D) -> Result<AutoShutdown, D::Error> {
    let word = String::deserialize(from)?;
    let all = [
        AutoShutdown::Never,
        AutoShutdown::AnySignificant,
        AutoShutdown::AllSignificant,
    ];
    match all.into_iter().find(|each| each.as_str() == word) {
        Some(auto_shutdown) => Ok(auto_shutdown),
        None => unknown::<_, D>("auto shutdown", &word),
    }
}

fn restart<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Restart, D::Error> {
    let word = String::deserialize(from)?;
    match word.as_str() {
        "permanent" => Ok(Restart::Permanent),
        "transient" => Ok(Restart::Transient),
        "temporary" => Ok(Restart::Temporary),
        _ => unknown::<_, D>("restart type", &word),
    }
}

fn command<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Command, D::Error> {
    let words = Vec::<Value>::deserialize(from)?;
    let wrong =
        || serde::de::Error::custom(format!("{} is no command", Value::from(words.clone())));
    let text = |place: usize| words.get(place).and_then(Value::as_str).map(str::to_owned);
    let id = || text(1).ok_or_else(wrong);
    let command = match text(0).as_deref() {
        Some("crash") => {
            let how = match text(2).as_deref() {
                Some("boom") => How::Boom,
                Some("normal") => How::Normal,
                Some("shutdown") => How::Shutdown,
                Some("shutdown_term") => How::ShutdownTerm,
                _ => return Err(wrong()),
            };
            Command::Crash(id()?, how)
        }
        Some("fail_next") => {
            let times = words.get(2).and_then(Value::as_u64);
            let times = times.and_then(|times| u32::try_from(times).ok());
            Command::FailNext(id()?, times.ok_or_else(wrong)?)
        }
        Some("ignore_next") => Command::IgnoreNext(id()?),
        Some("terminate") => Command::Terminate(id()?),
        Some("restart") => Command::Restart(id()?),
        Some("delete") => Command::Delete(id()?),
        Some("start") => {
            let spec = Value::from(words[1..].to_vec());
            Command::Start(Spec::deserialize(spec).map_err(|_| wrong())?)
        }
        Some("which") => Command::Which,
        Some("count") => Command::Count,
        Some("shutdown") => Command::Shutdown,
        _ => return Err(wrong()),
    };
    Ok(command)
}
