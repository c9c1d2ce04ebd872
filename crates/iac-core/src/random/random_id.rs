//! [`RandomId`]: a short id for names, which is no secret.

use super::draw::Draw;
use super::local::{lives_in_state, out_of_bounds};
use crate::error::Result;
use crate::resource::Fault;
use crate::value::Value;
use iac_macros::{Inputs, Outputs};

/// A short random id for names that must be unique in the world, such as a bucket's. Not a secret.
///
/// The first character is a letter, so that the id may stand alone as a DNS label or a user's name.
///
/// ```
/// use iac_core::random::RandomId;
/// use iac_core::{Stack, StackError, interpolate};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let suffix = stack.add("suffix", RandomId::args())?;
/// let bucket = interpolate!("philotes-backup-{}", &suffix.text);
/// # let _ = bucket;
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug)]
pub struct RandomId;

/// Inputs of a [`RandomId`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Inputs)]
#[inputs(resource = RandomId, crate = crate)]
pub struct RandomIdInputs {
    /// Length in characters, 4 to 63; 8 unless set. Two ids of 8 characters are the same once in
    /// about two thousand billion.
    #[field(replace)]
    #[serde(default = "length_default")]
    pub length: u32,
    /// Any text; changing it makes a new id.
    #[field(replace)]
    pub rotate: Option<String>,
}

/// Outputs of a [`RandomId`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Outputs)]
#[outputs(crate = crate)]
pub struct RandomIdOutputs {
    /// The id: lower-case letters and digits, a letter first.
    #[field(stable)]
    pub text: String,
}

fn length_default() -> u32 {
    8
}

/// Shortest id: below, two of them are soon the same.
const LENGTH_MIN: i64 = 4;
/// Longest id: a DNS label.
const LENGTH_MAX: i64 = 63;
/// What it is made of; the letters first.
const CHARACTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// How many of them are letters.
const LETTERS: usize = 26;

lives_in_state!(RandomId, "random:id", RandomIdInputs, RandomIdOutputs, make: make, check: check);

fn make(inputs: RandomIdInputs) -> Result<RandomIdOutputs> {
    let mut draw = Draw::new();
    let (letters, _) = CHARACTERS.split_at(LETTERS);
    let mut text = String::new();
    for at in 0..inputs.length {
        let drawn = draw.one_of(if at == 0 { letters } else { CHARACTERS })?;
        text.extend(drawn.map(char::from));
    }
    Ok(RandomIdOutputs { text })
}

fn check(inputs: &Value) -> Vec<Fault> {
    out_of_bounds(inputs, "length", LENGTH_MIN, LENGTH_MAX).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_dns_label() {
        for length in [4, 8, 63] {
            let text = make(RandomIdInputs { length, rotate: None }).unwrap().text;
            assert_eq!(text.len(), length as usize);
            assert!(text.starts_with(|first: char| first.is_ascii_lowercase()), "{text}");
            assert!(text.bytes().all(|byte| CHARACTERS.contains(&byte)), "{text}");
        }
        let new = || make(RandomIdInputs { length: 63, rotate: None }).unwrap().text;
        assert_ne!(new(), new());
    }
}
