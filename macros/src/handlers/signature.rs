//! The shape of a marked function: its receiver and its parameters, sorted by what they are.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{
    FnArg, Generics, ImplItemFn, Pat, PatType, ReceiverKind, ReturnType, Safety, Signature, Type,
};

use super::types::{self, Unstorable};
use crate::errors::Errors;

/// One parameter after `self`, in the order of the signature.
pub(crate) enum Param {
    /// `cx: &mut Context<Self>`
    Context,
    /// `reply: Reply<T, E>`: the handler answers through it.
    Reply(Type),
    /// `why: &ExitReason`, in the stopping hook.
    Reason(Type),
    /// `previous: &Incarnation`, in the restarted hook.
    Previous(Type),
    /// Anything else: part of the message.
    Argument(PatType),
}

/// What a marked function looks like.
pub(crate) struct Shape {
    pub(crate) is_async: bool,
    /// Where the `self` of a `&self` stands; nothing for `&mut self`.
    pub(crate) shared: Option<Span>,
    pub(crate) params: Vec<Param>,
    pub(crate) output: ReturnType,
}

impl Shape {
    /// Nothing if the function can be no handler and no hook at all.
    pub(crate) fn read(function: &ImplItemFn, errors: &mut Errors) -> Option<Self> {
        let signature = &function.sig;
        // All are checked before one of them ends it, so that each mistake is reported.
        let is_plain = check_qualifiers(signature, errors);
        let is_one_type = check_generics(&signature.generics, errors);
        let shared = receiver(signature, errors);
        let params = params(signature, errors);
        let is_owned = check_output(&signature.output, errors);
        Some(Self {
            is_async: signature.asyncness.is_some(),
            shared: shared?,
            params: params?,
            output: signature.output.clone(),
        })
        .filter(|_| is_plain && is_one_type && is_owned)
    }

    /// The type of the `Reply` parameter.
    pub(crate) fn reply(&self) -> Option<&Type> {
        self.params.iter().find_map(|param| match param {
            Param::Reply(ty) => Some(ty),
            _ => None,
        })
    }
}

fn check_qualifiers(signature: &Signature, errors: &mut Errors) -> bool {
    if let Some(token) = &signature.constness {
        errors.at(
            token,
            "a handler runs when a message comes, never at compile time: write a plain `fn` or an `async fn`",
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(
            token,
            "anybody with an address may send this message, so its handler is safe to call: write a plain `fn` with the `unsafe` block inside",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.at(
            abi,
            "a handler is called by the actor alone: write a plain `fn` or an `async fn`",
        );
    }
    let is_safe = !matches!(signature.safety, Safety::Unsafe(_));
    is_safe && signature.constness.is_none() && signature.abi.is_none()
}

fn check_generics(generics: &Generics, errors: &mut Errors) -> bool {
    if !generics.params.is_empty() {
        errors.at(
            &generics.params,
            "a message is one type, so its handler cannot be generic: put the parameter on the actor, or take an enum or a `Box<dyn Trait + Send>`",
        );
        return false;
    }
    if let Some(clause) = &generics.where_clause {
        errors.at(
            clause,
            "a bound of a handler holds for the whole actor: put it on the `impl` block",
        );
        return false;
    }
    true
}

/// `Some(Some(span))` for `&self`, `Some(None)` for `&mut self`, nothing for a mistake.
fn receiver(signature: &Signature, errors: &mut Errors) -> Option<Option<Span>> {
    let Some(receiver) = signature.receiver() else {
        errors.at(
            &signature.ident,
            "a handler works on the state of its actor: give it `&self` or `&mut self` as first parameter",
        );
        return None;
    };
    let mutable = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutable) => Some(mutable.is_some()),
        ReceiverKind::Typed(_, ty) => match types::bare(ty) {
            Type::Reference(reference) if types::is_named(&reference.elem, "Self") => {
                Some(reference.mutability.is_some())
            }
            _ => None,
        },
        _ => None,
    };
    let Some(mutable) = mutable else {
        errors.at(
            receiver,
            "the state stays with the actor for the next message: take `&self` or `&mut self`",
        );
        return None;
    };
    Some((!mutable).then(|| receiver.self_token.span()))
}

fn params(signature: &Signature, errors: &mut Errors) -> Option<Vec<Param>> {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let params: Vec<Option<Param>> = typed.map(|typed| param(typed, errors)).collect();
    let params: Vec<Param> = params.into_iter().collect::<Option<_>>()?;
    check_once(&params, signature, errors).then_some(params)
}

/// There is one context and one answer.
fn check_once(params: &[Param], signature: &Signature, errors: &mut Errors) -> bool {
    let contexts = params
        .iter()
        .filter(|param| matches!(param, Param::Context));
    if contexts.count() > 1 {
        errors.at(
            &signature.inputs,
            "an actor has one context: take `cx: &mut Context<Self>` once",
        );
        return false;
    }
    let mut replies = params.iter().filter_map(|param| match param {
        Param::Reply(ty) => Some(ty),
        _ => None,
    });
    if let Some(second) = replies.nth(1) {
        errors.at(
            second,
            "a message is answered once: take one `Reply`, and send what else there is as messages of its own",
        );
        return false;
    }
    true
}

fn param(typed: &PatType, errors: &mut Errors) -> Option<Param> {
    check_attributes(typed, errors);
    match types::bare(&typed.ty) {
        Type::Reference(lent) if types::is_named(&lent.elem, "Context") => {
            if lent.mutability.is_none() {
                errors.at(&typed.ty, CONTEXT);
                return None;
            }
            Some(Param::Context)
        }
        Type::Reference(lent) if types::is_named(&lent.elem, "ExitReason") => {
            Some(Param::Reason(typed.ty.as_ref().clone()))
        }
        Type::Reference(lent) if types::is_named(&lent.elem, "Incarnation") => {
            Some(Param::Previous(typed.ty.as_ref().clone()))
        }
        ty if types::is_named(ty, "Context") => {
            errors.at(ty, CONTEXT);
            None
        }
        ty if types::is_named(ty, "Reply") => Some(Param::Reply(ty.clone())),
        ty => check_owned(ty, errors).then(|| Param::Argument(typed.clone())),
    }
}

const CONTEXT: &str = "the context is lent to the handler: write `cx: &mut Context<Self>`";

fn check_attributes(typed: &PatType, errors: &mut Errors) {
    for attr in &typed.attrs {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            errors.at(
                attr,
                "a message has the same fields everywhere: put the `#[cfg]` on the handler, and write one handler for each case",
            );
        }
    }
}

fn check_owned(ty: &Type, errors: &mut Errors) -> bool {
    match types::unstorable(ty) {
        None => true,
        Some(Unstorable::Borrowed(tokens)) => {
            errors.at(
                tokens,
                "a message owns its data, since it may outlive the call: take an owned type, such as `String` for `&str`, or share with `Arc`",
            );
            false
        }
        Some(Unstorable::Unnamed(tokens)) => {
            errors.at(
                tokens,
                "a message is one type with a name, so `impl Trait` cannot be part of it: name the type, or take a `Box<dyn Trait + Send>`",
            );
            false
        }
    }
}

fn check_output(output: &ReturnType, errors: &mut Errors) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return true;
    };
    if let Type::Never(never) = types::bare(ty) {
        errors.at(
            never,
            "a handler that never returns keeps its actor from the next message: return a value, or nothing",
        );
        return false;
    }
    match types::unstorable(ty) {
        None => return true,
        Some(Unstorable::Borrowed(tokens)) => errors.at(
            tokens,
            "a reply goes to another task, so it cannot borrow from the actor: return an owned type, such as `String` for `&str`, or an `Arc`",
        ),
        Some(Unstorable::Unnamed(tokens)) => errors.at(
            tokens,
            "a reply is one type with a name, so `impl Trait` cannot be part of it: name the type, or return a `Box<dyn Trait + Send>`",
        ),
    }
    false
}

/// The name of an argument, if its pattern is one: nothing for `_`.
pub(crate) fn argument_name(
    typed: &PatType,
    errors: &mut Errors,
) -> Option<Option<proc_macro2::Ident>> {
    match strip(&typed.pat) {
        Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {
            Some(Some(name.ident.clone()))
        }
        Pat::Wild(_) => Some(None),
        other => {
            errors.at(
                other,
                "an argument becomes a field of the message, so it needs one name: take it whole and destructure it in the body",
            );
            None
        }
    }
}

fn strip(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Paren(paren) => strip(&paren.pat),
        other => other,
    }
}

/// Takes the docs off the parameters: rustc refuses them there, and they have gone to the fields.
pub(crate) fn strip_docs(signature: &mut Signature) {
    for input in &mut signature.inputs {
        if let FnArg::Typed(typed) = input {
            typed.attrs.retain(|attr| !attr.path().is_ident("doc"));
        }
    }
}

/// What is written after the arrow, for a message about it.
pub(crate) fn written(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
}
