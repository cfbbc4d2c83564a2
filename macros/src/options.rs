//! What both attributes and all marks share when they read `key = value` options.

use std::fmt::Display;

use syn::meta::ParseNestedMeta;
use syn::{Error, Path, Result};

/// The one name of an option; `name::space` is no option.
pub(crate) fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path
        .get_ident()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Sets an option, or says that it was given before.
pub(crate) fn set<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new_spanned(
            &meta.path,
            format!("`{}` is given twice: keep one of them", key(meta)),
        ));
    }
    *slot = Some(value);
    Ok(())
}

/// Raises a flag such as `boxed`, or says that it was given before.
pub(crate) fn raise(flag: &mut bool, meta: &ParseNestedMeta<'_>) -> Result<()> {
    let mut slot = flag.then_some(());
    set(&mut slot, (), meta)?;
    *flag = true;
    Ok(())
}

/// `crate = path`: where the facade is, for a user who re-exports or renames it.
pub(crate) fn facade(slot: &mut Option<Path>, meta: &ParseNestedMeta<'_>) -> Result<()> {
    let path = meta.value()?.call(Path::parse_mod_style)?;
    set(slot, path, meta)
}

/// The mistake of an option that does not exist, with the list of those that do.
pub(crate) fn unknown(meta: &ParseNestedMeta<'_>, of: impl Display, known: &[&str]) -> Error {
    let known = match known {
        [] => "it takes none".to_owned(),
        _ => format!("it takes {}", listed(known)),
    };
    // The tokens after the key may be anything, so only the key itself is pointed at.
    Error::new_spanned(
        &meta.path,
        format!("{of} has no option of this name: {known}"),
    )
}

/// `` `a`, `b` and `c` ``
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        all => all.join(""),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn options_are_listed_as_one_would_say_them() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b"]), "`a` and `b`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
