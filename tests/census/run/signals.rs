//! Ctrl-C, and a look from outside while the census works.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use super::program::{Census, program};
use crate::support::Folder;

/// A tree of which one file is not read within a test's time.
fn endless() -> Folder {
    let folder = Folder::new();
    for number in 0..50 {
        folder.file(format!("{number}.txt"), "two words\n");
    }
    let file = File::create(folder.path().join("endless")).expect("a file");
    file.set_len(1 << 40).expect("a length");
    folder
}

#[test]
fn an_interrupt_gives_what_is_known_and_ends_in_order() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = endless();
        let census = Census::json(folder.path(), &["--readers=2", "--serve=127.0.0.1:0"]);
        let address = address(&census.says("metrics at"));
        // The other reader has gone through all small files when the merger has heard of them.
        loop {
            if metric(&get(&address), "actor_messages_processed_total", "Merger") >= 50.0 {
                break;
            }
        }
        census.signal(signal);
        let ended = census.ended();
        assert_eq!(ended.code, Some(code), "{:?}", ended.stderr);
        let report = ended.report();
        assert_eq!(report["complete"], false);
        assert_eq!(report["totals"]["files"], 50);
        assert_eq!(report["totals"]["words"], 100);
        assert_eq!(report["totals"]["errors"], 0);
    }
}

#[test]
fn tables_say_that_they_are_of_a_part() {
    let folder = endless();
    let mut command = Command::new(program());
    command.arg(folder.path()).arg("--serve=127.0.0.1:0");
    let census = Census::start(command);
    census.says("metrics at");
    census.signal("INT");
    let ended = census.ended();
    assert_eq!(ended.code, Some(130));
    assert!(ended.stdout.contains("Interrupted"), "{}", ended.stdout);
}

/// Nobody reads the report, so the first interrupt cannot end it.
#[test]
fn a_second_interrupt_ends_it_at_once() {
    let folder = endless();
    // More than a pipe holds.
    for number in 0..2_000 {
        folder.file(format!("many/{number}"), format!("{}\n", number / 2));
    }
    let mut command = Command::new(program());
    command
        .args(["--json", "--top=1000", "--serve=127.0.0.1:0"])
        .arg(folder.path());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let kill = |child: &std::process::Child| {
        let sent = Command::new("kill")
            .args(["-s", "INT", &child.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
    };
    let mut errors = child.stderr.take().expect("its errors");
    let mut said = Vec::new();
    while !said.ends_with(b"/metrics\n") {
        let mut byte = [0];
        errors.read_exact(&mut byte).expect("a line");
        said.push(byte[0]);
    }
    let address = address(&String::from_utf8(said).expect("text"));
    loop {
        if metric(&get(&address), "actor_messages_processed_total", "Merger") >= 2_050.0 {
            break;
        }
    }
    kill(&child);
    let mut output = child.stdout.take().expect("its output");
    let mut first = [0];
    output.read_exact(&mut first).expect("the report begins");
    // Signals that come together are one, so it may take more than one to be a second.
    let code = loop {
        kill(&child);
        if let Some(status) = child.try_wait().expect("a child") {
            break status.code();
        }
    };
    assert_eq!(code, Some(130));
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).expect("what the pipe holds");
    assert!(
        serde_json::from_slice::<serde_json::Value>(&[&first[..], &rest].concat()).is_err(),
        "it was all written"
    );
}

#[test]
fn metrics_are_served_while_it_works() {
    let folder = endless();
    let census = Census::json(folder.path(), &["--serve=127.0.0.1:0", "-q"]);
    let address = address(&census.says("metrics at http://127.0.0.1:"));
    for kind in ["Walker", "Dispatcher", "Reader", "Merger"] {
        // The dispatcher has the readers started, so they are there a moment later.
        while metric(&get(&address), "actor_starts_total", kind) < 1.0 {}
    }
    census.signal("INT");
    assert_eq!(census.ended().code, Some(130));
    assert!(
        TcpStream::connect(&address).is_err(),
        "the port is free again"
    );
}

/// `127.0.0.1:1234` of a line that tells the URL.
fn address(line: &str) -> String {
    let url = line.trim().rsplit(' ').next().expect("a word");
    url.strip_prefix("http://")
        .and_then(|url| url.strip_suffix("/metrics"))
        .expect("a URL")
        .to_owned()
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// The sum of all samples of a metric for a type of actor.
fn metric(text: &str, name: &str, kind: &str) -> f64 {
    let label = format!("actor_type=\"{kind}\"");
    let samples = text
        .lines()
        .filter(|line| line.starts_with(&format!("{name}{{")) && line.contains(&label));
    samples
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
