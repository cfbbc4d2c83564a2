//! What cannot be read is reported, and stops nothing.

#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{Census, program};
use crate::support::Folder;

fn whys(report: &Value) -> Vec<(String, String)> {
    let listed = report["errors"]["listed"].as_array().expect("errors");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let name = |path: &Value| text(path).rsplit('/').next().expect("a name").to_owned();
    listed
        .iter()
        .map(|error| (name(&error["path"]), text(&error["why"])))
        .collect()
}

/// Root may read everything, so the census is taken by somebody else.
#[test]
fn files_and_folders_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = Folder::new();
    let root = folder.path().join("tree");
    folder.file("tree/readable", "one\n");
    let closed = [
        folder.file("tree/secret", "two\n"),
        folder.file("tree/closed/file", "three\n"),
    ];
    let program_here = folder.path().join("census");
    std::fs::copy(program(), &program_here).expect("a copy");
    for path in [folder.path(), &root, &program_here] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("permissions");
    }
    for path in [&*closed[0], closed[1].parent().expect("a folder")] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o000)).expect("permissions");
    }
    let mut command = Command::new(&program_here);
    command.arg("--json").arg(&root).current_dir("/");
    let id = Command::new("id").arg("-u").output().expect("id").stdout;
    if id.trim_ascii() == b"0" {
        command.uid(65_534).gid(65_534);
    }
    let report = Census::start(command).report();
    for path in [&*closed[0], closed[1].parent().expect("a folder")] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("permissions");
    }
    let totals = json!({ "files": 2, "bytes": 4, "lines": 1, "words": 1, "errors": 2 });
    assert_eq!(
        report["totals"], totals,
        "the file in the closed folder cannot be known"
    );
    assert_eq!(
        report["errors"]["by_reason"],
        json!({ "Permission denied": 2 })
    );
    let denied = |name: &str| (name.to_owned(), "Permission denied".to_owned());
    assert_eq!(whys(&report), [denied("closed"), denied("secret")]);
    assert_eq!(report["run"]["unread_files"], 1);
}

/// Not even root can read what the system has not got.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_while_it_is_read() {
    let report = Census::json("/proc/self/mem", &[]).report();
    assert_eq!(report["totals"]["files"], 1);
    assert_eq!(report["totals"]["errors"], 1, "{report}");
}

/// No call takes a path of more than 4,096 bytes; such a tree can only be made step by step.
#[cfg(target_os = "linux")]
#[test]
fn a_path_longer_than_the_system_takes() {
    let folder = Folder::new();
    folder.file("file", "one\n");
    let steps = "cd \"$1\" && name=$(printf '%0200d' 0) && \
        for step in $(seq 30); do mkdir $name && cd -P $name || exit 1; done && echo two > file";
    let made = Command::new("sh")
        .args(["-c", steps, "sh"])
        .arg(folder.path())
        .status()
        .expect("sh");
    assert!(made.success());
    let report = Census::json(folder.path(), &[]).report();
    assert_eq!(report["totals"]["files"], 1);
    assert_eq!(
        report["errors"]["by_reason"],
        json!({ "File name too long": 1 })
    );
}

/// The only reader reads a file that has no end for now. Behind it, files go away and become other things.
#[cfg(target_os = "linux")]
#[test]
fn files_that_vanish_and_change_between_listing_and_reading() {
    const SMALL: usize = 64;
    let folder = Folder::new();
    let root = folder.path().canonicalize().expect("a path without links");
    for part in ["a", "b"] {
        (0..SMALL).for_each(|number| drop(folder.file(format!("{part}/{number:02}"), "content\n")));
        let endless = folder.file(format!("{part}/endless"), "");
        std::fs::File::options()
            .write(true)
            .open(endless)
            .and_then(|file| file.set_len(1 << 40))
            .expect("a length");
    }
    let census = Census::json(&root, &["--readers=1"]);
    wait_for(|| {
        // The reader has its first endless file, and the walker has no folder open any more: all was listed.
        let open = open_files(census.id());
        let walks = open
            .iter()
            .any(|path| path.is_dir() && path.starts_with(&root));
        (!walks && open.iter().any(|path| path.ends_with("endless"))).then_some(())
    });
    for part in ["a", "b"] {
        for number in 0..SMALL {
            let path = root.join(format!("{part}/{number:02}"));
            std::fs::remove_file(&path).expect("it is there");
            match number % 4 {
                0 => assert!(
                    Command::new("mkfifo")
                        .arg(&path)
                        .status()
                        .expect("mkfifo")
                        .success()
                ),
                1 => std::os::unix::fs::symlink("/etc/passwd", &path).expect("a link"),
                2 => std::fs::create_dir(&path).expect("a folder"),
                _ => {}
            }
        }
    }
    for part in ["a", "b"] {
        let endless = root.join(part).join("endless");
        std::fs::File::options()
            .write(true)
            .open(endless)
            .and_then(|file| file.set_len(0))
            .expect("an end");
    }
    let report = census.report();
    assert_eq!(report["totals"]["files"], 2 * SMALL + 2);
    // At least the second folder's files are behind the first endless one, but for those in one handful with it.
    let reasons = &report["errors"]["by_reason"];
    let count = |why: &str| reasons[why].as_u64().unwrap_or(0);
    let (gone, changed) = (
        count("No such file or directory"),
        count("it is no regular file any more"),
    );
    assert!(
        gone + changed >= SMALL as u64 - 15 && gone >= 12 && changed >= 33,
        "{reasons}"
    );
    assert_eq!(gone + changed, report["totals"]["errors"]);
}

/// What a process has open.
#[cfg(target_os = "linux")]
fn open_files(id: u32) -> Vec<PathBuf> {
    let Ok(open) = std::fs::read_dir(format!("/proc/{id}/fd")) else {
        return Vec::new();
    };
    open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .collect()
}

#[cfg(target_os = "linux")]
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it does not happen"
        );
        std::thread::yield_now();
    }
}

/// The folder's path is short enough for the system, and those of its files are not: they are listed and cannot be read.
#[cfg(target_os = "linux")]
#[test]
fn more_errors_than_are_listed() {
    let folder = Folder::new();
    let root = folder.path().canonicalize().expect("a path without links");
    let steps = "cd \"$1\" && for step in $(seq $2); do mkdir $3 && cd -P $3 || exit 1; done && \
        mkdir $4 && cd -P $4 && for number in $(seq -w 1200); do : > $number$3 || exit 1; done";
    let (long, length) = ("d".repeat(200), 4_000 - root.as_os_str().len());
    let (count, last) = ((length - 2) / 201, "e".repeat((length - 2) % 201 + 1));
    let mut make = Command::new("sh");
    make.args(["-c", steps, "sh"])
        .arg(&root)
        .args([&count.to_string(), &long, &last]);
    assert!(make.status().expect("sh").success());
    let report = Census::json(&root, &[]).report();
    let totals = json!({ "files": 1_200, "bytes": 0, "lines": 0, "words": 0, "errors": 1_200 });
    assert_eq!(report["totals"], totals);
    assert_eq!(
        report["errors"]["by_reason"],
        json!({ "File name too long": 1_200 })
    );
    assert_eq!(
        report["errors"]["listed"].as_array().map(Vec::len),
        Some(1_000)
    );
}

#[test]
fn a_wrong_command_line_is_told_so() {
    let folder = Folder::new();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
    for (root, why) in [
        (folder.path().join("gone"), "No such file"),
        (link, "symbolic link"),
    ] {
        let ended = Census::json(&root, &[]).ended();
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""));
        assert!(
            ended.stderr.iter().any(|line| line.contains(why)),
            "{:?}",
            ended.stderr
        );
    }
    for wrong in [["--readers=0"], ["--fail-every=0"], ["--no-such-flag"]] {
        assert_eq!(
            Census::json(folder.path(), &wrong).ended().code,
            Some(2),
            "{wrong:?}"
        );
    }
    let ended = Census::json(folder.path(), &["--serve=192.0.2.1:1"]).ended();
    assert_eq!(ended.code, Some(1), "{:?}", ended.stderr);
}
