//! Owns reading and writing of zone files in the notation of RFC 1035. Decides nothing about
//! which records a zone may have.
use std::fmt::Write as _;

/// A zone file's contents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ZoneFile {
    /// `$ORIGIN`, as written.
    pub(crate) origin: Option<String>,
    /// `$TTL`, in seconds.
    pub(crate) ttl_seconds: Option<u32>,
    /// The records, in their order.
    pub(crate) records: Vec<FileRecord>,
}

/// One record of a zone file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRecord {
    /// Relative to the zone; `@` for the zone itself.
    pub(crate) name: String,
    /// Its own time to live, in seconds.
    pub(crate) ttl_seconds: Option<u32>,
    /// Its type, in upper case.
    pub(crate) kind: String,
    /// Its value; words parted by one space.
    pub(crate) value: String,
    /// What followed it behind a semicolon.
    pub(crate) comment: String,
}

/// Reads a zone file.
///
/// # Errors
/// Says what is wrong in which line.
pub(crate) fn parse(text: &str, zone_name: &str) -> Result<ZoneFile, String> {
    let mut file = ZoneFile::default();
    let mut owner: Option<String> = None;
    for entry in entries(text)? {
        let located = |reason: &str| format!("line {}: {reason}", entry.line);
        let mut words = entry.words.iter().map(String::as_str);
        match entry.words.first().map(String::as_str) {
            Some("$ORIGIN") => {
                let origin = entry.words.get(1).ok_or_else(|| located("$ORIGIN has no name"))?;
                if *origin != format!("{zone_name}.") {
                    return Err(located("$ORIGIN does not match the zone's name"));
                }
                file.origin = Some(origin.clone());
                continue;
            }
            Some("$TTL") => {
                let ttl = entry.words.get(1).and_then(|word| duration_seconds(word));
                file.ttl_seconds = Some(ttl.ok_or_else(|| located("$TTL has no valid time"))?);
                continue;
            }
            Some(word) if word.starts_with('$') => return Err(located("this directive is not supported")),
            _ => {}
        }
        if !entry.keeps_owner {
            let name = words.next().unwrap_or_default();
            owner = Some(relative(name, zone_name).ok_or_else(|| located("the name is not in the zone"))?);
        }
        let name = owner.clone().ok_or_else(|| located("the first record has no name"))?;
        let rest: Vec<&str> = words.collect();
        let record = record(name, &rest, &entry.comment).map_err(located)?;
        file.records.push(record);
    }
    Ok(file)
}

fn record(name: String, words: &[&str], comment: &str) -> Result<FileRecord, &'static str> {
    let mut ttl_seconds = None;
    let mut words = words;
    while let [word, rest @ ..] = words {
        if word.eq_ignore_ascii_case("IN") {
            words = rest;
        } else if ["CH", "HS", "CS"].iter().any(|class| word.eq_ignore_ascii_case(class)) {
            return Err("only records of the class IN are allowed");
        } else if ttl_seconds.is_none() && word.starts_with(|first: char| first.is_ascii_digit()) {
            ttl_seconds = Some(duration_seconds(word).ok_or("the time to live is not valid")?);
            words = rest;
        } else {
            break;
        }
    }
    let [kind, values @ ..] = words else {
        return Err("the record has no type");
    };
    if values.is_empty() {
        return Err("the record has no value");
    }
    let kind = kind.to_ascii_uppercase();
    let quoted = |word: &&str| {
        let bare = matches!(kind.as_str(), "TXT" | "HINFO") && !word.starts_with('"');
        if bare { format!("\"{word}\"") } else { (*word).to_owned() }
    };
    let value = values.iter().map(quoted).collect::<Vec<_>>().join(" ");
    Ok(FileRecord { name, ttl_seconds, kind, value, comment: comment.to_owned() })
}

/// The name relative to the zone; none when it lies outside.
fn relative(name: &str, zone_name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let Some(absolute) = name.strip_suffix('.') else {
        return Some(name);
    };
    if absolute == zone_name {
        return Some("@".to_owned());
    }
    absolute.strip_suffix(zone_name)?.strip_suffix('.').map(str::to_owned)
}

/// Seconds, also in the notation `1h30m`.
fn duration_seconds(word: &str) -> Option<u32> {
    if let Ok(seconds) = word.parse() {
        return Some(seconds);
    }
    let mut total: u32 = 0;
    let mut digits = String::new();
    for character in word.chars() {
        let unit_seconds: u32 = match character.to_ascii_lowercase() {
            '0'..='9' => {
                digits.push(character);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        let count: u32 = std::mem::take(&mut digits).parse().ok()?;
        total = total.checked_add(count.checked_mul(unit_seconds)?)?;
    }
    digits.is_empty().then_some(total)
}

/// The words of one record or directive, which parentheses may spread over several lines.
struct Entry {
    line: usize,
    keeps_owner: bool,
    words: Vec<String>,
    comment: String,
}

fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut found = Vec::new();
    let mut open: Option<Entry> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let continues = open.is_some();
        let mut entry = open.take().unwrap_or_else(|| Entry {
            line: number,
            keeps_owner: line.starts_with([' ', '\t']),
            words: Vec::new(),
            comment: String::new(),
        });
        let in_parentheses =
            scan(line, continues, &mut entry).map_err(|reason| format!("line {number}: {reason}"))?;
        if in_parentheses {
            open = Some(entry);
        } else if !entry.words.is_empty() {
            found.push(entry);
        }
    }
    match open {
        Some(entry) => Err(format!("line {}: a parenthesis is not closed", entry.line)),
        None => Ok(found),
    }
}

/// Adds a line's words to an entry; answers whether a parenthesis is open at its end.
fn scan(line: &str, in_parentheses: bool, entry: &mut Entry) -> Result<bool, &'static str> {
    let mut in_parentheses = in_parentheses;
    let mut word = String::new();
    let flush = |word: &mut String, entry: &mut Entry| {
        if !word.is_empty() {
            entry.words.push(std::mem::take(word));
        }
    };
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        match character {
            ';' => {
                entry.comment = rest.as_str().trim().to_owned();
                break;
            }
            '(' => in_parentheses = true,
            ')' if in_parentheses => in_parentheses = false,
            ')' => return Err("a parenthesis was not opened"),
            ' ' | '\t' => flush(&mut word, entry),
            '"' => {
                word.push('"');
                loop {
                    match rest.next().ok_or("a quotation is not closed")? {
                        '\\' => word.extend(['\\', rest.next().ok_or("a quotation is not closed")?]),
                        '"' => break,
                        inside => word.push(inside),
                    }
                }
                word.push('"');
                // A string ends with its quotation, also without a space behind it, unless it is
                // the value of a key such as alpn="h2".
                flush(&mut word, entry);
            }
            character => word.push(character),
        }
    }
    flush(&mut word, entry);
    Ok(in_parentheses)
}

/// Writes a zone file.
pub(crate) fn write(zone_name: &str, ttl_seconds: u64, records: &[FileRecord]) -> String {
    let mut text = format!("$ORIGIN\t{zone_name}.\n$TTL\t{ttl_seconds}\n");
    let mut before: Option<(&str, &str)> = None;
    for record in records {
        if before != Some((&record.name, &record.kind)) {
            text.push('\n');
        }
        before = Some((&record.name, &record.kind));
        let ttl = record.ttl_seconds.map(|seconds| format!("\t{seconds}")).unwrap_or_default();
        let comment =
            if record.comment.is_empty() { String::new() } else { format!(" ; {}", record.comment) };
        let _ = writeln!(text, "{}\tIN{ttl}\t{}\t{}{comment}", record.name, record.kind, record.value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{parse, write};

    const FILE: &str = "\
; a comment on its own
$ORIGIN\texample.com.
$TTL\t1h

@\tIN\tSOA\tns1.example.net. dns.example.net. (
\t2026010100 ; serial
\t86400 10800 3600000 3600 )
@\tIN\t10800\tNS\tns1.example.net. ; Some comment.
\tIN\t10800\tNS\tns2.example.net.
www.example.com.\t300 IN A 192.0.2.1
text TXT \"a;b\" bare
";

    #[test]
    fn a_file_is_read_and_written() {
        let file = parse(FILE, "example.com").unwrap();
        assert_eq!(file.origin.as_deref(), Some("example.com."));
        assert_eq!(file.ttl_seconds, Some(3_600));
        let short: Vec<String> = file
            .records
            .iter()
            .map(|record| {
                format!("{} {:?} {} {}", record.name, record.ttl_seconds, record.kind, record.value)
            })
            .collect();
        assert_eq!(
            short,
            [
                "@ None SOA ns1.example.net. dns.example.net. 2026010100 86400 10800 3600000 3600",
                "@ Some(10800) NS ns1.example.net.",
                "@ Some(10800) NS ns2.example.net.",
                "www Some(300) A 192.0.2.1",
                "text None TXT \"a;b\" \"bare\"",
            ]
        );
        assert_eq!(file.records[1].comment, "Some comment.");
        let again = parse(&write("example.com", 3_600, &file.records), "example.com").unwrap();
        let without_serial_comment = |mut file: super::ZoneFile| {
            file.records[0].comment.clear();
            file.records
        };
        assert_eq!(without_serial_comment(again), without_serial_comment(file));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let cases = [
            ("$ORIGIN other.com.\n", "line 1: $ORIGIN does not match the zone's name"),
            ("\n$INCLUDE x\n", "line 2: this directive is not supported"),
            (" IN A 192.0.2.1\n", "line 1: the first record has no name"),
            ("www CH TXT \"x\"\n", "line 1: only records of the class IN are allowed"),
            ("www IN A\n", "line 1: the record has no value"),
            ("www.other.com. IN A 192.0.2.1\n", "line 1: the name is not in the zone"),
            ("@ SOA (\n", "line 1: a parenthesis is not closed"),
            ("www TXT \"x\n", "line 1: a quotation is not closed"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, "example.com").unwrap_err(), expected, "{text:?}");
        }
    }
}
