//! Names that go to disk come back as they were.

use std::path::PathBuf;

use crate::census::names;
use crate::census::spool::Spool;

#[test]
fn records_come_back_in_any_order() {
    let mut spool = Spool::new().expect("a spool");
    let paths: Vec<PathBuf> = (0..5_000)
        .map(|number| match number % 3 {
            0 => PathBuf::from(format!("folder/{number}")),
            1 => names::path_of(vec![b'a', 0xff, b'\n']),
            _ => PathBuf::new(),
        })
        .collect();
    let places: Vec<_> = paths
        .iter()
        .zip(0..)
        .map(|(path, bytes)| spool.push(path, bytes).expect("room"))
        .collect();
    let mut names = spool.finish().expect("what was written");
    for index in (0..paths.len()).rev().step_by(7) {
        assert_eq!(names.path(places[index]).expect("a record"), paths[index]);
        assert_eq!(names.bytes(places[index]).expect("a record"), index as u64);
    }
}

#[test]
fn names_are_shown_without_what_steers_a_terminal() {
    let odd = names::path_of(b"a\x1b[31m\xff\n\xc3\xa4".to_vec());
    assert_eq!(names::shown(&odd), "a\\u{1b}[31m\\xff\\nä");
    assert_eq!(names::exact(&odd).as_deref(), Some("611b5b33316dff0ac3a4"));
    assert_eq!(names::exact("plain".as_ref()), None);
}
