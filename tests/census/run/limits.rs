//! Memory is bounded, whatever there is to count.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use serde_json::{Value, json};

use super::program::Census;
use crate::support::Folder;

const MIB: u64 = 1024 * 1024;

fn memory(report: &Value) -> Option<u64> {
    report["run"]["peak_memory_bytes"].as_u64()
}

#[test]
fn a_file_of_4_gib_and_more() {
    let folder = Folder::new();
    let mut file = File::create(folder.path().join("large")).expect("a file");
    file.seek(SeekFrom::Start(4 << 30)).expect("a place");
    file.write_all(b"end\n").expect("its end");
    let report = Census::json(folder.path(), &[]).report();
    let totals =
        json!({ "files": 1, "bytes": (4_u64 << 30) + 4, "lines": 1, "words": 0, "errors": 0 });
    assert_eq!(report["totals"], totals);
    assert!(
        memory(&report).is_none_or(|memory| memory < 32 * MIB),
        "{report}"
    );
}

/// A tree of `files` files in folders of a thousand. Each folder has one file of its own, under a thousand names: for a
/// census, they are files like any others.
fn tree(files: usize) -> Folder {
    let folder = Folder::new();
    for number in 0..files.div_ceil(1_000) {
        let original = folder.file(
            format!("folder-{number}/a-file-of-usual-name-0.rs"),
            format!("// {number}\n"),
        );
        for link in 1..(files - number * 1_000).min(1_000) {
            let link = original.with_file_name(format!("a-file-of-usual-name-{link}.rs"));
            std::fs::hard_link(&original, link).expect("a link");
        }
    }
    folder
}

#[test]
fn of_10_000_files() {
    let folder = tree(10_000);
    let report = Census::json(folder.path(), &[]).report();
    assert_eq!(report["totals"]["files"], 10_000);
    assert!(
        memory(&report).is_none_or(|memory| memory < 24 * MIB),
        "{report}"
    );
}

/// At most 64 bytes for each further file. Takes a minute, so it is run when asked for: `PLAYHOUSE_SOAK=1`.
#[test]
fn of_500_000_files() {
    if std::env::var_os("PLAYHOUSE_SOAK").is_none() {
        eprintln!("not without PLAYHOUSE_SOAK=1");
        return;
    }
    let (few, many) = (tree(10_000), tree(500_000));
    let few = Census::json(few.path(), &[]).report();
    let report = Census::json(many.path(), &[]).report();
    assert_eq!(report["totals"]["files"], 500_000);
    eprintln!(
        "10,000 files: {}\n500,000 files: {}",
        few["run"], report["run"]
    );
    if let (Some(few), Some(many)) = (memory(&few), memory(&report)) {
        let each = many.saturating_sub(few) as f64 / 490_000.0;
        assert!(each <= 64.0, "{each:.1} bytes a file");
    }
}
