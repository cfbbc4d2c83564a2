//! The hooks as methods of `Actor` and `BlockingActor`.

use proc_macro2::TokenStream;
use quote::quote;

use super::block::{Block, Subject};
use super::call::Call;
use super::hook::{Hook, Moment, Place};
use super::locals::local;

/// The hook as a future. It may not run before the first poll, whatever kind it is.
pub(crate) fn waiting(hook: &Hook, block: &Block) -> TokenStream {
    let facade = &block.subject.facade;
    let name = match hook.moment {
        Moment::Started => quote!(on_started),
        Moment::Restarted => quote!(on_restarted),
        Moment::Stopping => quote!(on_stopping),
    };
    let (cfgs, params, outcome) = (
        &hook.cfgs,
        params(hook, &block.subject),
        outcome(&block.subject),
    );
    let body = if block.is_blocking() {
        let (blocking, name) = (facade.item("BlockingActor"), blocking_name(hook));
        let passed = passed(hook);
        quote!(<Self as #blocking>::#name(self, #passed))
    } else {
        body(hook, &block.subject)
    };
    quote! {
        #(#cfgs)*
        fn #name(&mut self, #params)
            -> impl ::core::future::Future<Output = #outcome> + ::core::marker::Send
        {
            async move { #body }
        }
    }
}

/// Says of each hook that is not there that it is not: nobody has to ask for it then.
pub(crate) fn absent(block: &Block) -> impl Iterator<Item = TokenStream> {
    let names = [
        (Moment::Started, quote!(HAS_STARTED_HOOK)),
        (Moment::Restarted, quote!(HAS_RESTARTED_HOOK)),
        (Moment::Stopping, quote!(HAS_STOPPING_HOOK)),
    ];
    names
        .into_iter()
        .filter(|(moment, _)| !block.hooks.iter().any(|hook| hook.moment == *moment))
        .map(|(_, name)| quote!(const #name: bool = false;))
}

pub(crate) fn blocking(hook: &Hook, subject: &Subject) -> TokenStream {
    let name = blocking_name(hook);
    let (cfgs, params, outcome) = (&hook.cfgs, params(hook, subject), outcome(subject));
    let body = body(hook, subject);
    quote! {
        #(#cfgs)*
        fn #name(&mut self, #params) -> #outcome {
            #body
        }
    }
}

fn blocking_name(hook: &Hook) -> TokenStream {
    match hook.moment {
        Moment::Started => quote!(on_started_blocking),
        Moment::Restarted => unreachable!("threads run no actor with such a hook"),
        Moment::Stopping => quote!(on_stopping_blocking),
    }
}

fn params(hook: &Hook, subject: &Subject) -> TokenStream {
    let [context, reason, incarnation] =
        ["Context", "ExitReason", "Incarnation"].map(|item| subject.facade.item(item));
    let [why, previous, cx] = ["why", "previous", "cx"].map(local);
    match hook.moment {
        Moment::Started => quote!(#cx: &mut #context<Self>),
        Moment::Restarted => quote!(#previous: &#incarnation, #cx: &mut #context<Self>),
        Moment::Stopping => quote!(#why: &#reason, #cx: &mut #context<Self>),
    }
}

fn passed(hook: &Hook) -> TokenStream {
    let [why, previous, cx] = ["why", "previous", "cx"].map(local);
    match hook.moment {
        Moment::Started => quote!(#cx),
        Moment::Restarted => quote!(#previous, #cx),
        Moment::Stopping => quote!(#why, #cx),
    }
}

fn outcome(subject: &Subject) -> TokenStream {
    let failure = subject.facade.item("Failure");
    quote!(::core::result::Result<(), #failure>)
}

fn body(hook: &Hook, subject: &Subject) -> TokenStream {
    let [why, previous, cx, error] = ["why", "previous", "cx", "error"].map(local);
    let arguments = hook.places.iter().map(|place| match place {
        Place::Context => quote!(&mut *#cx),
        Place::Reason => quote!(#why),
        Place::Previous => quote!(#previous),
    });
    let call = Call {
        function: &hook.ident,
        arguments: arguments.collect(),
        is_async: hook.is_async,
        is_boxed: false,
    };
    let call = call.expand();
    if !hook.fallible {
        return quote! {
            let () = #call;
            ::core::result::Result::Ok(())
        };
    }
    let (fallible, failure) = (
        subject.facade.item("Fallible"),
        subject.facade.item("failure"),
    );
    quote! {
        match #fallible::into_result(#call) {
            ::core::result::Result::Ok(()) => ::core::result::Result::Ok(()),
            ::core::result::Result::Err(#error) => ::core::result::Result::Err(#failure!(#error)),
        }
    }
}
