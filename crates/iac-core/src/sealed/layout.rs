//! [`SealedPlan`]: the bytes of a plan file. Knows nothing of what a plan says.
//!
//! ```text
//! iac-plan 1\n                         what it is, and its format
//! {"stack":…,"parent_serial":…,…}\n    the header, readable without a key
//! nonce, ciphertext, tag               the content, bound to every byte before it
//! ```

use serde::{Deserialize, Serialize};

use super::build_id::BuildId;
use super::content::Content;
use super::error::PlanFileError;
use super::form::Stored as _;
use super::opened::OpenedPlan;
use crate::state::{Codec, CodecError, Purpose, StackId, TimestampMs};

/// The format of plan files. It stands in the first line.
pub const PLAN_FORMAT: u32 = 1;

/// Largest plan file, in bytes.
pub const PLAN_FILE_LENGTH_MAX: u64 = 256 << 20;

/// How every plan file begins.
pub(super) const MAGIC: &str = "iac-plan ";
/// Most digits of a format.
const FORMAT_DIGITS_MAX: usize = 9;
/// Longest header: names of 200 characters, digests and numbers.
const HEADER_LENGTH_MAX: usize = 4096;
/// What the ciphertext is for.
const PURPOSE: Purpose = Purpose { name: "iac plan", format: PLAN_FORMAT };

/// What a plan file says of itself in the clear.
///
/// It is authenticated only when the file is opened: before that, it is what the file claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanHeader {
    /// The stack it is for.
    pub stack: StackId,
    /// The state's serial it was made from.
    pub parent_serial: u64,
    /// When it was sealed.
    pub created_at: TimestampMs,
    /// The build of the program that made it.
    pub build: BuildId,
    /// Tells the keys of two states apart.
    key: String,
    /// Bytes of the ciphertext.
    length: u64,
}

/// A plan as it is stored: encrypted and authenticated under the stack's data key.
///
/// Any changed, missing or added byte makes it unusable. For an example see
/// [`Engine::seal_plan`](crate::Engine::seal_plan).
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct SealedPlan {
    bytes: Vec<u8>,
    /// Bytes before the ciphertext.
    clear_length: usize,
    header: PlanHeader,
}

impl SealedPlan {
    /// Seals `content`; the codec must have a key.
    pub(crate) fn seal(
        codec: &Codec,
        content: &Content,
        build: &BuildId,
        created_at: TimestampMs,
    ) -> Result<Self, SealError> {
        let mut header = PlanHeader {
            stack: codec.stack().clone(),
            parent_serial: content.plan.parent_serial,
            created_at,
            build: build.clone(),
            key: codec.key_check(PURPOSE).unwrap_or_default(),
            length: 0,
        };
        let mut clear_length = 0;
        let bytes = codec.seal_whole(PURPOSE, &content.store(), |length| {
            header.length = length as u64;
            let text = serde_json::to_string(&header).expect("a header is plain text and numbers");
            let clear = format!("{MAGIC}{PLAN_FORMAT}\n{text}\n").into_bytes();
            clear_length = clear.len();
            clear
        })?;
        if bytes.len() as u64 > PLAN_FILE_LENGTH_MAX {
            return Err(PlanFileError::TooLarge { length: bytes.len() as u64 }.into());
        }
        Ok(Self { bytes, clear_length, header })
    }

    /// Reads what [`as_bytes`](SealedPlan::as_bytes) gave, as far as that goes without a key.
    ///
    /// # Errors
    /// Not a plan file, a newer format, cut off, or visibly altered.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, PlanFileError> {
        if bytes.len() as u64 > PLAN_FILE_LENGTH_MAX {
            return Err(PlanFileError::TooLarge { length: bytes.len() as u64 });
        }
        let header_at = read_format(&bytes)?;
        let found = bytes.len() as u64;
        let rest = bytes.get(header_at..).unwrap_or_default();
        let window = rest.get(..HEADER_LENGTH_MAX).unwrap_or(rest);
        let Some(header_length) = window.iter().position(|byte| *byte == b'\n') else {
            return Err(if rest.len() < HEADER_LENGTH_MAX {
                PlanFileError::Truncated { found, expected: None }
            } else {
                PlanFileError::Altered { reason: "its header does not end".into() }
            });
        };
        let text = rest.get(..header_length).unwrap_or_default();
        // The error's own text would quote the header.
        let header: PlanHeader = serde_json::from_slice(text)
            .map_err(|_| PlanFileError::Altered { reason: "its header is unreadable".into() })?;
        let clear_length = header_at + header_length + 1;
        let expected = (clear_length as u64).saturating_add(header.length);
        if found < expected {
            return Err(PlanFileError::Truncated { found, expected: Some(expected) });
        }
        if found > expected {
            let reason = format!("{} bytes follow its end", found - expected);
            return Err(PlanFileError::Altered { reason });
        }
        Ok(Self { bytes, clear_length, header })
    }

    /// The bytes to store. They hold no secret in the clear.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says of itself.
    pub fn header(&self) -> &PlanHeader {
        &self.header
    }

    /// Decrypts it.
    pub(crate) fn open(&self, codec: Codec) -> Result<OpenedPlan, PlanFileError> {
        let stack = codec.stack().clone();
        if self.header.stack != stack {
            return Err(PlanFileError::OtherStack { planned: self.header.stack.clone(), wanted: stack });
        }
        if !self.header.is_sealed_by(&codec) {
            return Err(PlanFileError::OtherState { stack });
        }
        let (clear, ciphertext) = self.bytes.split_at_checked(self.clear_length).unwrap_or_default();
        let opened = codec
            .open_whole(PURPOSE, clear, ciphertext)
            .ok_or_else(|| PlanFileError::Altered { reason: "it does not authenticate".into() })?;
        let unreadable =
            |reason: String| PlanFileError::Unreadable { reason, planned: self.header.build.clone() };
        let value = opened.map_err(|error| unreadable(error.to_string()))?;
        let content = Content::restore(&value).map_err(|error| unreadable(error.to_string()))?;
        Ok(OpenedPlan::new(self.header.clone(), content, codec))
    }
}

impl PlanHeader {
    /// Whether the codec has the key that sealed it.
    pub(super) fn is_sealed_by(&self, codec: &Codec) -> bool {
        codec.key_check(PURPOSE).is_some_and(|check| check == self.key)
    }
}

impl std::fmt::Debug for SealedPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedPlan({}, {} bytes)", self.header.stack, self.bytes.len())
    }
}

/// Why a plan could not be sealed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SealError {
    #[error(transparent)]
    File(#[from] PlanFileError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Checks the first line; where the next one begins.
fn read_format(bytes: &[u8]) -> Result<usize, PlanFileError> {
    let found = bytes.len() as u64;
    let Some(rest) = bytes.strip_prefix(MAGIC.as_bytes()) else {
        return Err(if bytes.is_empty() {
            PlanFileError::NotAPlan { reason: "it is empty".into() }
        } else if MAGIC.as_bytes().starts_with(bytes) {
            PlanFileError::Truncated { found, expected: None }
        } else {
            PlanFileError::NotAPlan { reason: format!("it does not begin with `{}`", MAGIC.trim_end()) }
        });
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let format = rest.get(..digits).and_then(|text| std::str::from_utf8(text).ok());
    let format: Option<u32> =
        format.filter(|_| digits <= FORMAT_DIGITS_MAX).and_then(|text| text.parse().ok());
    match (rest.get(digits), format) {
        (None, _) => Err(PlanFileError::Truncated { found, expected: None }),
        (Some(b'\n'), Some(PLAN_FORMAT)) => Ok(MAGIC.len() + digits + 1),
        (Some(b'\n'), Some(format)) if format > PLAN_FORMAT => Err(PlanFileError::Newer { found: format }),
        _ => Err(PlanFileError::Altered { reason: "its format is no number that ever was one".into() }),
    }
}
