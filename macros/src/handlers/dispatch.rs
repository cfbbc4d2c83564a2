//! From the mail to the handlers: `Actor` and, if nothing in it waits, `BlockingActor`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::block::{Block, Subject};
use super::call::{self, Call};
use super::handler::{Handler, Message, Place};
use super::lifecycle;
use super::locals::{local, numbered};
use super::mail::{self, Storage};
use super::names;
use super::outcome::Answer;
use crate::attributes;

pub(crate) fn expand(block: &Block) -> TokenStream {
    let actor = actor(block);
    if block.is_blocking() {
        let blocking = blocking(block);
        return quote! { #actor #blocking };
    }
    let check = call::check_definition();
    quote! { #check #actor }
}

fn actor(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let excuses = attributes::excuses();
    let (opaque, handle) = (mail::opaque(subject), names::handle(&subject.name));
    let (parameters, arguments, clause) = subject.generics.split_for_impl();
    let [actor, context, handled] =
        ["Actor", "Context", "Handled"].map(|item| subject.facade.item(item));
    let (letter, cx) = (local("mail"), local("cx"));
    let waiting = waiting(block);
    let now = now(block);
    let hooks = block
        .hooks
        .iter()
        .map(|hook| lifecycle::waiting(hook, block));
    let absent = lifecycle::absent(block);
    let of = &subject.ty;
    // Spanned on the user's type, so that a missing `#[actor]` is reported there.
    let head = quote_spanned!(of.span()=> #actor for #of);
    quote! {
        #[automatically_derived]
        #excuses
        impl #parameters #head #clause {
            type Mail = #opaque #arguments;
            type Handle = #handle #arguments;

            #(#absent)*

            fn on_mail(
                &mut self,
                #letter: Self::Mail,
                #cx: &mut #context<Self>,
            ) -> impl ::core::future::Future<Output = #handled> + ::core::marker::Send {
                async move { #waiting }
            }

            #now

            #(#hooks)*
        }
    }
}

/// What `on_mail` does. Only async handlers have their arms here: the code of a plain one stands
/// once, where it is run without a future.
fn waiting(block: &Block) -> TokenStream {
    if block.is_blocking() {
        return through_blocking(block);
    }
    let subject = &block.subject;
    let arms = arms(block, |handler| handler.is_async);
    let letter = local("mail");
    let rest = if block.has_plain() {
        through_now(block)
    } else {
        mail::never_arm(subject)
    };
    quote!(match #letter.0 { #(#arms)* #rest })
}

/// `Actor::on_mail_now`, left to its default if every handler is async.
///
/// The last arm is there also if no handler is async: it stands for the variant that cannot be.
fn now(block: &Block) -> TokenStream {
    if !block.has_plain() {
        return TokenStream::new();
    }
    let subject = &block.subject;
    let [context, handled] = ["Context", "Handled"].map(|item| subject.facade.item(item));
    let (letter, cx) = (local("mail"), local("cx"));
    let result = quote!(::core::result::Result);
    let body = if block.is_blocking() {
        through_blocking(block)
    } else {
        let arms = arms(block, |handler| !handler.is_async);
        let (opaque, other) = (mail::opaque(subject), local("other"));
        quote! {
            match #letter.0 {
                #(#arms)*
                #other => return #result::Err(#opaque(#other)),
            }
        }
    };
    quote! {
        #[inline]
        fn on_mail_now(
            &mut self,
            #letter: Self::Mail,
            #cx: &mut #context<Self>,
        ) -> #result<#handled, Self::Mail> {
            #result::Ok(#body)
        }
    }
}

fn through_blocking(block: &Block) -> TokenStream {
    let blocking = block.subject.facade.item("BlockingActor");
    let (letter, cx) = (local("mail"), local("cx"));
    quote!(<Self as #blocking>::on_mail_blocking(self, #letter, #cx))
}

/// The arm for all plain handlers of an actor that also waits.
fn through_now(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let (actor, opaque) = (subject.facade.item("Actor"), mail::opaque(subject));
    let [other, handled, cx] = ["other", "handled", "cx"].map(local);
    quote! {
        #other => match <Self as #actor>::on_mail_now(self, #opaque(#other), #cx) {
            ::core::result::Result::Ok(#handled) => #handled,
            ::core::result::Result::Err(_) => {
                ::core::unreachable!("`on_mail_now` gives only async messages back")
            }
        },
    }
}

fn blocking(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let excuses = attributes::excuses();
    let (parameters, _, clause) = subject.generics.split_for_impl();
    let [blocking, context, handled] =
        ["BlockingActor", "Context", "Handled"].map(|item| subject.facade.item(item));
    let (letter, cx) = (local("mail"), local("cx"));
    let actor = &subject.ty;
    let arms = arms(block, |_| true);
    let never = mail::never_arm(subject);
    let hooks = block
        .hooks
        .iter()
        .map(|hook| lifecycle::blocking(hook, subject));
    quote! {
        #[automatically_derived]
        #excuses
        impl #parameters #blocking for #actor #clause {
            #[inline]
            fn on_mail_blocking(
                &mut self,
                #letter: Self::Mail,
                #cx: &mut #context<Self>,
            ) -> #handled {
                match #letter.0 { #(#arms)* #never }
            }

            #(#hooks)*
        }
    }
}

/// One arm for each message whose handler is chosen. It is numbered among all of them.
fn arms(block: &Block, chosen: impl Fn(&Handler) -> bool) -> impl Iterator<Item = TokenStream> {
    let handlers = block.handlers.iter().enumerate();
    handlers
        .filter(move |(_, handler)| chosen(handler))
        .map(|(index, handler)| arm(index, handler, &block.subject))
}

fn arm(index: usize, handler: &Handler, subject: &Subject) -> TokenStream {
    let cfgs = attributes::conditions(&handler.attrs);
    let variant = mail::variant(subject, index);
    let [message, reply, cx] = ["message", "reply", "cx"].map(local);
    let taken = Storage::of(handler, subject).take(&message);
    let pattern = pattern(handler);
    let deferred = matches!(handler.outcome.answer, Answer::Deferred { .. });
    let given = deferred.then(|| quote!(let #reply = #reply.give_away(#cx);));
    let settled = settled(handler, subject);
    quote! {
        #(#cfgs)*
        #variant(#message, #reply) => {
            let #pattern = #taken;
            #given
            #settled
        }
    }
}

/// Takes the message apart into `value0`, `value1` and so on.
fn pattern(handler: &Handler) -> TokenStream {
    match &handler.message {
        Message::Foreign(_) => {
            let value = numbered("value", 0);
            quote!(#value)
        }
        Message::Own(own) => {
            let name = &own.name;
            let fields = own.fields.iter().enumerate().map(|(index, field)| {
                let (field, value) = (&field.name, numbered("value", index));
                quote!(#field: #value)
            });
            quote!(#name { #(#fields),* })
        }
    }
}

/// Calls the handler and gives its answer to whom it belongs.
fn settled(handler: &Handler, subject: &Subject) -> TokenStream {
    let call = called(handler);
    let handled = subject.facade.item("Handled");
    let fallible = subject.facade.item("Fallible");
    let [reply, output, error] = ["reply", "output", "error"].map(local);
    let ok = quote!(::core::result::Result::Ok);
    let err = quote!(::core::result::Result::Err);
    let failed = failed(handler, subject, &error);
    match handler.outcome.answer {
        Answer::Nothing | Answer::Value => quote! {
            let #output = #call;
            match #reply.settle(#ok(#output)) {
                #ok(()) => #handled::Done,
                #err(#error) => match #error {},
            }
        },
        Answer::Fallible => quote! {
            let #output = #call;
            match #reply.settle(#fallible::into_result(#output)) {
                #ok(()) => #handled::Done,
                #err(#error) => #failed,
            }
        },
        Answer::Deferred { fallible: false } => quote! {
            let () = #call;
            #handled::Done
        },
        Answer::Deferred { fallible: true } => quote! {
            match #fallible::into_result(#call) {
                #ok(()) => #handled::Done,
                #err(#error) => #failed,
            }
        },
    }
}

fn failed(handler: &Handler, subject: &Subject, error: &Ident) -> TokenStream {
    let (handled, failure) = (
        subject.facade.item("Handled"),
        subject.facade.item("failure"),
    );
    if handler.options.report.is_some() {
        quote!(#handled::Reported(#failure!(#error)))
    } else {
        quote!(#handled::Failed(#failure!(#error)))
    }
}

fn called(handler: &Handler) -> TokenStream {
    let arguments = handler.places.iter().map(|place| match place {
        Place::Context => {
            let cx = local("cx");
            quote!(&mut *#cx)
        }
        Place::Reply => {
            let reply = local("reply");
            quote!(#reply)
        }
        Place::Argument(index) => {
            let value = numbered("value", *index);
            quote!(#value)
        }
    });
    let call = Call {
        function: &handler.ident,
        arguments: arguments.collect(),
        is_async: handler.is_async,
        is_boxed: handler.options.boxed.is_some(),
    };
    call.expand()
}
