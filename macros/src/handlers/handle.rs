//! The handle: the type behind an address that has one method for each `#[message]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::block::{Block, Subject};
use super::handler::{Handler, Message, Own};
use super::names;
use super::outcome::Verb;
use crate::attributes;

pub(crate) fn expand(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let definition = definition(subject);
    let methods = block
        .handlers
        .iter()
        .filter_map(|handler| method(handler, subject));
    let (excuses, cfgs) = (attributes::excuses(), &subject.cfgs);
    let handle = names::handle(&subject.name);
    let (parameters, arguments, clause) = subject.generics.split_for_impl();
    quote! {
        #definition

        #(#cfgs)*
        #excuses
        impl #parameters #handle #arguments #clause { #(#methods)* }
    }
}

fn definition(subject: &Subject) -> TokenStream {
    let (excuses, cfgs) = (attributes::excuses(), &subject.cfgs);
    let (handle, actor, name) = (names::handle(&subject.name), &subject.ty, &subject.name);
    let raw = subject.facade.item("RawAddress");
    let generics = &subject.generics;
    let clause = &generics.where_clause;
    let docs = format!(
        " What an address of [`{name}`] can be told and asked: one method for each message."
    );
    let only_once = only_once(subject);
    quote! {
        #only_once

        #(#cfgs)*
        #[doc = #docs]
        #excuses
        pub struct #handle #generics #clause { raw: #raw<#actor> }
    }
}

/// The trait impls, which show nothing to a reader and hide with the mail.
pub(crate) fn impls(subject: &Subject) -> TokenStream {
    let excuses = attributes::excuses();
    let (handle, actor) = (names::handle(&subject.name), &subject.ty);
    let raw = subject.facade.item("RawAddress");
    let handle_of = subject.facade.item("HandleOf");
    let (parameters, arguments, clause) = subject.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #excuses
        impl #parameters ::core::clone::Clone for #handle #arguments #clause {
            fn clone(&self) -> Self {
                Self { raw: ::core::clone::Clone::clone(&self.raw) }
            }
        }

        #[automatically_derived]
        #[doc(hidden)]
        #excuses
        impl #parameters #handle_of<#actor> for #handle #arguments #clause {
            fn from_raw(raw: #raw<#actor>) -> Self {
                Self { raw }
            }

            fn raw(&self) -> &#raw<#actor> {
                &self.raw
            }
        }
    }
}

/// Two blocks for one actor clash in many ways, of which rustc can word none for us. It reports
/// names that are there twice before all else, so this name says what to do.
fn only_once(subject: &Subject) -> TokenStream {
    let name = format_ident!(
        "__{}_takes_one_handlers_block_with_all_its_messages",
        subject.name.unraw()
    );
    let (excuses, cfgs) = (attributes::excuses(), &subject.cfgs);
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #excuses
        const #name: () = ();
    }
}

/// The method of a `#[message]`; a `#[handler]` has none, its message is sent by `tell` and `ask`.
fn method(handler: &Handler, subject: &Subject) -> Option<TokenStream> {
    let Message::Own(own) = &handler.message else {
        return None;
    };
    let attrs = attributes::visible(&handler.attrs);
    let docs = docs(handler, subject);
    let (vis, name) = (&handler.vis, &handler.ident);
    let (message, actor) = (handler.message.ty(), &subject.ty);
    let builder = subject.facade.item(handler.outcome.verb.builder());
    let verb = match handler.outcome.verb {
        Verb::Tell => quote!(tell),
        Verb::Ask => quote!(ask),
    };
    let params = own.fields.iter().map(|field| {
        let (name, ty) = (&field.name, &field.ty);
        quote!(#name: #ty)
    });
    let sent = literal(own);
    Some(quote! {
        #(#attrs)*
        #(#[doc = #docs])*
        #vis fn #name(&self, #(#params),*) -> #builder<'_, #actor, #message> {
            self.raw.#verb(#sent)
        }
    })
}

/// `AccountDeposit { amount }`, from locals of the fields' names.
fn literal(own: &Own) -> TokenStream {
    let (name, fields) = (&own.name, own.fields.iter().map(|field| &field.name));
    quote!(#name { #(#fields),* })
}

fn docs(handler: &Handler, subject: &Subject) -> Vec<String> {
    let has_own = handler.attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let mut docs = Vec::new();
    if has_own {
        docs.push(String::new());
    } else {
        docs.push(format!(
            " Sends [`{}::{}`] its message.",
            subject.name, handler.ident
        ));
        docs.push(String::new());
    }
    docs.push(match handler.outcome.verb {
        Verb::Tell => " *A tell: awaiting it waits until the mailbox has accepted the message; `.ask()` waits until it was handled.*".to_owned(),
        Verb::Ask => format!(
            " *An ask, answered by `{}`: awaiting it waits for the answer; `.tell()` sends the message and lets the answer go.*",
            handler.outcome.shown
        ),
    });
    docs
}
