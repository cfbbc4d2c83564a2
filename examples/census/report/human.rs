//! The report for people.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use super::{Report, Row, Run, bytes, clock, count};
use crate::count::Counts;
use crate::names::shown;

/// How many errors, names of a group and special files are shown; `--json` has more.
const SHOWN: usize = 10;

/// The first column is no narrower than this.
const NARROWEST: usize = 12;

/// Writes the report. `color`: with the escapes of a terminal.
pub(crate) fn write(
    out: &mut impl Write,
    report: &Report,
    run: &Run,
    color: bool,
) -> io::Result<()> {
    let mut page = Page {
        out,
        color,
        root: &run.root,
    };
    page.head(report, run)?;
    page.table(report)?;
    page.largest(report)?;
    page.duplicates(report)?;
    page.errors(report)?;
    page.others(report)?;
    page.foot(run)
}

struct Page<'a, W> {
    out: &'a mut W,
    color: bool,
    root: &'a Path,
}

impl<W: Write> Page<'_, W> {
    /// Names are shown as they are below the root.
    fn name(&self, path: &Path) -> String {
        match path.strip_prefix(self.root) {
            Ok(below) if !below.as_os_str().is_empty() => shown(below),
            _ => shown(path),
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.color {
            format!("\x1b[1m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn dim(&self, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\x1b[2m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn warn(&self, text: &str) -> String {
        if self.color {
            format!("\x1b[1;33m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn title(&mut self, text: &str, note: &str) -> io::Result<()> {
        let (text, note) = (self.bold(text), self.dim(note));
        writeln!(self.out, "\n{}", format!("{text}  {note}").trim_end())
    }

    fn head(&mut self, report: &Report, run: &Run) -> io::Result<()> {
        let totals = report.totals();
        let seconds = run.elapsed.as_secs_f64().max(1e-9);
        let title = self.bold(&format!("Census of {}", shown(&run.root)));
        let rate = self.dim(&format!(
            "{} in {} ({} files/s, {}/s)",
            bytes(totals.counts.bytes),
            clock(run.elapsed),
            count((totals.files as f64 / seconds) as u64),
            bytes((totals.counts.bytes as f64 / seconds) as u64),
        ));
        writeln!(self.out, "{title}  {rate}")?;
        if run.interrupted {
            let note =
                self.warn("Interrupted: this is what had been read by then, not the whole tree.");
            writeln!(self.out, "{note}")?;
        }
        Ok(())
    }

    fn table(&mut self, report: &Report) -> io::Result<()> {
        let (text, data) = report.sorted_rows();
        let totals = report.totals();
        let names = text.iter().chain(&data).map(|row| row.kind.name().len());
        let width = names.max().unwrap_or(0).max(NARROWEST);
        let heading = line(
            width,
            [
                "Kind", "Files", "Size", "Lines", "Code", "Comment", "Blank", "Words",
            ]
            .map(String::from),
        );
        let rule = self.dim(&"─".repeat(heading.chars().count()));
        let heading = self.bold(&heading);
        writeln!(self.out, "\n{heading}\n{rule}")?;
        for row in &text {
            writeln!(self.out, "{}", text_line(width, row))?;
        }
        for row in &data {
            writeln!(self.out, "{}", data_line(width, row))?;
        }
        if report.unread > 0 {
            writeln!(
                self.out,
                "{:width$} {:>10}",
                "(not read)",
                count(report.unread)
            )?;
        }
        // Newlines among bytes that are not text are in the total, as `wc -l` has them, and are no code: so code, comment
        // and blank are those of the text alone.
        let code = text.iter().map(|row| row.counts.code()).sum();
        let comment = text.iter().map(|row| row.counts.comment).sum();
        let blank = text.iter().map(|row| row.counts.blank).sum();
        let counts = Counts {
            comment,
            blank,
            ..totals.counts
        };
        let total = self.bold(&line(
            width,
            full_cells("Total", totals.files, &counts, code),
        ));
        writeln!(self.out, "{rule}\n{total}")
    }

    fn largest(&mut self, report: &Report) -> io::Result<()> {
        if report.largest.is_empty() {
            return Ok(());
        }
        self.title("Largest files", "")?;
        for file in &report.largest {
            writeln!(
                self.out,
                "{:>10}  {:12}  {}",
                bytes(file.bytes),
                file.kind.name(),
                self.name(&file.path)
            )?;
        }
        Ok(())
    }

    fn duplicates(&mut self, report: &Report) -> io::Result<()> {
        let found = &report.duplicates;
        if found.groups == 0 {
            return Ok(());
        }
        let note = format!(
            "{} files in {} groups; one of each would save {}",
            count(found.files),
            count(found.groups),
            bytes(found.wasted)
        );
        self.title("Same content", &note)?;
        for same in found.top.iter().filter(|same| same.wasted > 0) {
            let links = match same.files - same.inodes {
                0 => String::new(),
                1 => ", 1 a hard link".to_owned(),
                links => format!(", {} hard links", count(links)),
            };
            let hash = self.dim(&format!(
                "sha256 {}…",
                &crate::names::hex(&same.digest)[..16]
            ));
            let saves = bytes(same.wasted);
            writeln!(
                self.out,
                "{saves:>10}  {} × {}{links}  {hash}",
                count(same.files),
                bytes(same.bytes)
            )?;
            for path in same.paths.iter().take(SHOWN) {
                writeln!(self.out, "            {}", self.name(path))?;
            }
            self.more(same.files, same.paths.len())?;
        }
        if let Some(why) = &found.lost {
            let note = self.warn(&format!("Sizes and names are incomplete: {why}"));
            writeln!(self.out, "{note}")?;
        }
        Ok(())
    }

    fn more(&mut self, all: u64, listed: usize) -> io::Result<()> {
        let more = all - listed.min(SHOWN) as u64;
        if more > 0 {
            let note = self.dim(&format!("… and {} more", count(more)));
            writeln!(self.out, "            {note}")?;
        }
        Ok(())
    }

    fn errors(&mut self, report: &Report) -> io::Result<()> {
        let errors = &report.errors;
        if errors.count == 0 {
            return Ok(());
        }
        let mut reasons: Vec<_> = errors.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut note = String::new();
        for (why, times) in reasons {
            let _ = write!(
                note,
                "{}{why} {}",
                if note.is_empty() { "" } else { ", " },
                count(*times)
            );
        }
        self.title(
            &format!("Could not be read: {}", count(errors.count)),
            &note,
        )?;
        for (path, why) in errors.listed.iter().take(SHOWN) {
            writeln!(
                self.out,
                "            {}: {}",
                self.name(path),
                self.warn(why)
            )?;
        }
        self.more(errors.count, errors.listed.len())
    }

    fn others(&mut self, report: &Report) -> io::Result<()> {
        let others = &report.others;
        if others.counts.is_empty() {
            return Ok(());
        }
        let mut note = String::new();
        for (what, times) in &others.counts {
            let plural = if *times == 1 { "" } else { "s" };
            let _ = write!(
                note,
                "{}{} {}{plural}",
                if note.is_empty() { "" } else { ", " },
                count(*times),
                what.name()
            );
        }
        self.title("Passed by, being no regular files", &note)?;
        for (path, what) in others.listed.iter().take(SHOWN) {
            writeln!(self.out, "            {}: {}", self.name(path), what.name())?;
        }
        let links = others
            .counts
            .get(&crate::walk::Other::Symlink)
            .copied()
            .unwrap_or(0);
        self.more(
            others.counts.values().sum::<u64>() - links,
            others.listed.len(),
        )
    }

    fn foot(&mut self, run: &Run) -> io::Result<()> {
        if run.restarts == 0 {
            return Ok(());
        }
        let note = format!(
            "A reader failed and was started again {} times.",
            count(run.restarts)
        );
        let note = self.dim(&note);
        writeln!(self.out, "\n{note}")
    }
}

fn text_line(width: usize, row: &Row) -> String {
    line(
        width,
        full_cells(row.kind.name(), row.files, &row.counts, row.counts.code()),
    )
}

fn data_line(width: usize, row: &Row) -> String {
    let mut cells = full_cells(row.kind.name(), row.files, &row.counts, 0);
    // What is not text has neither code nor comment, though it may have words.
    for cell in &mut cells[4..7] {
        cell.clear();
    }
    line(width, cells)
}

fn full_cells(name: &str, files: u64, counts: &Counts, code: u64) -> [String; 8] {
    let numbers = [
        counts.lines,
        code,
        counts.comment,
        counts.blank,
        counts.words,
    ]
    .map(count);
    let [lines, code, comment, blank, words] = numbers;
    [
        name.to_owned(),
        count(files),
        bytes(counts.bytes),
        lines,
        code,
        comment,
        blank,
        words,
    ]
}

fn line(width: usize, cells: [String; 8]) -> String {
    let [kind, files, size, lines, code, comment, blank, words] = cells;
    format!(
        "{kind:width$} {files:>10} {size:>10} {lines:>13} {code:>13} {comment:>11} {blank:>11} {words:>14}"
    )
}
