//! Names in generated code: variables, and which of them an id stands for. Knows nothing of fields.

use std::collections::BTreeMap;

/// Words that cannot be the name of a variable.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "stack",
    "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// The variable for something called `name`: lower case with `_` between words.
///
/// ```
/// assert_eq!(iac_adopt::variable("Web-1.example"), "web_1_example");
/// assert_eq!(iac_adopt::variable("1st"), "_1st");
/// assert_eq!(iac_adopt::variable("type"), "type_");
/// ```
pub fn variable(name: &str) -> String {
    let letters = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
    let mut variable: String = letters.collect::<String>().to_ascii_lowercase();
    if variable.is_empty() || variable.starts_with(|letter: char| letter.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    if KEYWORDS.contains(&variable.as_str()) || variable.chars().all(|letter| letter == '_') {
        variable.push('_');
    }
    variable
}

/// What a program may call an object: its name in the cloud with the characters that a path may have;
/// an object without a name by its type and id.
///
/// ```
/// use iac_adopt::logical_name;
///
/// assert_eq!(logical_name("hetzner:server", Some("web 1"), "42"), "web-1");
/// assert_eq!(logical_name("hetzner:subnet", None, "7/10.0.1.0/24"), "subnet-7-10.0.1.0-24");
/// ```
pub fn logical_name(type_token: &str, name: Option<&str>, id: &str) -> String {
    let kind = type_token.rsplit(':').next().unwrap_or_default();
    let raw = match name {
        Some(name) => name.to_owned(),
        None if id.starts_with(kind) => id.to_owned(),
        None => format!("{kind}-{id}"),
    };
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let letters = raw.chars().map(|letter| if allowed(letter) { letter } else { '-' });
    let name: String = letters.take(iac_core::NAME_LENGTH_MAX).collect();
    name.trim_matches('-').to_owned()
}

/// Which variable of the program each known object is in.
///
/// ```
/// let mut known = iac_adopt::References::new();
/// known.add("iac_hetzner::network::Network", "42", "network");
/// assert_eq!(known.get("iac_hetzner::network::Network", "42"), Some("network"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct References(BTreeMap<(String, String), String>);

impl References {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The object `id` of the resource whose Rust type has the path `rust` is in `variable`.
    pub fn add(&mut self, rust: &str, id: &str, variable: impl Into<String>) {
        self.0.insert((rust.to_owned(), id.to_owned()), variable.into());
    }

    /// The variable of an object.
    pub fn get(&self, rust: &str, id: &str) -> Option<&str> {
        self.0.get(&(rust.to_owned(), id.to_owned())).map(String::as_str)
    }
}
