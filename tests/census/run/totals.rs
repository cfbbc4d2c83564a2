//! The totals are those of `find`, `wc` and `sha256sum`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::program::{Census, result};
use super::tools;
use crate::names::path_of;
use crate::support::Folder;

/// All that a tree can have and that can be read.
fn tree() -> Folder {
    let folder = Folder::new();
    folder.file("src/main.rs", "//! Docs.\n\nfn main() {}\n");
    folder.file("src/copy.rs", "//! Docs.\n\nfn main() {}\n");
    folder.file("no-newline.txt", "one two\nthree");
    folder.file("crlf.txt", "one\r\n\r\ntwo three\r\n");
    folder.file("latin1.txt", b"caf\xe9 \xe9 na\xefve\n");
    folder.file("utf8.txt", "caf\u{e9} \u{65e5}\u{672c} words\u{a0}here\n");
    folder.file("control.txt", b"\x01 a\x02b \x7f\n\x0b\x0c x\x1by \x80\n");
    folder.file("all-bytes", (1..=255).collect::<Vec<u8>>().repeat(40));
    folder.file("binary", b"words here\n\0\nmore words\n");
    folder.file(
        "nul-behind-the-first-8192",
        [b"word ".repeat(2_000), vec![0, b'\n']].concat(),
    );
    folder.file("nul-at-8192", [vec![b'a'; 8191], vec![0]].concat());
    folder.file("image.png", b"\x89PNG\r\n\x1a\n\0\0");
    folder.file(
        "one-long-line",
        [b"word ".repeat(100_000), b"end".to_vec()].concat(),
    );
    folder.file("large.txt", "some text, again and again\n".repeat(100_000));
    for number in 0..300 {
        folder.file(
            format!("many/{}/file-{number}.py", number % 7),
            format!("# {number}\nx = {}\n", number % 11),
        );
    }
    for name in ["empty", "empty too", "src/empty.rs"] {
        folder.file(name, "");
    }
    for name in [
        &b"not-utf8-\xff\xfe"[..],
        b"new\nline",
        b"-rf",
        b" ",
        b"quote\"'\\",
        b"\x1b[31mred",
    ] {
        folder.file(path_of(name.to_vec()), "odd names\n");
    }
    folder.file(path_of(b"\xf0folder/\xf1file".to_vec()), "deep\n");
    let path = folder.path();
    std::fs::hard_link(path.join("large.txt"), path.join("hard-link.txt")).expect("a link");
    for (target, name) in [
        (".", "loop"),
        ("..", "many/up"),
        ("/nowhere", "dangling"),
        ("large.txt", "link.txt"),
    ] {
        std::os::unix::fs::symlink(target, path.join(name)).expect("a link");
    }
    std::fs::create_dir(path.join("empty-folder")).expect("a folder");
    assert!(
        Command::new("mkfifo")
            .arg(path.join("pipe"))
            .status()
            .expect("mkfifo")
            .success()
    );
    drop(std::os::unix::net::UnixListener::bind(path.join("socket")).expect("a socket"));
    let sparse = std::fs::File::create(path.join("sparse")).expect("a file");
    sparse.set_len(5_000_000).expect("a length");
    folder
}

fn check(root: &Path, report: &Value) {
    assert_eq!(report["totals"], tools::totals(root));
    assert_eq!(report["complete"], true);
    let expected = tools::duplicates(root);
    assert_eq!(report["duplicates"]["groups"], expected.len());
    assert_eq!(
        report["duplicates"]["files"],
        expected.values().map(Vec::len).sum::<usize>()
    );
    assert_eq!(tools::reported_duplicates(report), expected);
    // The rows are all there is.
    for (total, of) in [
        ("files", "files"),
        ("bytes", "bytes"),
        ("lines", "lines"),
        ("words", "words"),
    ] {
        let rows = report["kinds"].as_array().expect("rows").iter();
        let sum: u64 = rows.map(|row| row[of].as_u64().expect("a number")).sum();
        assert_eq!(report["totals"][total], sum, "{total}");
    }
}

#[test]
fn of_a_tree_with_everything() {
    let folder = tree();
    let rule = tools::word_rule();
    let report = Census::json(folder.path(), &[rule, "--top=10000"]).report();
    check(folder.path(), &report);

    assert_eq!(
        report["skipped"]["by_kind"],
        json!({ "symbolic link": 4, "named pipe": 1, "socket": 1 })
    );
    assert_eq!(
        report["skipped"]["listed"].as_array().map(Vec::len),
        Some(2),
        "links are not listed"
    );
    let rust = &report["kinds"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["kind"] == "Rust")
        .expect("Rust");
    let expected = json!({
        "kind": "Rust", "text": true, "files": 3, "bytes": 48, "lines": 6, "code": 2, "comment": 2, "blank": 2,
        "words": 10,
    });
    assert_eq!(**rust, expected);
    // Hard links are names of one file: no room is wasted by them.
    let largest = report["largest"].as_array().expect("files");
    assert_eq!(largest[0]["bytes"], 5_000_000);
    let linked = |group: &&Value| {
        group["paths"][0]["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("hard-link.txt"))
    };
    let group = report["duplicates"]["top"]
        .as_array()
        .expect("groups")
        .iter()
        .find(linked)
        .expect("a group");
    assert_eq!(
        (
            &group["files"],
            &group["distinct_files"],
            &group["wasted_bytes"]
        ),
        (&json!(2), &json!(1), &json!(0))
    );
}

#[test]
fn with_any_number_of_readers_and_from_within() {
    let folder = tree();
    let rule = tools::word_rule();
    let expected = result(Census::json(folder.path(), &[rule]).report());
    for readers in ["--readers=1", "--readers=7"] {
        assert_eq!(
            result(Census::json(folder.path(), &[rule, readers, "-q"]).report()),
            expected,
            "{readers}"
        );
    }
    let mut command = Command::new(super::program::program());
    command.arg("--json").arg(rule).current_dir(folder.path());
    let report = Census::start(command).report();
    assert_eq!(report["root"]["path"], ".");
    assert_eq!(report["totals"], expected["totals"]);
}

#[test]
fn readers_that_fail_all_the_time_change_nothing() {
    let folder = tree();
    let rule = tools::word_rule();
    let expected = result(Census::json(folder.path(), &[rule, "--top=100"]).report());
    for every in ["1", "2", "3", "10"] {
        let run = Census::json(
            folder.path(),
            &[rule, "--top=100", "--fail-every", every, "--readers=3"],
        );
        let ended = run.ended();
        assert_eq!(ended.code, Some(0));
        let report = ended.report();
        let restarts = report["run"]["reader_restarts"].as_u64().expect("a number");
        let files = report["totals"]["files"].as_u64().expect("a number");
        // A failure is one more attempt.
        let least = files / every.parse::<u64>().expect("a number");
        assert!(
            restarts >= least,
            "{restarts} restarts, of {files} files every {every}"
        );
        assert_eq!(result(report), expected, "every {every}");
        let noise = ended
            .stderr
            .iter()
            .filter(|line| line.contains("on purpose"))
            .count();
        assert!(
            (1..=3).contains(&noise),
            "a line a reader: {:?}",
            ended.stderr
        );
        assert!(
            !ended.stderr.iter().any(|line| line.contains("panicked")),
            "{:?}",
            ended.stderr
        );
    }
}

/// Cargo's sources of other packages: a real tree. Others may download into it meanwhile.
#[test]
fn of_the_sources_in_cargos_registry() {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let Some(root) = home
        .map(|home| home.join("registry/src"))
        .filter(|root| root.is_dir())
    else {
        eprintln!("there is no registry here");
        return;
    };
    for _ in 0..5 {
        let before = tools::files(&root);
        let report = Census::json(&root, &[tools::word_rule(), "--top=100000"]).report();
        let (totals, duplicates) = (tools::totals(&root), tools::duplicates(&root));
        if tools::files(&root) == before {
            assert_eq!(report["totals"], totals);
            assert_eq!(report["duplicates"]["groups"], duplicates.len());
            assert_eq!(tools::reported_duplicates(&report), duplicates);
            return;
        }
    }
    panic!("the registry changes all the time");
}

#[test]
fn of_a_file_and_of_an_empty_folder() {
    let folder = Folder::new();
    let nothing = json!({ "files": 0, "bytes": 0, "lines": 0, "words": 0, "errors": 0 });
    assert_eq!(Census::json(folder.path(), &[]).report()["totals"], nothing);
    let file = folder.file("file", "a b\n");
    let one = json!({ "files": 1, "bytes": 4, "lines": 1, "words": 2, "errors": 0 });
    assert_eq!(Census::json(&file, &[]).report()["totals"], one);
}

/// The names of all files are kept in a file of its own in the folder for temporary files.
#[test]
fn where_temporary_files_go_does_not_matter() {
    let folder = tree();
    let run = |temporary: &Path| {
        let mut command = Command::new(super::program::program());
        command
            .args(["--json", "--top=100"])
            .arg(folder.path())
            .env("TMPDIR", temporary);
        result(Census::start(command).report())
    };
    let expected = run(&std::env::temp_dir());
    assert_eq!(run(folder.path()), expected, "it is not counted itself");
    // Without it, the census still counts duplicates, and says why it cannot name them.
    let mut without = run(Path::new("/nowhere"));
    assert_eq!(without["totals"], expected["totals"]);
    assert_eq!(without["largest"], expected["largest"]);
    let duplicates = without["duplicates"].take();
    assert_eq!(duplicates["groups"], expected["duplicates"]["groups"]);
    assert_eq!(duplicates["files"], expected["duplicates"]["files"]);
    assert!(
        duplicates["incomplete"]
            .as_str()
            .is_some_and(|why| why.contains("No such file")),
        "{duplicates}"
    );
}
