//! The names of what is generated, and those that are taken.

use proc_macro2::Ident;
use syn::ext::IdentExt;

/// What an `Address` answers by itself. It derefs to the methods of the messages, so a message of
/// such a name could never be called: worse, `address.stop()` would compile and stop the actor.
///
/// First its own methods, then those of the traits it implements.
pub(crate) const RESERVED: &[&str] = &[
    "tell",
    "ask",
    "try_tell",
    "recipient",
    "stop",
    "drain",
    "kill",
    "wait",
    "actor",
    "clone",
    "clone_from",
    "into",
    "try_into",
    "borrow",
    "to_owned",
    "type_id",
    "fmt",
    "eq",
    "ne",
    "hash",
    "deref",
    "as_actor",
];

pub(crate) fn is_reserved(name: &Ident) -> bool {
    RESERVED.contains(&name.unraw().to_string().as_str())
}

/// `AccountWithdrawAll` for `withdraw_all` of `Account`.
pub(crate) fn message(actor: &Ident, handler: &Ident) -> Ident {
    let name = format!("{}{}", actor.unraw(), pascal(&handler.unraw().to_string()));
    Ident::new(&name, handler.span())
}

/// `AccountHandle`
pub(crate) fn handle(actor: &Ident) -> Ident {
    Ident::new(&format!("{}Handle", actor.unraw()), actor.span())
}

fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Ident, Span};
    use syn::parse_quote;

    use super::{is_reserved, message, pascal};

    #[test]
    fn words_are_joined_with_capitals() {
        assert_eq!(pascal("withdraw_all"), "WithdrawAll");
        assert_eq!(pascal("_get__v2_"), "GetV2");
        assert_eq!(pascal("öffne"), "Öffne");
    }

    #[test]
    fn raw_names_lose_their_mark() {
        let actor: Ident = parse_quote!(Account);
        let handler: Ident = parse_quote!(r#type);
        assert_eq!(message(&actor, &handler), "AccountType");
        assert!(is_reserved(&Ident::new_raw("stop", Span::call_site())));
    }
}
