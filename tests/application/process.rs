//! A real program under real signals: the example `shutdown`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use serde_json::Value;

/// After this a program is called a hang. Less than the deadlines that a forced one must not wait for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program. Cargo builds it, unless it is there already, and says where it is.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    build.args(["build", "--example", "shutdown", "--message-format=json"]);
    let output = build.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(output.status.success(), "the example does not build");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let mut messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let built = messages.find(|message| {
        message["target"]["name"] == "shutdown" && message["executable"].is_string()
    });
    let built = built.expect("the example");
    PathBuf::from(built["executable"].as_str().expect("a path"))
});

/// A run of it.
struct Shop {
    child: Child,
    lines: Receiver<String>,
}

impl Shop {
    fn open(arguments: &[&str]) -> Self {
        let mut command = Command::new(&*PROGRAM);
        command.args(arguments).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            out.lines()
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        Self { child, lines }
    }

    /// Waits until it has said this, as a line.
    fn says(&self, text: &str) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line == text => return,
                Ok(_) => {}
                Err(error) => panic!("it never said {text:?}: {error}"),
            }
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end; its code, and what it said last. A hang is killed, which is an end without a code.
    fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let id = self.child.id().to_string();
        let (done, over) = mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            if over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
            }
        });
        let lines = self.lines.iter().collect();
        let code = self.child.wait().expect("its end").code();
        drop(done);
        watch.join().expect("the watch ends");
        (code, lines)
    }
}

/// A test that fails leaves none behind.
impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The report among what it said, without the figures.
fn report(lines: &[String]) -> Vec<String> {
    let begins = lines
        .iter()
        .position(|line| line.starts_with("shop shut down in "));
    let begins = begins.unwrap_or_else(|| panic!("no report: {lines:?}"));
    let figures = |word: &str| word.trim_matches(['(', ')']).parse::<f64>().is_ok();
    lines[begins..]
        .iter()
        .map(|line| {
            let words = line.split_whitespace();
            let words = words.filter(|word| !figures(word) && !["s", "s,", "s)"].contains(word));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

const CLEAN: [&str; 8] = [
    "intake at for",
    "customers done",
    "flush at for",
    "books done",
    "actors at for",
    "shop done",
    "files at for",
    "lock done",
];

#[test]
fn a_signal_ends_it_in_order_with_success() {
    for signal in ["INT", "TERM"] {
        let shop = Shop::open(&["--serve"]);
        shop.says("open");
        shop.signal(signal);
        let (code, lines) = shop.ended();
        assert_eq!(code, Some(0), "{lines:?}");
        assert_eq!(lines[0], "no more customers");
        assert!(lines[1].starts_with("sold "), "{lines:?}");
        assert_eq!(lines[2], "unlocked");
        let report = report(&lines);
        assert_eq!(
            report[0],
            format!("shop shut down in cleanly (SIG{signal})")
        );
        assert_eq!(report[1..], CLEAN);
    }
}

#[test]
fn it_may_end_itself() {
    let (code, lines) = Shop::open(&[]).ended();
    assert_eq!(code, Some(0), "{lines:?}");
    assert_eq!(
        report(&lines)[0],
        "shop shut down in cleanly (closing time)"
    );
}

#[test]
fn a_signal_while_it_starts_ends_it_in_order() {
    for signal in ["INT", "TERM"] {
        let shop = Shop::open(&["--hang", "start"]);
        shop.says("the start hangs");
        shop.signal(signal);
        let (code, lines) = shop.ended();
        assert_eq!(code, Some(0), "{lines:?}");
        assert_eq!(lines[0], "no more customers");
        let report = report(&lines);
        assert_eq!(
            report[0],
            format!("shop shut down in cleanly (SIG{signal})")
        );
    }
}

#[test]
fn a_second_signal_forces_what_hangs() {
    for (first, second) in [("TERM", "INT"), ("INT", "INT"), ("TERM", "TERM")] {
        let shop = Shop::open(&["--serve", "--hang", "task", "--deadline", "600"]);
        shop.says("open");
        shop.signal(first);
        shop.says("the printer hangs");
        shop.signal(second);
        let (code, lines) = shop.ended();
        assert_eq!(code, Some(1), "{lines:?}");
        let report = report(&lines);
        assert_eq!(
            report[0],
            format!("shop shut down in not cleanly, forced (SIG{first})")
        );
        assert!(
            report.contains(&"printer forced after".to_owned()),
            "{report:?}"
        );
        assert!(report.contains(&"lock skipped".to_owned()), "{report:?}");
    }
}

#[test]
fn a_second_signal_kills_actors_that_hang() {
    let shop = Shop::open(&["--serve", "--hang", "actor", "--deadline", "600"]);
    shop.says("the till hangs");
    shop.signal("TERM");
    // The till does not answer, so the books fail; its own stop is what hangs then.
    shop.says("no more customers");
    shop.signal("TERM");
    let (code, lines) = shop.ended();
    assert_eq!(code, Some(1), "{lines:?}");
    let report = report(&lines);
    assert_eq!(report[0], "shop shut down in not cleanly, forced (SIGTERM)");
    let till = report.iter().find(|line| line.contains("Till `till`"));
    let till = till.unwrap_or_else(|| panic!("the till is named: {report:?}"));
    assert!(till.starts_with("did not stop: "), "{till}");
    assert!(till.ends_with("in `TillHang`"), "{till}");
}

#[test]
fn signals_force_a_shutdown_that_something_else_began() {
    let mut shop = Shop::open(&["--hang", "task", "--deadline", "600"]);
    shop.says("the printer hangs");
    // The first asks for what is on its way already. Signals that come together are one, so they are sent until one of
    // them was the second.
    while shop.child.try_wait().expect("a child").is_none() {
        shop.signal("INT");
    }
    let (code, lines) = shop.ended();
    assert_eq!(code, Some(1), "{lines:?}");
    let report = report(&lines);
    assert_eq!(
        report[0],
        "shop shut down in not cleanly, forced (closing time)"
    );
}

#[test]
fn at_its_deadline_it_ends_without_a_second_signal() {
    let shop = Shop::open(&["--serve", "--hang", "task", "--deadline", "1"]);
    shop.says("open");
    shop.signal("TERM");
    let (code, lines) = shop.ended();
    assert_eq!(code, Some(1), "{lines:?}");
    let report = report(&lines);
    assert_eq!(
        report[0],
        "shop shut down in not cleanly, out of time (SIGTERM)"
    );
    assert!(
        report.contains(&"printer timed out after".to_owned()),
        "{report:?}"
    );
}

/// A runtime waits for such a thread for ever; a program that ends by its report does not.
#[test]
fn a_thread_that_hangs_does_not_hold_up_the_end() {
    let shop = Shop::open(&["--serve", "--hang", "thread"]);
    shop.says("open");
    shop.signal("TERM");
    let (code, lines) = shop.ended();
    assert_eq!(code, Some(0), "{lines:?}");
}

#[test]
fn it_says_what_it_can_do() {
    let (code, lines) = Shop::open(&["--help"]).ended();
    assert_eq!(code, Some(0));
    let text = lines.join("\n");
    for option in ["--serve", "--hang", "--deadline"] {
        assert!(text.contains(option), "{text}");
    }
}
