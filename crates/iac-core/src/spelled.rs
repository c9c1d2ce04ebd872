//! How one character of a secret may stand in a text that somebody else wrote: as it is, escaped as in
//! JSON or `Debug`, or encoded as in a URL. Knows nothing of secrets.

/// The longest escape of one character, in bytes: two surrogates, as in `\ud83d\ude00`.
const ESCAPE_LENGTH_MAX: usize = 12;

/// The characters that the text may mean at `at`, each with where what follows it begins.
pub(crate) fn readings(text: &str, at: usize) -> impl Iterator<Item = (char, usize)> {
    let rest = text.get(at..).unwrap_or_default();
    let plain = rest.chars().next();
    let whole = plain.filter(|c| *c != '\\').map(|c| (c, c.len_utf8()));
    let (other, runs) = match plain {
        Some('%') => (percent(rest), [None, None]),
        Some('+') => (Some((' ', 1)), [None, None]),
        Some('\\') => {
            // Text in text doubles each backslash, so that their number says little. The last one of a
            // run may belong to what follows.
            let run = rest.len() - rest.trim_start_matches('\\').len();
            (escape(rest, run), [Some(('\\', run)), Some(('\\', run - 1)).filter(|_| run > 1)])
        }
        _ => (None, [None, None]),
    };
    let all = [whole, other].into_iter().chain(runs);
    all.flatten().map(move |(c, length)| (c, at + length))
}

/// Whether the text ends at `at`, or within a character that begins there.
pub(crate) fn stops_within(text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    rest.is_empty() || (rest.starts_with(['%', '\\']) && rest.len() < ESCAPE_LENGTH_MAX)
}

/// The bytes of one character as `%C3%BC`, in upper or lower case.
fn percent(rest: &str) -> Option<(char, usize)> {
    let byte = |index: usize| {
        let digits = rest.get(3 * index..)?.strip_prefix('%')?.get(..2)?;
        u8::try_from(hexadecimal(digits)?).ok()
    };
    let mut bytes = vec![byte(0)?];
    let length = match bytes.first()? {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    for index in 1..length {
        bytes.push(byte(index)?);
    }
    let c = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((c, 3 * length))
}

/// What stands behind a run of backslashes: a quote or a slash as it is, or a letter for something else.
fn escape(rest: &str, run: usize) -> Option<(char, usize)> {
    let escaped = rest.get(run..)?;
    let short = |c| Some((c, run + 1));
    match escaped.chars().next()? {
        c @ ('"' | '\'' | '/') => short(c),
        'n' => short('\n'),
        'r' => short('\r'),
        't' => short('\t'),
        'b' => short('\u{8}'),
        'f' => short('\u{c}'),
        '0' => short('\0'),
        'u' => unicode(escaped).map(|(c, length)| (c, run + length)),
        _ => None,
    }
}

/// `u{fc}`, `u00fc`, or two surrogates with a run of backslashes between them.
fn unicode(escaped: &str) -> Option<(char, usize)> {
    if let Some(braced) = escaped.strip_prefix("u{") {
        let (digits, _) = braced.split_once('}')?;
        let c = char::from_u32(hexadecimal(digits)?)?;
        return Some((c, "u{}".len() + digits.len()));
    }
    let unit = |text: &str| u16::try_from(hexadecimal(text.strip_prefix('u')?.get(..4)?)?).ok();
    let first = unit(escaped)?;
    let rest = escaped.get(5..)?;
    let second = rest.trim_start_matches('\\');
    let mut units = vec![first];
    let mut length = 5;
    if (0xD800..0xDC00).contains(&first) && second.len() < rest.len() {
        units.push(unit(second)?);
        length += rest.len() - second.len() + 5;
    }
    let c = char::decode_utf16(units).next()?.ok()?;
    Some((c, length))
}

/// Digits alone: the standard library takes a sign as well.
fn hexadecimal(digits: &str) -> Option<u32> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(char, usize)> {
        readings(text, 0).collect()
    }

    #[test]
    fn a_character_is_read_in_every_way_in_which_it_may_be_meant() {
        assert_eq!(read(""), []);
        assert_eq!(read("ab"), [('a', 1)]);
        assert_eq!(read("+"), [('+', 1), (' ', 1)]);
        assert_eq!(read("%2fx"), [('%', 1), ('/', 3)]);
        assert_eq!(read("%C3%bc"), [('%', 1), ('ü', 6)]);
        assert_eq!(read("%C3"), [('%', 1)]);
        assert_eq!(read("%+1"), [('%', 1)]);
        assert_eq!(read("\\n"), [('\n', 2), ('\\', 1)]);
        assert_eq!(read("\\\\\\\""), [('"', 4), ('\\', 3), ('\\', 2)]);
        assert_eq!(read("\\u00fcx"), [('ü', 6), ('\\', 1)]);
        assert_eq!(read("\\u{fc}x"), [('ü', 6), ('\\', 1)]);
        assert_eq!(read("\\ud83d\\ude00"), [('😀', 12), ('\\', 1)]);
        assert_eq!(read("\\ud83d"), [('\\', 1)]);
        assert_eq!(read("\\q"), [('\\', 1)]);
    }
}
