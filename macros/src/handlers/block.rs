//! The `impl` block as a whole: whose it is, and which functions in it are marked.

use proc_macro2::Ident;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Generics, ImplItem, ImplItemFn, ItemImpl, Path, Type};

use super::handler::Handler;
use super::hook::{Hook, Moment};
use super::mark::{self, Mark};
use super::signature;
use super::types::{self, ReplaceSelf};
use crate::attributes;
use crate::errors::Errors;
use crate::paths::Facade;

/// The actor that the block is written for, and where to find the facade.
pub(crate) struct Subject {
    pub(crate) facade: Facade,
    /// `Cache<K, V>`
    pub(crate) ty: Type,
    /// `Cache`
    pub(crate) name: Ident,
    /// Those of the block, with the actor's type in place of `Self`.
    pub(crate) generics: Generics,
    /// What switches the block as a whole on or off.
    pub(crate) cfgs: Vec<Attribute>,
}

impl Subject {
    pub(crate) fn read(
        block: &ItemImpl,
        facade: Option<&Path>,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let Some((path, _)) = &block.trait_ {
            errors.at(
                path,
                "the handlers of an actor stand in an `impl` block of its own: write `#[handlers] impl Actor { .. }`, and leave the trait to another block",
            );
            return None;
        }
        let ty = types::bare(&block.self_ty).clone();
        let Some(last) = types::last_segment(&ty) else {
            errors.at(
                ty,
                "handlers belong to the struct or enum that stands under `#[actor]`: write `impl Name { .. }`",
            );
            return None;
        };
        let name = last.ident.clone();
        if let Some(lifetime) = block.generics.lifetimes().next() {
            errors.at(
                lifetime,
                "an actor outlives the function that spawns it, so it cannot borrow: own the data, or share it with `Arc`",
            );
            return None;
        }
        let mut generics = block.generics.clone();
        ReplaceSelf(&ty).visit_generics_mut(&mut generics);
        Some(Self {
            facade: Facade::resolve(facade),
            ty,
            name,
            generics,
            cfgs: attributes::conditions(&block.attrs),
        })
    }

    pub(crate) fn without_self(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        ReplaceSelf(&self.ty).visit_type_mut(&mut ty);
        ty
    }

    pub(crate) fn is_generic(&self) -> bool {
        !self.generics.params.is_empty()
    }
}

/// What the marked functions of a block add up to.
pub(crate) struct Block {
    pub(crate) subject: Subject,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) hooks: Vec<Hook>,
}

impl Block {
    pub(crate) fn new(subject: Subject) -> Self {
        Self {
            subject,
            handlers: Vec::new(),
            hooks: Vec::new(),
        }
    }

    /// Takes the marks off the block and reads what they stood on.
    pub(crate) fn collect(&mut self, block: &mut ItemImpl, errors: &mut Errors) {
        for item in &mut block.items {
            match item {
                ImplItem::Fn(function) => {
                    if let Some(mark) = mark::take(&mut function.attrs, errors) {
                        self.add(mark, function, errors);
                        signature::strip_docs(&mut function.sig);
                        function.attrs.insert(0, attributes::owed());
                    }
                }
                ImplItem::Const(item) => mark::refuse(&mut item.attrs, errors),
                ImplItem::Type(item) => mark::refuse(&mut item.attrs, errors),
                ImplItem::Macro(item) => mark::refuse(&mut item.attrs, errors),
                _ => {}
            }
        }
    }

    fn add(&mut self, mark: Mark, function: &ImplItemFn, errors: &mut Errors) {
        let subject = &self.subject;
        match mark {
            Mark::Message(options) => {
                let handler = Handler::message(function, options, subject, errors);
                self.add_handler(handler, errors);
            }
            Mark::Handler(options) => {
                let handler = Handler::foreign(function, options, subject, errors);
                self.add_handler(handler, errors);
            }
            Mark::Started => self.add_hook(Moment::Started, function, errors),
            Mark::Restarted => self.add_hook(Moment::Restarted, function, errors),
            Mark::Stopping => self.add_hook(Moment::Stopping, function, errors),
        }
    }

    fn add_handler(&mut self, handler: Option<Handler>, errors: &mut Errors) {
        let Some(handler) = handler else { return };
        match self.twin(&handler) {
            Some(twin) => errors.at(&handler.ident, handler.clash(twin)),
            None => self.handlers.push(handler),
        }
    }

    /// Another handler of the same message. Two that a `#[cfg]` keeps apart are none.
    fn twin(&self, handler: &Handler) -> Option<&Handler> {
        let message = handler.message.ty().to_string();
        self.handlers
            .iter()
            .filter(|other| other.is_unconditional() && handler.is_unconditional())
            .find(|other| other.message.ty().to_string() == message)
    }

    fn add_hook(&mut self, moment: Moment, function: &ImplItemFn, errors: &mut Errors) {
        let Some(hook) = Hook::read(moment, function, errors) else {
            return;
        };
        let unconditional = |hook: &&Hook| hook.cfgs.is_empty();
        let mut others = self.hooks.iter().filter(|other| other.moment == moment);
        if hook.cfgs.is_empty() && others.any(|other| unconditional(&other)) {
            errors.at(
                &hook.ident,
                format!(
                    "an actor has one `{}` hook: call the second from the first",
                    moment.mark()
                ),
            );
            return;
        }
        self.hooks.push(hook);
    }

    /// Whether there is a handler that needs no future.
    pub(crate) fn has_plain(&self) -> bool {
        self.handlers.iter().any(|handler| !handler.is_async)
    }

    /// Whether threads can run this actor: nothing in it waits, and nothing needs a supervisor.
    pub(crate) fn is_blocking(&self) -> bool {
        let handlers = self.handlers.iter().any(|handler| handler.is_async);
        let hooks = self
            .hooks
            .iter()
            .any(|hook| hook.is_async || hook.moment == Moment::Restarted);
        !handlers && !hooks
    }
}

/// Takes the marks off a block of which nothing is made.
pub(crate) fn strip(block: &mut ItemImpl) {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item {
            mark::strip(&mut function.attrs);
            signature::strip_docs(&mut function.sig);
        }
    }
}
