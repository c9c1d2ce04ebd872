//! Names of programs and providers: what Cargo, Rust and a URN take alike.

/// Longest name.
const NAME_LENGTH_MAX: usize = 40;
/// What would meet a crate or a word of the language.
const TAKEN: &[&str] = &["iac", "test", "core", "std", "alloc", "self", "super", "crate", "deps", "build"];

/// What is wrong with `name`; none if it can be used. `dashes` says whether it may have `-`.
pub(crate) fn problem(name: &str, dashes: bool) -> Option<String> {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || (dashes && c == '-');
    let allowed = if dashes { "lower-case letters, digits and `-`" } else { "lower-case letters and digits" };
    if name.len() > NAME_LENGTH_MAX {
        return Some(format!("has {} characters; {NAME_LENGTH_MAX} are possible", name.len()));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(is_inner)
        || name.ends_with('-')
    {
        return Some(format!("begins with a lower-case letter and has {allowed}"));
    }
    TAKEN.contains(&name).then(|| "is taken by Rust, Cargo or iac itself".to_owned())
}

/// `acme` as a type: `Acme`.
pub(crate) fn type_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["shop", "my-shop", "a1"] {
            assert_eq!(problem(good, true), None, "{good}");
        }
        let long = "a".repeat(41);
        for bad in
            ["", "Shop", "1shop", "-shop", "shop-", "my shop", "../shop", "my_shop", "test", "straße", &long]
        {
            assert!(problem(bad, true).is_some(), "{bad}");
        }
        assert!(problem("my-cloud", false).is_some());
        assert_eq!(type_name("acme"), "Acme");
    }
}
