//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::count::WordRule;

/// Takes an inventory of a directory tree.
///
/// Per language or kind: files, bytes, lines of code, comment and nothing, words. Then the largest
/// files, files with the same content, and what could not be read, and why.
///
/// Files are what `find -type f` finds: symbolic links are neither followed nor counted. Lines are
/// newline bytes, as `wc -l` counts. Words are those of `wc -w` in the C locale, in files that have
/// no NUL in their first 8 KiB.
#[derive(Parser, Debug)]
#[command(name = "census", version, verbatim_doc_comment, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The tree to look at (a single file will do)
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,

    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,

    /// How many threads read [default: one for each processor]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) readers: Option<u16>,

    /// How many of the largest files and of the groups of duplicates to list
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,

    /// Do not go into folders on other file systems
    #[arg(short = 'x', long)]
    pub(crate) one_file_system: bool,

    /// What counts as a word
    #[arg(long, value_name = "RULE", value_enum, default_value_t = Rule::Printable)]
    pub(crate) words: Rule,

    /// Serve /metrics at this address while the census runs; port 0 takes any free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) serve: Option<String>,

    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Make a reader fail at every Nth file it takes, to see that nothing is lost
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) fail_every: Option<u64>,
}

/// [`WordRule`] on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Rule {
    /// Bytes that are not printable ASCII neither start nor end a word, as in GNU wc before 9.5
    Printable,
    /// Every byte but white space belongs to a word, as in GNU wc since 9.5
    Any,
}

impl From<Rule> for WordRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Printable => Self::Printable,
            Rule::Any => Self::Any,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  census                          the current folder
  census ~/src -x                 a tree, staying on its file system
  census --json | jq .totals      {files, bytes, lines, words, errors}
  census / --serve 127.0.0.1:0    says where its metrics are while it works
  census --fail-every 3           readers panic all the time; the totals are the same

Ctrl-C ends the census and reports what was read by then; a second one ends it at once.

Exit status: 0 when the report is complete (files that could not be read are in it), 1 when it could not
be made, 2 for a wrong command line, 130 when interrupted (143 by SIGTERM).";
