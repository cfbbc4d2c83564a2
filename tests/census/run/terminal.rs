//! What people see.

use std::process::Command;

use super::program::{Census, program};
use crate::support::Folder;

fn tables(folder: &Folder, more: &[&str]) -> super::program::Ended {
    let mut command = Command::new(program());
    command.args(more).arg(folder.path());
    let ended = Census::start(command).ended();
    assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
    ended
}

#[test]
fn tables_are_aligned_and_sorted_by_lines() {
    let folder = Folder::new();
    folder.file("short.py", "x = 1\n");
    folder.file("long.rs", "// comment\n\nlet x = 1;\n".repeat(1_000));
    folder.file("copy.rs", "// comment\n\nlet x = 1;\n".repeat(1_000));
    folder.file("image.png", b"\0\n\n\n\n");
    let ended = tables(&folder, &[]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let row = |name: &str| {
        lines
            .iter()
            .position(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name}"))
    };
    assert!(
        row("Kind") < row("Rust") && row("Rust") < row("Python") && row("Python") < row("Image")
    );
    assert!(
        row("Image") < row("Total")
            && row("Total") < row("Largest files")
            && row("Largest") < row("Same content")
    );
    let words: Vec<_> = lines[row("Rust")].split_whitespace().collect();
    assert_eq!(
        words[1..],
        [
            "2", "44.9", "KiB", "6,000", "2,000", "2,000", "2,000", "12,000"
        ]
    );
    let widths =
        [row("Kind"), row("Rust"), row("Image"), row("Total")].map(|at| lines[at].chars().count());
    assert!(
        widths.iter().all(|width| *width == widths[0]),
        "{}",
        ended.stdout
    );
    assert!(
        !ended.stdout.contains('\x1b'),
        "no colors where there is no terminal"
    );
}

#[test]
fn names_cannot_steer_the_terminal() {
    let folder = Folder::new();
    folder.file("\x1b[31mred\nbogus line", "content\n");
    let ended = tables(&folder, &[]);
    assert!(
        ended.stdout.contains("\\u{1b}[31mred\\nbogus line"),
        "{}",
        ended.stdout
    );
}

#[test]
fn progress_is_lines_where_there_is_no_terminal() {
    let folder = Folder::new();
    folder.file("file", "content\n");
    let ended = tables(&folder, &[]);
    assert!(
        ended
            .stderr
            .iter()
            .any(|line| line.starts_with("census: 1 files, 8 B in ")),
        "{:?}",
        ended.stderr
    );
    assert!(!ended.stderr.iter().any(|line| line.contains('\x1b')));
    assert_eq!(tables(&folder, &["--quiet"]).stderr, [""; 0]);
}

#[test]
fn progress_is_a_bar_on_a_terminal() {
    let folder = Folder::new();
    (0..3_000).for_each(|number| drop(folder.file(format!("{number}"), "content\n".repeat(1_000))));
    let run = format!(
        "{} --readers=1 --fail-every=1 '{}'",
        program().display(),
        folder.path().display()
    );
    // `script` runs it on a terminal of its own.
    let Ok(output) = Command::new("script")
        .args(["-qec", &run, "/dev/null"])
        .output()
    else {
        eprintln!("there is no `script` here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("Census of"),
        "{text}"
    );
    assert!(
        text.contains("files/s") && text.contains(" % ") && text.contains("\x1b["),
        "{text}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    (0..2_000).for_each(|number| drop(folder.file(format!("{number}"), "content\n")));
    let run = format!(
        "{} -q --json --top=2000 '{}' | head -c 1",
        program().display(),
        folder.path().display()
    );
    let output = Command::new("sh").args(["-c", &run]).output().expect("sh");
    assert_eq!(
        (
            output.stdout,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
        (b"{".to_vec(), "")
    );
}

#[test]
fn help_has_examples() {
    let mut command = Command::new(program());
    command.arg("--help");
    let ended = Census::start(command).ended();
    assert_eq!(ended.code, Some(0));
    for text in ["Examples:", "--fail-every", "Exit status", "--serve <ADDR>"] {
        assert!(ended.stdout.contains(text), "{}", ended.stdout);
    }
}
