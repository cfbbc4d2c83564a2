//! The way of one message into the mail and out again: `Handles` and `Reaches`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

use super::block::Subject;
use super::handler::Handler;
use super::locals::{self, local};
use super::mail::{self, Storage};
use crate::attributes;

pub(crate) fn expand(handler: &Handler, index: usize, subject: &Subject) -> TokenStream {
    let handles = handles(handler, index, subject);
    let exact = exact(handler, subject);
    let acknowledging = acknowledging(handler, subject);
    quote! { #handles #exact #acknowledging }
}

fn handles(handler: &Handler, index: usize, subject: &Subject) -> TokenStream {
    let (excuses, cfgs) = (
        attributes::excuses(),
        attributes::conditions(&handler.attrs),
    );
    let (message, actor) = (handler.message.ty(), &subject.ty);
    let (answer, error) = (&handler.outcome.reply, &handler.outcome.error);
    let (handles, reply) = (subject.facade.item("Handles"), subject.facade.item("Reply"));
    let (parameters, arguments, clause) = subject.generics.split_for_impl();
    let opaque = mail::opaque(subject);
    let variant = mail::variant(subject, index);
    let storage = Storage::of(handler, subject);
    let [sent, port, mail, other] = ["sent", "port", "mail", "other"].map(local);
    let (put, taken) = (storage.put(&sent), storage.take(&sent));
    let plain = (!handler.is_async).then(|| {
        quote!(
            const PLAIN: ::core::primitive::bool = true;
        )
    });
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #excuses
        impl #parameters #handles<#message> for #actor #clause {
            type Reply = #answer;
            type Error = #error;
            #plain

            fn wrap(#sent: #message, #port: #reply<#answer, #error>) -> #opaque #arguments {
                #opaque(#variant(#put, #port))
            }

            fn unwrap(
                #mail: #opaque #arguments,
            ) -> ::core::result::Result<(#message, #reply<#answer, #error>), #opaque #arguments> {
                match #mail.0 {
                    #variant(#sent, #port) => ::core::result::Result::Ok((#taken, #port)),
                    #other => ::core::result::Result::Err(#opaque(#other)),
                }
            }
        }
    }
}

fn exact(handler: &Handler, subject: &Subject) -> TokenStream {
    let (answer, error) = (&handler.outcome.reply, &handler.outcome.error);
    let port = local("port");
    reaches(
        handler,
        subject,
        &quote!(#answer),
        &quote!(#error),
        &quote!(#port),
    )
}

/// A recipient that wants to know no more than that the message was handled.
fn acknowledging(handler: &Handler, subject: &Subject) -> TokenStream {
    if !handler.outcome.acknowledges {
        return TokenStream::new();
    }
    let port = local("port");
    let infallible = quote!(::core::convert::Infallible);
    let body = quote!(#port.acknowledging());
    reaches(handler, subject, &quote!(()), &infallible, &body)
}

fn reaches(
    handler: &Handler,
    subject: &Subject,
    answer: &TokenStream,
    error: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let (excuses, cfgs) = (
        attributes::excuses(),
        attributes::conditions(&handler.attrs),
    );
    let (message, actor) = (handler.message.ty(), &subject.ty);
    let (own, own_error) = (&handler.outcome.reply, &handler.outcome.error);
    let (reaches, reply) = (subject.facade.item("Reaches"), subject.facade.item("Reply"));
    let (parameters, _, clause) = subject.generics.split_for_impl();
    let port = local("port");
    // If the answer is an alias of `()`, both ports are one; rustc says so at the answer then.
    let here = handler.outcome.types.first().map(Spanned::span);
    let here = here.unwrap_or_else(Span::call_site);
    let implementation = quote! {
        impl #parameters #reaches<#message, #answer, #error> for #actor #clause {
            fn port(#port: #reply<#answer, #error>) -> #reply<#own, #own_error> {
                #body
            }
        }
    };
    let implementation = locals::shown_at(implementation, here);
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #[doc(hidden)]
        #excuses
        #implementation
    }
}
