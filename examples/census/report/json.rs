//! The report as one JSON object.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::{Report, Row, Run};
use crate::names;

/// The report on one line, without the newline.
pub(crate) fn write(report: &Report, run: &Run) -> serde_json::Result<String> {
    serde_json::to_string(&Object::of(report, run))
}

#[derive(Serialize)]
struct Object {
    root: Name,
    /// False: what follows is a part, because the census was interrupted.
    complete: bool,
    totals: Totals,
    kinds: Vec<Kind>,
    largest: Vec<Large>,
    duplicates: Duplicates,
    errors: Errors,
    skipped: Skipped,
    run: Figures,
}

#[derive(Serialize)]
struct Totals {
    files: u64,
    bytes: u64,
    lines: u64,
    words: u64,
    errors: u64,
}

/// A path. JSON strings hold no bytes that are not UTF-8, so such a path is told in hexadecimal as well.
#[derive(Serialize)]
struct Name {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
}

impl Name {
    fn of(path: &Path) -> Self {
        Self {
            path: path.to_string_lossy().into_owned(),
            path_hex: names::exact(path),
        }
    }
}

#[derive(Serialize)]
struct Kind {
    kind: &'static str,
    text: bool,
    files: u64,
    bytes: u64,
    lines: u64,
    code: u64,
    comment: u64,
    blank: u64,
    words: u64,
}

#[derive(Serialize)]
struct Large {
    #[serde(flatten)]
    name: Name,
    kind: &'static str,
    bytes: u64,
}

#[derive(Serialize)]
struct Duplicates {
    groups: u64,
    files: u64,
    wasted_bytes: u64,
    top: Vec<Same>,
    /// Why names and sizes are incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete: Option<String>,
}

#[derive(Serialize)]
struct Same {
    sha256: String,
    bytes: u64,
    files: u64,
    distinct_files: u64,
    wasted_bytes: u64,
    paths: Vec<Name>,
}

#[derive(Serialize)]
struct Errors {
    count: u64,
    by_reason: BTreeMap<String, u64>,
    listed: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    #[serde(flatten)]
    name: Name,
    why: String,
}

#[derive(Serialize)]
struct Skipped {
    count: u64,
    by_kind: BTreeMap<&'static str, u64>,
    listed: Vec<Reason>,
}

#[derive(Serialize)]
struct Figures {
    seconds: f64,
    files_per_second: f64,
    bytes_per_second: f64,
    readers: usize,
    reader_restarts: u64,
    unread_files: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
}

impl Object {
    fn of(report: &Report, run: &Run) -> Self {
        let totals = report.totals();
        let seconds = run.elapsed.as_secs_f64();
        let (text, data) = report.sorted_rows();
        Self {
            root: Name::of(&run.root),
            complete: !run.interrupted,
            totals: Totals {
                files: totals.files,
                bytes: totals.counts.bytes,
                lines: totals.counts.lines,
                words: totals.counts.words,
                errors: totals.errors,
            },
            kinds: text.iter().chain(&data).map(kind).collect(),
            largest: report
                .largest
                .iter()
                .map(|file| Large {
                    name: Name::of(&file.path),
                    kind: file.kind.name(),
                    bytes: file.bytes,
                })
                .collect(),
            duplicates: duplicates(&report.duplicates),
            errors: Errors {
                count: report.errors.count,
                by_reason: report.errors.reasons.clone(),
                listed: reasons(&report.errors.listed, |why| why.clone()),
            },
            skipped: Skipped {
                count: report.others.counts.values().sum(),
                by_kind: report
                    .others
                    .counts
                    .iter()
                    .map(|(what, count)| (what.name(), *count))
                    .collect(),
                listed: reasons(&report.others.listed, |what| what.name().to_owned()),
            },
            run: Figures {
                seconds,
                files_per_second: totals.files as f64 / seconds,
                bytes_per_second: totals.counts.bytes as f64 / seconds,
                readers: run.readers,
                reader_restarts: run.restarts,
                unread_files: report.unread,
                peak_memory_bytes: run.peak_memory,
            },
        }
    }
}

fn kind(row: &Row) -> Kind {
    Kind {
        kind: row.kind.name(),
        text: row.kind.is_text(),
        files: row.files,
        bytes: row.counts.bytes,
        lines: row.counts.lines,
        // Newlines among bytes that are no text are lines, and none of them is code.
        code: if row.kind.is_text() {
            row.counts.code()
        } else {
            0
        },
        comment: row.counts.comment,
        blank: row.counts.blank,
        words: row.counts.words,
    }
}

fn duplicates(found: &super::Duplicates) -> Duplicates {
    let same = |same: &super::Same| Same {
        sha256: names::hex(&same.digest),
        bytes: same.bytes,
        files: same.files,
        distinct_files: same.inodes,
        wasted_bytes: same.wasted,
        paths: same.paths.iter().map(|path| Name::of(path)).collect(),
    };
    Duplicates {
        groups: found.groups,
        files: found.files,
        wasted_bytes: found.wasted,
        top: found.top.iter().map(same).collect(),
        incomplete: found.lost.clone(),
    }
}

fn reasons<T>(listed: &[(std::path::PathBuf, T)], why: impl Fn(&T) -> String) -> Vec<Reason> {
    listed
        .iter()
        .map(|(path, what)| Reason {
            name: Name::of(path),
            why: why(what),
        })
        .collect()
}
