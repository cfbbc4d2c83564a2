//! Checks that cost nothing and are never run: they turn mistakes that would show up late, or
//! not at all, into errors on the user's token.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Lifetime};

use super::block::{Block, Subject};
use super::handler::{Handler, Message, Own};
use super::locals::{at, local_at, numbered};
use crate::attributes;

pub(crate) fn expand(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let found = block
        .handlers
        .iter()
        .filter_map(|handler| match &handler.message {
            Message::Own(own) => Some(found(handler, own, subject)),
            Message::Foreign(_) => None,
        });
    let shared = waiting(block).map(|waiting| waiting.expand(subject));
    quote! { #(#found)* #(#shared)* }
}

/// Checks that `address.method(..)` finds the method of the message. A method of the address
/// itself would hide it, and so would one that a trait in scope gives to every type.
fn found(handler: &Handler, own: &Own, subject: &Subject) -> TokenStream {
    let (excuses, cfgs) = (
        attributes::excuses(),
        attributes::conditions(&handler.attrs),
    );
    let name = &handler.ident;
    let probe = format_ident!("__find_{}", name.unraw());
    let (message, actor) = (handler.message.ty(), &subject.ty);
    let address = subject.facade.item("Address");
    let builder = subject.facade.item(handler.outcome.verb.builder());
    let values = (0..own.fields.len()).map(|index| numbered("value", index));
    let values: Vec<Ident> = values.collect();
    let types = own.fields.iter().map(|field| &field.ty);
    let lifetime = Lifetime::new("'__address", Span::mixed_site());
    let params = &subject.generics.params;
    let clause = &subject.generics.where_clause;
    let on = local_at("on", name);
    let called = quote_spanned!(at(name)=> #on.#name(#(#values),*));
    quote! {
        #(#cfgs)*
        #excuses
        fn #probe<#lifetime, #params>(
            #on: &#lifetime #address<#actor>,
            #(#values: #types),*
        ) -> #builder<#lifetime, #actor, #message> #clause {
            #called
        }
    }
}

/// An `async fn(&self)`: its future holds a reference to the state while it waits, and that may
/// go to another thread only if the state is `Sync`.
struct Waiting<'a> {
    function: &'a Ident,
    receiver: Span,
    cfgs: Vec<Attribute>,
}

fn waiting(block: &Block) -> impl Iterator<Item = Waiting<'_>> {
    let handlers = block.handlers.iter().filter(|handler| handler.is_async);
    let handlers = handlers.filter_map(|handler| {
        Some(Waiting {
            function: &handler.ident,
            receiver: handler.shared?,
            cfgs: attributes::conditions(&handler.attrs),
        })
    });
    let hooks = block.hooks.iter().filter(|hook| hook.is_async);
    let hooks = hooks.filter_map(|hook| {
        Some(Waiting {
            function: &hook.ident,
            receiver: hook.shared?,
            cfgs: hook.cfgs.clone(),
        })
    });
    handlers.chain(hooks)
}

impl Waiting<'_> {
    /// rustc's own error speaks of the state alone; this one says what to write. It needs a type
    /// without parameters, so a generic actor gets rustc's only.
    fn expand(&self, subject: &Subject) -> TokenStream {
        if subject.is_generic() {
            return TokenStream::new();
        }
        let (actor, cfgs, excuses) = (&subject.ty, &self.cfgs, attributes::excuses());
        let sentence = format!(
            "`async fn {}(&self)` keeps a reference to `{}` while it waits, so the state would have to be `Sync`: take `&mut self`",
            self.function, subject.name
        );
        let here = self.receiver.resolved_at(Span::call_site());
        let is_sync = quote_spanned!(here=> Subject::<#actor>::IS_SYNC);
        let assertion = quote_spanned!(here=> ::core::assert!(#is_sync, #sentence));
        quote! {
            #(#cfgs)*
            #excuses
            const _: () = {
                struct Subject<T>(::core::marker::PhantomData<T>);
                trait Otherwise {
                    const IS_SYNC: ::core::primitive::bool = false;
                }
                impl<T> Otherwise for Subject<T> {}
                // Found before the trait's, but only if the bound holds.
                impl<T: ::core::marker::Sync> Subject<T> {
                    const IS_SYNC: ::core::primitive::bool = true;
                }
                #assertion
            };
        }
    }
}
