//! The call of a handler or hook: plain, awaited, or awaited on the heap.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::locals::at;

/// How the function is called.
pub(crate) struct Call<'a> {
    pub(crate) function: &'a Ident,
    pub(crate) arguments: Vec<TokenStream>,
    pub(crate) is_async: bool,
    pub(crate) is_boxed: bool,
}

impl Call<'_> {
    /// The check that the future is `Send` stands at each call, so that it names the handler, and
    /// passes the future by value: one that is looked at first and awaited then is kept twice.
    pub(crate) fn expand(&self) -> TokenStream {
        let (function, arguments) = (self.function, &self.arguments);
        let called = quote_spanned!(at(function)=> Self::#function(self, #(#arguments),*));
        if !self.is_async {
            return called;
        }
        let check = check();
        let checked = quote_spanned!(at(function)=> #check(#called));
        if self.is_boxed {
            quote!(::std::boxed::Box::pin(#checked).await)
        } else {
            quote!(#checked.await)
        }
    }
}

/// The name is read by users: rustc quotes it below the reason.
fn check() -> Ident {
    super::locals::local("__what_a_handler_keeps_across_an_await_must_be_send")
}

/// The function that every awaited call passes through.
pub(crate) fn check_definition() -> TokenStream {
    let check = check();
    let excuses = crate::attributes::excuses();
    quote! {
        #excuses
        fn #check<F>(future: F) -> F
        where
            F: ::core::future::Future + ::core::marker::Send,
        {
            future
        }
    }
}
