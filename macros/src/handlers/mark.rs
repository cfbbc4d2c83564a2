//! The marks on the functions of the block: `#[message]`, `#[handler]`, `#[started]`,
//! `#[restarted]`, `#[stopping]`, and what stands in their brackets.

use proc_macro2::Ident;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Meta, Result};

use crate::errors::Errors;
use crate::options;

/// What a function of the block is for.
pub(crate) enum Mark {
    /// A message of the function's own name and arguments.
    Message(Options),
    /// A message of a type that exists already.
    Handler(Options),
    Started,
    Restarted,
    Stopping,
}

/// What stands in the brackets of `#[message(..)]` and `#[handler(..)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Ident>,
    /// The future of this handler goes to the heap.
    pub(crate) boxed: Option<Ident>,
    /// An `Err` that no caller takes is reported, and the actor goes on.
    pub(crate) report: Option<Ident>,
    /// A message whose caller has gone is not handled.
    pub(crate) skip_abandoned: bool,
    /// The return type is an alias of `Result` that is not called so.
    pub(crate) result: Option<Ident>,
}

const MESSAGE: &[&str] = &["name", "boxed", "on_error", "skip_abandoned", "result"];
const HANDLER: &[&str] = &["boxed", "on_error", "skip_abandoned", "result"];

/// Takes the mark off the attributes, so that the block compiles without this crate's help.
pub(crate) fn take(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Mark> {
    let mut mark = None;
    for attr in attrs.extract_if(.., |attr| is_mark(attr)) {
        let read = Mark::read(&attr, errors);
        if mark.is_some() {
            errors.at(
                &attr,
                "a function has one mark: keep one of `#[message]`, `#[handler]`, `#[started]`, `#[restarted]` and `#[stopping]`",
            );
        } else {
            mark = Some(read);
        }
    }
    mark
}

/// Takes the marks off without a word: the block has a mistake that makes them void.
pub(crate) fn strip(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attr| !is_mark(attr));
}

/// A mark on something that is no function. Left there, rustc would call it an unknown attribute.
pub(crate) fn refuse(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    for attr in attrs.extract_if(.., |attr| is_mark(attr)) {
        errors.at(
            attr,
            "only a function can be marked: write `fn name(&mut self)` under it",
        );
    }
}

fn is_mark(attr: &Attribute) -> bool {
    ["message", "handler", "started", "restarted", "stopping"]
        .iter()
        .any(|name| attr.path().is_ident(name))
}

impl Mark {
    /// Options that were read before a wrong one still count: the mistake is reported by itself.
    fn read(attr: &Attribute, errors: &mut Errors) -> Self {
        if attr.path().is_ident("message") {
            Self::Message(Options::of(attr, "`#[message]`", MESSAGE, errors))
        } else if attr.path().is_ident("handler") {
            Self::Handler(Options::of(attr, "`#[handler]`", HANDLER, errors))
        } else if attr.path().is_ident("started") {
            Options::of(attr, "`#[started]`", &[], errors);
            Self::Started
        } else if attr.path().is_ident("restarted") {
            Options::of(attr, "`#[restarted]`", &[], errors);
            Self::Restarted
        } else {
            Options::of(attr, "`#[stopping]`", &[], errors);
            Self::Stopping
        }
    }
}

impl Options {
    fn of(attr: &Attribute, of: &str, known: &[&str], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        if !matches!(attr.meta, Meta::Path(_)) {
            errors.keep(attr.parse_nested_meta(|meta| options.read(&meta, of, known)));
        }
        options
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>, of: &str, known: &[&str]) -> Result<()> {
        let key = options::key(meta);
        if !known.contains(&key.as_str()) {
            return Err(options::unknown(meta, of, known));
        }
        let here = || meta.path.require_ident().cloned();
        match key.as_str() {
            "name" => options::set(&mut self.name, meta.value()?.parse()?, meta),
            "boxed" => options::set(&mut self.boxed, here()?, meta),
            "on_error" => {
                on_error(meta)?;
                options::set(&mut self.report, here()?, meta)
            }
            "skip_abandoned" => options::raise(&mut self.skip_abandoned, meta),
            _ => options::set(&mut self.result, here()?, meta),
        }
    }
}

fn on_error(meta: &ParseNestedMeta<'_>) -> Result<()> {
    let choice: Ident = meta.value()?.parse()?;
    if choice == "report" {
        return Ok(());
    }
    Err(Error::new_spanned(
        choice,
        "write `on_error = report` (the error is reported and the actor goes on), or leave it out (the actor fails)",
    ))
}
