//! Owns reading and writing of DER elements. Knows no certificates.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of a constructed element in the context-specific class.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Bytes that are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// The elements of a constructed element, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element's tag and contents.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let (&tag, rest) = self.rest.split_first().ok_or(Malformed)?;
        let (&first, rest) = rest.split_first().ok_or(Malformed)?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > size_of::<u32>() {
                return Err(Malformed);
            }
            let (digits, rest) = rest.split_at_checked(count).ok_or(Malformed)?;
            (digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit)), rest)
        };
        let (contents, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok((tag, contents))
    }

    /// The next element's contents; it must have this tag.
    pub(super) fn next(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let (found, contents) = self.any()?;
        if found == tag { Ok(contents) } else { Err(Malformed) }
    }

    /// The next element's contents when it has this tag; otherwise nothing is taken.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.rest.first() == Some(&tag) { self.next(tag).map(Some) } else { Ok(None) }
    }

    /// The elements inside the next element, which must be a sequence.
    pub(super) fn sequence(&mut self) -> Result<Elements<'a>, Malformed> {
        self.next(SEQUENCE).map(Elements::of)
    }
}

/// The bytes of a bit string that has whole bytes.
pub(super) fn whole_bytes(bit_string: &[u8]) -> Result<&[u8], Malformed> {
    match bit_string.split_first() {
        Some((0, bytes)) => Ok(bytes),
        _ => Err(Malformed),
    }
}

/// An element.
pub(super) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    const SHORT_MAX: usize = 0x7f;
    let mut bytes = vec![tag];
    if contents.len() <= SHORT_MAX {
        bytes.push(u8::try_from(contents.len()).expect("at most 127"));
    } else {
        let digits: Vec<u8> =
            contents.len().to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
        bytes.push(0x80 | u8::try_from(digits.len()).expect("a length has at most 8 bytes"));
        bytes.extend(digits);
    }
    bytes.extend_from_slice(contents);
    bytes
}

/// A constructed element of several.
pub(super) fn constructed(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}
