//! The struct of a message, made from the arguments of its handler.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use super::block::{Block, Subject};
use super::generics;
use super::handler::{Field, Handler, Message, Own};
use super::locals::local;
use crate::attributes;

/// Nothing for a `#[handler]`, whose message exists already.
pub(crate) fn expand(handler: &Handler, subject: &Subject) -> TokenStream {
    let Message::Own(own) = &handler.message else {
        return TokenStream::new();
    };
    let definition = definition(handler, own, subject);
    let cfgs = [&subject.cfgs[..], &attributes::conditions(&handler.attrs)].concat();
    let clone = clone(own, &cfgs);
    let debug = debug(handler, own, &cfgs);
    quote! { #definition #clone #debug }
}

fn definition(handler: &Handler, own: &Own, subject: &Subject) -> TokenStream {
    let excuses = attributes::excuses();
    let docs = docs(handler, own, subject);
    let attrs = [&subject.cfgs[..], &attributes::undocumented(&handler.attrs)].concat();
    let vis = &handler.vis;
    let (name, generics) = (&own.name, &own.generics);
    let clause = &generics.where_clause;
    if own.fields.is_empty() {
        return quote! {
            #(#attrs)* #(#[doc = #docs])* #excuses
            #vis struct #name;
        };
    }
    let fields = own.fields.iter().map(|field| {
        let Field { name, ty, docs } = field;
        let generated = docs.is_empty().then(|| {
            let text = format!(" `{name}` of [`{}::{}`].", subject.name, handler.ident);
            quote!(#[doc = #text])
        });
        quote! { #(#docs)* #generated #vis #name: #ty }
    });
    quote! {
        #(#attrs)* #(#[doc = #docs])* #excuses
        #vis struct #name #generics #clause { #(#fields),* }
    }
}

/// Names each type that a message or its answer carries, so that one which is not `Send` is
/// reported where it is written and before all that depends on it.
pub(crate) fn checks(block: &Block) -> TokenStream {
    let carried = local("__WhatAMessageCarriesMustBeSend");
    let answered = local("__WhatAHandlerAnswersMustBeSend");
    let excuses = attributes::excuses();
    let checks = block.handlers.iter().flat_map(|handler| {
        let sent = match &handler.message {
            Message::Own(own) => own.fields.iter().map(|field| &field.ty).collect(),
            Message::Foreign(ty) => vec![ty],
        };
        let sent = sent.into_iter().map(|ty| (&carried, ty));
        let returned = handler.outcome.types.iter().map(|ty| (&answered, ty));
        let named = sent.chain(returned);
        named
            .filter_map(|(check, ty)| checked(check, ty, handler, &block.subject))
            .collect::<Vec<_>>()
    });
    let checks: Vec<TokenStream> = checks.collect();
    let definitions = [&carried, &answered].map(|check| {
        quote! {
            #excuses
            struct #check<T: ::core::marker::Send + 'static>(T);
        }
    });
    quote! { #(#definitions)* #(#checks)* }
}

/// A parameter of the actor has no meaning in a constant; its bounds are on the impl.
fn checked(check: &Ident, ty: &Type, handler: &Handler, subject: &Subject) -> Option<TokenStream> {
    if !generics::used(&ty.to_token_stream(), &subject.generics).is_empty() {
        return None;
    }
    let (excuses, cfgs) = (
        attributes::excuses(),
        attributes::conditions(&handler.attrs),
    );
    let here = Ident::new(&check.to_string(), check.span().located_at(ty.span()));
    let checked = quote_spanned!(ty.span()=> #here<#ty>);
    Some(quote! {
        #(#cfgs)*
        #excuses
        const _: ::core::marker::PhantomData<#checked> = ::core::marker::PhantomData;
    })
}

fn docs(handler: &Handler, own: &Own, subject: &Subject) -> Vec<String> {
    let mut docs = vec![format!(
        " The message of [`{}::{}`].",
        subject.name, handler.ident
    )];
    if let Some(summary) = attributes::summary(&handler.attrs) {
        docs.push(String::new());
        // In a link, `Self` would be the message.
        let summary = summary.replace("Self::", &format!("{}::", subject.name));
        docs.extend(summary.lines().map(|line| format!(" {line}")));
    }
    if !own.fields.is_empty() && own.generics.params.is_empty() {
        docs.push(String::new());
        docs.push(
            " It lies in the mailbox itself; above 128 bytes it is boxed for the way, which costs an allocation."
                .to_owned(),
        );
    }
    docs
}

/// The clause says `for<'a>` so that a field that is not `Clone` forbids the use of the impl,
/// not the impl.
fn clone(own: &Own, cfgs: &[Attribute]) -> TokenStream {
    let bound = quote!(::core::clone::Clone);
    let (head, clause) = head(own, &bound);
    let excuses = attributes::excuses();
    let fields = own.fields.iter().map(|field| {
        let name = &field.name;
        quote!(#name: ::core::clone::Clone::clone(&self.#name))
    });
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #excuses
        #head #clause {
            fn clone(&self) -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

fn debug(handler: &Handler, own: &Own, cfgs: &[Attribute]) -> TokenStream {
    let bound = quote!(::core::fmt::Debug);
    let (head, clause) = head(own, &bound);
    let excuses = attributes::excuses();
    let label = handler.message.label();
    let names = own.fields.iter().map(|field| &field.name);
    let shown = own
        .fields
        .iter()
        .map(|field| field.name.unraw().to_string());
    let formatter = local("formatter");
    let written = if own.fields.is_empty() {
        quote!(#formatter.write_str(#label))
    } else {
        quote!(#formatter.debug_struct(#label) #(.field(#shown, &self.#names))* .finish())
    };
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #excuses
        #head #clause {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #written
            }
        }
    }
}

/// `impl<K> Bound for CacheGet<K>` and its clause with `for<'a> Field: Bound`.
fn head(own: &Own, bound: &TokenStream) -> (TokenStream, TokenStream) {
    let name = &own.name;
    let (parameters, arguments, clause) = own.generics.split_for_impl();
    let predicates = clause
        .map(|clause| &clause.predicates)
        .into_iter()
        .flatten();
    let fields = own.fields.iter().map(|field| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> for<'__field> #ty: #bound)
    });
    (
        quote!(impl #parameters #bound for #name #arguments),
        quote!(where #(#predicates,)* #(#fields),*),
    )
}
