//! `otp-compare` with the recorded scripts of a real OTP supervisor: ours does the same, and the comparison can fail.
//!
//! The folder beside this file holds the binary, the scripts, and a `README.md` about both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The scripts that are kept with the project.
fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/otp/otp25.jsonl")
}

fn compare(file: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_otp-compare"))
        .arg(file)
        .args(more)
        .output()
        .expect("the binary runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("it prints text")
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("it complains in words")
}

/// A file of these lines, which goes with its owner.
struct Scripts(PathBuf);

impl Scripts {
    fn new(name: &str, lines: &[String]) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, lines.join("\n")).expect("there is room for a file");
        Self(path)
    }
}

impl Drop for Scripts {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The first few recorded scripts.
fn first(count: usize) -> Vec<String> {
    let text = fs::read_to_string(recorded()).expect("the scripts are there");
    text.lines().take(count).map(str::to_owned).collect()
}

/// The same script with something else in it.
fn altered(line: &str, alter: impl FnOnce(&mut Value)) -> String {
    let mut script = serde_json::from_str(line).expect("a recorded script is JSON");
    alter(&mut script);
    script.to_string()
}

#[test]
fn the_decisions_are_those_of_otp() {
    let output = compare(&recorded(), &["--core"]);
    assert_eq!(
        printed(&output).lines().last(),
        Some("700 scripts, 0 differ"),
        "{}",
        printed(&output)
    );
    assert_eq!(code(&output), Some(0));
}

#[test]
fn real_actors_do_what_otp_did() {
    let output = compare(&recorded(), &[]);
    let said = printed(&output);
    assert_eq!(code(&output), Some(0), "{said}");
    assert_eq!(said.lines().last(), Some("700 scripts, 0 differ"));
}

#[test]
fn one_trace_that_differs_is_shown_side_by_side() {
    let mut lines = first(3);
    lines[1] = altered(&lines[1], |script| {
        script["steps"][1]["trace"][0] = json!(["stop", "a", "shutdown"])
    });
    let file = Scripts::new("one-differs.jsonl", &lines);
    let output = compare(&file.0, &["--core"]);
    let text = printed(&output);
    assert_eq!(code(&output), Some(1));
    assert_eq!(text.lines().last(), Some("3 scripts, 1 differ"));
    assert!(
        text.starts_with("script 1000002: one_for_one, intensity 1, auto shutdown never\n"),
        "{text}"
    );
    let marked: Vec<&str> = text
        .lines()
        .filter(|line| line.trim_start().starts_with('>'))
        .collect();
    assert_eq!(marked.len(), 1, "{text}");
    let (theirs, ours) = marked[0].split_once('|').expect("two columns");
    assert!(theirs.contains(r#"["stop","a","shutdown"]"#), "{text}");
    assert!(ours.contains(r#"["exit","a","shutdown_term"]"#), "{text}");
}

#[test]
fn what_is_missing_or_too_much_differs_too() {
    let lines = first(1);
    let shorter = altered(&lines[0], |script| {
        script["steps"][0]["trace"]
            .as_array_mut()
            .expect("a list")
            .pop();
    });
    let longer = altered(&lines[0], |script| {
        script["steps"][0]["trace"]
            .as_array_mut()
            .expect("a list")
            .push(json!(["start", "z"]));
    });
    let booted = altered(&lines[0], |script| {
        script["boot"] = json!([["start_failed"]])
    });
    // Ours has given up by then.
    let goes_on = altered(&lines[0], |script| {
        let step = json!({ "cmd": ["which"], "trace": [["which", []]] });
        script["steps"].as_array_mut().expect("a list").push(step);
    });
    for (name, line) in [
        ("shorter", shorter),
        ("longer", longer),
        ("booted", booted),
        ("goes-on", goes_on),
    ] {
        let file = Scripts::new(&format!("{name}.jsonl"), &[line]);
        let output = compare(&file.0, &["--core"]);
        assert_eq!(
            printed(&output).lines().last(),
            Some("1 scripts, 1 differ"),
            "{name}"
        );
        assert_eq!(code(&output), Some(1), "{name}");
    }
}

#[test]
fn no_more_differences_are_shown_than_asked_for() {
    let lines: Vec<String> = first(4)
        .iter()
        .map(|line| altered(line, |script| script["boot"] = json!([])))
        .collect();
    let file = Scripts::new("all-differ.jsonl", &lines);
    let output = compare(&file.0, &["--core", "--show", "1"]);
    let text = printed(&output);
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("script "))
            .count(),
        1
    );
    assert!(
        text.ends_with("... and 3 more\n4 scripts, 4 differ\n"),
        "{text}"
    );
}

#[test]
fn what_is_no_script_is_refused_with_its_file_and_line() {
    let mut lines = first(3);
    let wrong = [
        "no JSON at all".to_owned(),
        "{}".to_owned(),
        altered(&lines[2], |script| {
            script["strategy"] = json!("one_for_two")
        }),
        altered(&lines[2], |script| {
            script["steps"][0]["cmd"] = json!(["dance", "a"])
        }),
        altered(&lines[2], |script| {
            script["children"][0][1] = json!("eternal")
        }),
        altered(&lines[2], |script| script["intensity"] = json!(-1)),
    ];
    for (nr, wrong) in wrong.into_iter().enumerate() {
        lines[2] = wrong;
        let file = Scripts::new(&format!("garbage-{nr}.jsonl"), &lines);
        let output = compare(&file.0, &["--core"]);
        let text = complaint(&output);
        assert_eq!(code(&output), Some(2), "{text}");
        let place = format!("otp-compare: {}, line 3: ", file.0.display());
        assert!(text.starts_with(&place), "{text}");
        assert_eq!(printed(&output), "", "nothing was compared");
    }
}

#[test]
fn an_empty_and_a_missing_file_are_refused_by_name() {
    let empty = Scripts::new("empty.jsonl", &[]);
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("there-is-no-such-file.jsonl");
    for file in [&*empty.0, &*missing] {
        let output = compare(file, &["--core"]);
        let text = complaint(&output);
        assert_eq!(code(&output), Some(2), "{text}");
        assert!(
            text.starts_with(&format!("otp-compare: {}", file.display())),
            "{text}"
        );
    }
}
