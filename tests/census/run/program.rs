//! Builds and runs the example.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// After this a census is called a hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// The program, as users build it. Cargo says where it is.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    build.args([
        "build",
        "--release",
        "--example",
        "census",
        "--message-format=json",
    ]);
    let output = build.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(output.status.success(), "the example does not build");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let mut messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let built = messages
        .find(|message| message["target"]["name"] == "census" && message["executable"].is_string());
    PathBuf::from(
        built.expect("the example")["executable"]
            .as_str()
            .expect("a path"),
    )
});

/// Where the program is.
pub(super) fn program() -> &'static Path {
    &PROGRAM
}

/// A run.
pub(super) struct Census {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: mpsc::Receiver<String>,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: Vec<String>,
}

impl Census {
    /// Runs `census ROOT --json` with more arguments.
    pub(super) fn json(root: impl AsRef<OsStr>, more: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.arg("--json").args(more).arg(root);
        Self::start(command)
    }

    pub(super) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut out = child.stdout.take().expect("its output");
        let err = BufReader::new(child.stderr.take().expect("its errors"));
        let stdout = std::thread::spawn(move || {
            let mut all = Vec::new();
            out.read_to_end(&mut all).expect("output");
            all
        });
        let (tell, stderr) = mpsc::channel();
        std::thread::spawn(move || {
            err.lines()
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        Self {
            child,
            stdout,
            stderr,
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line on its error stream that contains `text`.
    pub(super) fn says(&self, text: &str) -> String {
        loop {
            let line = self
                .stderr
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("it never said {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end. A hang is killed, and so shows as an end without a code.
    pub(super) fn ended(mut self) -> Ended {
        let (done, over) = mpsc::channel::<()>();
        let id = self.child.id().to_string();
        std::thread::spawn(move || {
            if over.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
            }
        });
        let stdout = self.stdout.join().expect("its output");
        let code = self.child.wait().expect("its end").code();
        drop(done);
        let stdout = String::from_utf8(stdout).expect("output in UTF-8");
        Ended {
            code,
            stdout,
            stderr: self.stderr.iter().collect(),
        }
    }

    /// Waits for its end, which is to be a good one, and gives its report.
    pub(super) fn report(self) -> Value {
        let ended = self.ended();
        assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
        ended.report()
    }
}

impl Ended {
    pub(super) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.stdout))
    }
}

/// The report without what differs from run to run.
pub(super) fn result(mut report: Value) -> Value {
    report
        .as_object_mut()
        .expect("an object")
        .remove("run")
        .expect("figures of the run");
    report
}
