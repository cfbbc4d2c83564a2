//! One file, or what has become of it.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use crate::census::count::WordRule;
use crate::census::names::hex;
use crate::census::read::{self, BUFFER, Reading, Unread};
use crate::support::Folder;

fn read(path: &Path) -> Result<Reading, Unread> {
    let mut buffer = vec![0; BUFFER];
    read::read(path, WordRule::Printable, &mut buffer, |_| {
        ControlFlow::Continue(())
    })
}

/// [`read`], which must not wait for anything.
fn read_soon(path: &Path) -> Result<Reading, Unread> {
    let (tell, told) = mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || tell.send(read(&path)));
    told.recv_timeout(Duration::from_secs(20))
        .expect("it waits")
}

#[test]
fn a_pipe_in_place_of_a_file_is_refused_at_once() {
    let folder = Folder::new();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo")
            .success()
    );
    assert!(matches!(read_soon(&pipe), Err(Unread::Changed)));
}

#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let folder = Folder::new();
    let file = folder.file("file", "content");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    assert!(matches!(read_soon(&link), Err(Unread::Changed)));
}

#[test]
fn what_is_no_file_any_more_is_told_apart_from_what_cannot_be_read() {
    let folder = Folder::new();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    assert!(matches!(read_soon(&socket), Err(Unread::Changed)));
    assert!(matches!(read_soon(folder.path()), Err(Unread::Changed)));
    let gone = read_soon(&folder.path().join("gone"));
    assert!(matches!(gone, Err(Unread::Failed(error)) if error.kind() == io::ErrorKind::NotFound));
}

#[test]
fn hashes_are_those_of_sha256sum() {
    let folder = Folder::new();
    for length in [
        0,
        1,
        63,
        64,
        65,
        BUFFER - 1,
        BUFFER,
        BUFFER + 1,
        3 * BUFFER + 7,
    ] {
        let content: Vec<u8> = (0..length).map(|at| (at * 7 % 251) as u8).collect();
        let path = folder.file(format!("of-{length}"), content);
        let reading = read(&path).expect("a file that can be read");
        assert_eq!(reading.counts.bytes, length as u64);
        let output = Command::new("sha256sum")
            .arg(&path)
            .output()
            .expect("sha256sum");
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(
            text.split(' ').next(),
            Some(&*hex(&reading.digest)),
            "of {length} bytes"
        );
    }
}

#[test]
fn links_to_one_file_have_one_inode() {
    let folder = Folder::new();
    let one = folder.file("one", "same");
    let other = folder.file("other", "same");
    let link = folder.path().join("link");
    std::fs::hard_link(&one, &link).expect("a link");
    let [one, other, link] = [one, other, link].map(|path| read(&path).expect("a file"));
    assert!(one == link && one.inode != other.inode && one.digest == other.digest);
}

#[test]
fn an_interrupted_file_gives_nothing() {
    let folder = Folder::new();
    let file = folder.file("file", "content");
    let mut buffer = vec![0; BUFFER];
    let reading = read::read(&file, WordRule::Printable, &mut buffer, |_| {
        ControlFlow::Break(())
    });
    assert!(matches!(reading, Err(Unread::Interrupted)));
}

/// A file that says it has no length has content all the same.
#[cfg(target_os = "linux")]
#[test]
fn files_of_proc_are_read_to_their_end() {
    let reading = read(Path::new("/proc/self/status")).expect("a file of the system");
    assert!(reading.counts.bytes > 100 && reading.counts.lines > 10);
}
