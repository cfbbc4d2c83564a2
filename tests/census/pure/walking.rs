//! The walk against `find`.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::census::names::path_of;
use crate::census::walk::{Other, Visit, walk};
use crate::support::Folder;

#[derive(Default)]
struct Seen {
    files: Vec<PathBuf>,
    others: Vec<(PathBuf, Other)>,
    failed: Vec<(PathBuf, io::ErrorKind)>,
    stop_at: Option<usize>,
}

impl Visit for Seen {
    fn file(&mut self, path: PathBuf) -> ControlFlow<()> {
        self.files.push(path);
        if self.stop_at == Some(self.files.len()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn other(&mut self, path: PathBuf, what: Other) -> ControlFlow<()> {
        self.others.push((path, what));
        ControlFlow::Continue(())
    }

    fn failed(&mut self, path: PathBuf, error: io::Error) -> ControlFlow<()> {
        self.failed.push((path, error.kind()));
        ControlFlow::Continue(())
    }
}

fn seen(root: &Path) -> Seen {
    let mut seen = Seen::default();
    assert!(walk(root, false, &mut seen).is_continue());
    seen
}

fn found(root: &Path, kind: &str) -> BTreeSet<PathBuf> {
    let output = Command::new("find")
        .arg(root)
        .args(["-type", kind, "-print0"])
        .output()
        .expect("find");
    let names = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    names.map(|name| path_of(name.to_owned())).collect()
}

fn check(root: &Path) -> Seen {
    let seen = seen(root);
    let files: BTreeSet<_> = seen.files.iter().cloned().collect();
    assert_eq!(files.len(), seen.files.len(), "a file is told once");
    assert_eq!(files, found(root, "f"));
    for (kind, what) in [
        ("l", Other::Symlink),
        ("p", Other::Fifo),
        ("s", Other::Socket),
    ] {
        let others = seen.others.iter().filter(|other| other.1 == what);
        assert_eq!(
            others.map(|other| other.0.clone()).collect::<BTreeSet<_>>(),
            found(root, kind)
        );
    }
    seen
}

#[test]
fn it_finds_what_find_finds() {
    let folder = Folder::new();
    for name in ["a", "b/c", "b/d/e", "with space/and\nnewline", "-n"] {
        folder.file(name, name);
    }
    folder.file(path_of(b"\xff\xfe/\x80".to_vec()), "");
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (target, name) in [
        (".", "loop"),
        ("/nowhere", "dangling"),
        ("../a", "b/to-a"),
        ("..", "b/up"),
    ] {
        std::os::unix::fs::symlink(target, folder.path().join(name)).expect("a link");
    }
    let pipe = folder.path().join("b/pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo")
            .success()
    );
    let _listener =
        std::os::unix::net::UnixListener::bind(folder.path().join("socket")).expect("a socket");
    assert_eq!(check(folder.path()).files.len(), 6);
}

#[test]
fn a_tree_deeper_than_the_folders_it_keeps_open() {
    let folder = Folder::new();
    let mut path = PathBuf::new();
    for level in 0..400 {
        path.push("d");
        folder.file(path.join("file"), "");
        if level % 3 == 0 {
            folder.file(path.join("before/file"), "");
            folder.file(path.join("z/y/x"), "");
        }
    }
    assert_eq!(check(folder.path()).files.len(), 400 + 2 * 134);
}

#[test]
fn the_root_may_be_anything() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    assert_eq!(seen(&file).files, std::slice::from_ref(&file));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    assert_eq!(seen(&link).others, [(link, Other::Symlink)]);
    let gone = folder.path().join("gone");
    assert_eq!(seen(&gone).failed, [(gone, io::ErrorKind::NotFound)]);
}

#[test]
fn it_stops_where_it_is_told_to() {
    let folder = Folder::new();
    (0..20).for_each(|number| drop(folder.file(format!("d{number}/f"), "")));
    let mut seen = Seen {
        stop_at: Some(7),
        ..Seen::default()
    };
    assert!(walk(folder.path(), false, &mut seen).is_break());
    assert_eq!(seen.files.len(), 7);
}

/// `/dev/pts` is a file system of its own wherever there are terminals.
#[cfg(target_os = "linux")]
#[test]
fn it_stays_on_its_file_system_when_asked_to() {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &str| std::fs::metadata(path).map(|found| found.dev()).ok();
    let below = |stay| {
        let mut seen = Seen::default();
        assert!(walk(Path::new("/dev"), stay, &mut seen).is_continue());
        seen.others
            .iter()
            .any(|(path, _)| path.starts_with("/dev/pts/"))
    };
    assert!(!below(true) || device("/dev") == device("/dev/pts"));
    assert_eq!(below(false), Path::new("/dev/pts/ptmx").exists());
}
