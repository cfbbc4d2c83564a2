//! What a file is, by its name and its first bytes.

use crate::census::kind::Kind;

fn kind(name: &str, head: &str) -> &'static str {
    Kind::of(name.as_bytes(), head.as_bytes(), head.contains('\0')).name()
}

#[test]
fn names_decide() {
    for (name, expected) in [
        ("main.rs", "Rust"),
        ("MAIN.RS", "Rust"),
        ("a.b.py", "Python"),
        ("a.h", "C header"),
        ("a.H", "C++ header"),
        ("a.C", "C++"),
        ("a.c", "C"),
        ("Makefile", "Makefile"),
        ("CMakeLists.txt", "CMake"),
        ("notes.txt", "Plain text"),
        ("Cargo.toml", "TOML"),
        ("Cargo.toml.orig", "TOML"),
        ("Cargo.lock", "Lock file"),
        ("LICENSE", "Plain text"),
        ("LICENSE-MIT", "Plain text"),
        ("README.first", "Plain text"),
        ("README.md", "Markdown"),
        ("data.tar.gz", "Archive"),
        ("photo.jpeg", "Image"),
        (".gitignore", "Ignore list"),
        (".hidden.rs", "Rust"),
        ("unknown.xyzzy", "Other text"),
        ("none", "Other text"),
        ("", "Other text"),
        (".", "Other text"),
        ("..rs", "Rust"),
        ("rs", "Other text"),
        (".rs", "Other text"),
        ("a.", "Other text"),
        ("a.an-extension-longer-than-any", "Other text"),
    ] {
        assert_eq!(kind(name, ""), expected, "{name:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_no_language() {
    assert_eq!(kind("film.ts", "G\0\0"), "Other binary");
    assert_eq!(kind("a.ts", "let a"), "TypeScript");
    assert_eq!(kind("a.png", "\0"), "Image");
    assert_eq!(kind("none", "\0"), "Other binary");
    assert!(!Kind::OTHER_BINARY.is_text() && Kind::OTHER_TEXT.is_text());
}

#[test]
fn a_first_line_helps_where_the_name_says_nothing() {
    for (head, expected) in [
        ("#!/bin/sh\n", "Shell"),
        ("#! /usr/bin/bash -e\n", "Shell"),
        ("#!/usr/bin/env python3.11\n", "Python"),
        ("#!/usr/bin/env -S PATH=/bin perl -w\n", "Perl"),
        ("#!/usr/bin/node", "JavaScript"),
        ("#!/usr/bin/unheard-of\n", "Other text"),
        ("#!\n", "Other text"),
        ("#!/usr/bin/env\n", "Other text"),
        ("#!/usr/bin/3.11\n", "Other text"),
        ("no #!/bin/sh\n", "Other text"),
    ] {
        assert_eq!(kind("run", head), expected, "{head:?}");
    }
    assert_eq!(kind("run.rb", "#!/bin/sh\n"), "Ruby");
}

#[test]
fn names_need_not_be_utf_8() {
    assert_eq!(Kind::of(b"\xff\xfe.rs", b"", false).name(), "Rust");
    assert_eq!(Kind::of(b"a.\xff", b"", false).name(), "Other text");
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let mut names: Vec<_> = Kind::all().map(Kind::name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(
        Kind::all()
            .enumerate()
            .all(|(index, kind)| kind.index() == index)
    );
}
