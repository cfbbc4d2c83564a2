//! What `find`, `wc` and `sha256sum` say.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::names::{hex, path_of};

/// The regular files of a tree, as `find` lists them.
pub(super) fn files(root: &Path) -> Vec<PathBuf> {
    let output = Command::new("find")
        .arg(root)
        .args(["-type", "f", "-print0"])
        .output()
        .expect("find");
    let names = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    names.map(|name| path_of(name.to_owned())).collect()
}

/// The sum of `wc` with this flag over `files`.
pub(super) fn wc(flag: &str, files: &[PathBuf]) -> u64 {
    if files.is_empty() {
        return 0;
    }
    let output = fed("wc", &[flag, "--files0-from=-"], files);
    let last = output.lines().last().expect("a total");
    last.split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

/// Those that have no NUL in their first 8 KiB.
pub(super) fn texts(files: &[PathBuf]) -> Vec<PathBuf> {
    let is_text = |path: &&PathBuf| {
        let mut head = Vec::new();
        let file = std::fs::File::open(path).expect("a file");
        file.take(8 * 1024)
            .read_to_end(&mut head)
            .expect("its content");
        !head.contains(&0)
    };
    files.iter().filter(is_text).cloned().collect()
}

/// The totals that a census of `root` is to have.
pub(super) fn totals(root: &Path) -> Value {
    let files = files(root);
    json!({
        "files": files.len(),
        "bytes": wc("-c", &files),
        "lines": wc("-l", &files),
        "words": wc("-w", &texts(&files)),
        "errors": 0,
    })
}

/// Contents that more than one file has: by hash, the names in order, in hexadecimal.
pub(super) fn duplicates(root: &Path) -> BTreeMap<String, Vec<String>> {
    let files = files(root);
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for some in files.chunks(1_000) {
        // `-z` ends lines with a NUL and so leaves names as they are.
        let output = Command::new("sha256sum")
            .arg("-z")
            .args(some)
            .output()
            .expect("sha256sum");
        assert!(output.status.success());
        for line in output
            .stdout
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
        {
            let hash = String::from_utf8(line[..64].to_vec()).expect("a hash");
            groups.entry(hash).or_default().push(hex(&line[66..]));
        }
    }
    groups.retain(|_, names| names.len() > 1);
    groups.values_mut().for_each(|names| names.sort());
    groups
}

/// The same from a report that lists all of them.
pub(super) fn reported_duplicates(report: &Value) -> BTreeMap<String, Vec<String>> {
    let name = |path: &Value| match path["path_hex"].as_str() {
        Some(name) => name.to_owned(),
        None => hex(path["path"].as_str().expect("a path").as_bytes()),
    };
    let groups = report["duplicates"]["top"].as_array().expect("groups");
    groups
        .iter()
        .map(|group| {
            let mut names: Vec<_> = group["paths"]
                .as_array()
                .expect("paths")
                .iter()
                .map(name)
                .collect();
            names.sort();
            (group["sha256"].as_str().expect("a hash").to_owned(), names)
        })
        .collect()
}

/// The rule for words that this machine's `wc` keeps, as an argument of the census. GNU wc has changed it in 9.5.
pub(super) fn word_rule() -> &'static str {
    let mut wc = Command::new("wc");
    wc.arg("-w")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = wc.spawn().expect("wc");
    child
        .stdin
        .take()
        .expect("its input")
        .write_all(b"\x01")
        .expect("a byte");
    let output = child.wait_with_output().expect("a number").stdout;
    if output.starts_with(b"0") {
        "--words=printable"
    } else {
        "--words=any"
    }
}

/// Runs a tool that takes names, each ended by a NUL, as its input.
fn fed(tool: &str, arguments: &[&str], names: &[PathBuf]) -> String {
    let mut command = Command::new(tool);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{tool}: {error}"));
    let mut input = child.stdin.take().expect("its input");
    let names: Vec<u8> = names
        .iter()
        .flat_map(|name| [name.as_os_str().as_encoded_bytes(), b"\0"].concat())
        .collect();
    let writer = std::thread::spawn(move || input.write_all(&names));
    let output = child.wait_with_output().expect("its output");
    writer.join().expect("a writer").expect("names");
    assert!(output.status.success(), "{tool} failed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
