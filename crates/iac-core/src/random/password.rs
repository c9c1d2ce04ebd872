//! [`RandomPassword`]: text of chosen kinds of characters that is secret.

use zeroize::Zeroizing;

use super::draw::Draw;
use super::local::{lives_in_state, out_of_bounds};
use crate::error::{Error, Result};
use crate::resource::Fault;
use crate::secret::Secret;
use crate::value::Value;
use iac_macros::{Inputs, Outputs};

/// A random password: for what asks for letters, digits and symbols; a
/// [`RandomToken`](super::RandomToken) is enough for everything else.
///
/// Every kind of character is allowed unless its field is set to `false`, and each has a least count.
/// First the least counts are drawn, then the rest from everything that is allowed, then all of it is
/// shuffled; each draw is uniform.
///
/// ```
/// use iac_core::random::RandomPassword;
/// use iac_core::{Stack, StackError};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let password = stack.add(
///     "database",
///     RandomPassword::args().length(24u32).digits_min(2u32).symbols_min(2u32).symbol_set("-_.!"),
/// )?;
/// stack.export("database_password", &password.text)?;
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug)]
pub struct RandomPassword;

/// Inputs of a [`RandomPassword`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Inputs)]
#[inputs(resource = RandomPassword, crate = crate)]
pub struct RandomPasswordInputs {
    /// Length in characters, 8 to 1024.
    #[field(replace)]
    pub length: u32,
    /// Whether lower-case letters are allowed; they are unless this is `false`.
    #[field(replace)]
    #[serde(default = "allowed")]
    pub lower: bool,
    /// Whether upper-case letters are allowed; they are unless this is `false`.
    #[field(replace)]
    #[serde(default = "allowed")]
    pub upper: bool,
    /// Whether digits are allowed; they are unless this is `false`.
    #[field(replace)]
    #[serde(default = "allowed")]
    pub digits: bool,
    /// Whether symbols are allowed; they are unless this is `false`.
    #[field(replace)]
    #[serde(default = "allowed")]
    pub symbols: bool,
    /// Fewest lower-case letters.
    #[field(replace)]
    #[serde(default)]
    pub lower_min: u32,
    /// Fewest upper-case letters.
    #[field(replace)]
    #[serde(default)]
    pub upper_min: u32,
    /// Fewest digits.
    #[field(replace)]
    #[serde(default)]
    pub digits_min: u32,
    /// Fewest symbols.
    #[field(replace)]
    #[serde(default)]
    pub symbols_min: u32,
    /// The symbols to choose from, in place of ``!#$%&()*+,-.:;<=>?@[]^_{|}~``: ASCII characters that
    /// are neither letters nor digits nor blanks, none of them twice.
    #[field(replace)]
    pub symbol_set: Option<String>,
    /// Any text; changing it makes a new password.
    #[field(replace)]
    pub rotate: Option<String>,
}

/// Outputs of a [`RandomPassword`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Outputs)]
#[outputs(crate = crate)]
pub struct RandomPasswordOutputs {
    /// The password.
    #[field(stable)]
    pub text: Secret<String>,
}

fn allowed() -> bool {
    true
}

/// Shortest password: below, it can be guessed.
const LENGTH_MIN: i64 = 8;
/// Longest password.
const LENGTH_MAX: i64 = 1024;
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// Without quotes, the backslash, the slash and the back tick, which shells and files read their own way.
const SYMBOLS: &str = "!#$%&()*+,-.:;<=>?@[]^_{|}~";

lives_in_state!(
    RandomPassword, "random:password", RandomPasswordInputs, RandomPasswordOutputs, make: make, check: check
);

fn make(inputs: RandomPasswordInputs) -> Result<RandomPasswordOutputs> {
    let symbols = inputs.symbol_set.as_deref().unwrap_or(SYMBOLS);
    let kinds = [
        (inputs.lower, inputs.lower_min, LOWER),
        (inputs.upper, inputs.upper_min, UPPER),
        (inputs.digits, inputs.digits_min, DIGITS),
        (inputs.symbols, inputs.symbols_min, symbols),
    ];
    let mut draw = Draw::new();
    let mut all = Vec::new();
    let mut text = Zeroizing::new(Vec::with_capacity(inputs.length as usize));
    for (_, least, characters) in kinds.iter().filter(|(allowed, ..)| *allowed) {
        all.extend_from_slice(characters.as_bytes());
        for _ in 0..*least {
            text.extend(draw.one_of(characters.as_bytes())?);
        }
    }
    while text.len() < inputs.length as usize {
        let character = draw.one_of(&all)?;
        text.push(character.ok_or_else(|| Error::invalid("symbols", "no kind of character is allowed"))?);
    }
    draw.shuffle(&mut text)?;
    let text = String::from_utf8(text.to_vec())
        .map_err(|_| Error::invalid("symbol_set", "it holds a character that is not ASCII"))?;
    Ok(RandomPasswordOutputs { text: Secret::new(text) })
}

fn check(inputs: &Value) -> Vec<Fault> {
    let mut faults: Vec<Fault> =
        out_of_bounds(inputs, "length", LENGTH_MIN, LENGTH_MAX).into_iter().collect();
    let kinds = ["lower", "upper", "digits", "symbols"];
    let forbidden = |kind: &str| *inputs.get(kind) == Value::Bool(false);
    if kinds.iter().all(|kind| forbidden(kind)) {
        faults.push(Fault::new("lower", "every kind of character is forbidden; allow at least one"));
    }
    let mut sum = 0;
    for kind in kinds {
        let field = format!("{kind}_min");
        let least = inputs.get(&field).as_int().unwrap_or(0);
        if least > 0 && forbidden(kind) {
            faults.push(Fault::new(
                &field,
                format!("{least} are wanted and `{kind}` is false; set it to 0 or allow them"),
            ));
        }
        sum += least;
    }
    if let Some(length) = inputs.get("length").as_int().filter(|length| sum > *length) {
        let message = format!("{length} is less than the least counts together, {sum}; make it longer");
        faults.push(Fault::new("length", message));
    }
    faults.extend(inputs.get("symbol_set").as_str().and_then(symbol_fault));
    faults
}

fn symbol_fault(symbols: &str) -> Option<Fault> {
    let fault = |message: String| Some(Fault::new("symbol_set", message));
    if symbols.is_empty() {
        return fault("it is empty; set `symbols` to false to have none".into());
    }
    for (at, symbol) in symbols.char_indices() {
        if !symbol.is_ascii_punctuation() {
            return fault(format!("{symbol:?} is no ASCII symbol; leave it out"));
        }
        if symbols.get(..at).is_some_and(|before| before.contains(symbol)) {
            return fault(format!("{symbol:?} stands in it twice and would come twice as often"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(length: u32) -> RandomPasswordInputs {
        RandomPasswordInputs {
            length,
            lower: true,
            upper: true,
            digits: true,
            symbols: true,
            lower_min: 0,
            upper_min: 0,
            digits_min: 0,
            symbols_min: 0,
            symbol_set: None,
            rotate: None,
        }
    }

    fn text(inputs: RandomPasswordInputs) -> String {
        make(inputs).unwrap().text.into_exposed()
    }

    #[test]
    fn the_least_counts_are_kept() {
        for _ in 0..50 {
            let wanted = RandomPasswordInputs {
                lower_min: 1,
                upper_min: 2,
                digits_min: 3,
                symbols_min: 4,
                symbol_set: Some("-_".into()),
                ..inputs(10)
            };
            let text = text(wanted);
            let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
            assert_eq!(text.len(), 10);
            assert_eq!(count(u8::is_ascii_lowercase), 1, "{text}");
            assert_eq!(count(u8::is_ascii_uppercase), 2, "{text}");
            assert_eq!(count(u8::is_ascii_digit), 3, "{text}");
            assert_eq!(count(|byte| b"-_".contains(byte)), 4, "{text}");
        }
    }

    #[test]
    fn what_is_forbidden_does_not_come() {
        let digits = RandomPasswordInputs { lower: false, upper: false, symbols: false, ..inputs(1024) };
        let text = text(digits);
        assert!(text.len() == 1024 && text.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(DIGITS.chars().all(|digit| text.contains(digit)), "a digit that never comes in 1024");
    }

    #[test]
    fn every_allowed_character_comes_and_least_counts_are_not_in_front() {
        let long = text(inputs(1024)) + &text(inputs(1024)) + &text(inputs(1024));
        for character in [LOWER, UPPER, DIGITS, SYMBOLS].concat().chars() {
            assert!(long.contains(character), "{character} never came");
        }
        let starts: Vec<String> =
            (0..200).map(|_| text(RandomPasswordInputs { lower_min: 4, ..inputs(8) })).collect();
        assert!(
            starts.iter().any(|text| !text.starts_with(|first: char| first.is_ascii_lowercase())),
            "{starts:?}"
        );
    }

    #[test]
    fn faults_name_the_field_and_the_way_out() {
        let check_of = |changes: &[(&str, Value)]| {
            let inputs = Value::map([("length", Value::Int(16))]);
            let inputs = changes.iter().fold(inputs, |all, (name, value)| all.with(name, value.clone()));
            let faults = check(&inputs);
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>()
        };
        assert_eq!(check_of(&[]), [""; 0]);
        for (changes, expected) in [
            (vec![("length", Value::Int(7))], "length: 7 is outside 8 to 1024"),
            (vec![("length", Value::Int(2000))], "length: 2000 is outside"),
            (vec![("digits_min", Value::Int(10)), ("upper_min", Value::Int(7))], "together, 17"),
            (vec![("digits", false.into()), ("digits_min", Value::Int(1))], "digits_min: 1 are wanted"),
            (vec![("symbol_set", "".into())], "symbol_set: it is empty"),
            (vec![("symbol_set", "-a".into())], "symbol_set: 'a'"),
            (vec![("symbol_set", "-é".into())], "symbol_set: 'é'"),
            (vec![("symbol_set", "-_-".into())], "symbol_set: '-' stands in it twice"),
            (
                ["lower", "upper", "digits", "symbols"].map(|kind| (kind, false.into())).to_vec(),
                "lower: every kind",
            ),
        ] {
            let found = check_of(&changes);
            assert!(found.len() == 1 && found[0].contains(expected), "{changes:?}: {found:?}");
        }
        assert_eq!(check_of(&[("length", Value::Unknown), ("digits_min", Value::Int(99))]), [""; 0]);
    }
}
