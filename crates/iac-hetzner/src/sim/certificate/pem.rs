//! Owns the text armour around certificates and keys (RFC 7468). Knows nothing of what the bytes
//! inside mean.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const LINE_CHARACTERS: usize = 64;

/// One armoured block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PemBlock {
    /// What stands after `BEGIN`.
    pub(crate) label: String,
    /// The bytes.
    pub(crate) der: Vec<u8>,
}

/// All blocks of a text, in their order. Text between blocks is skipped, as it may be there.
pub(crate) fn blocks(text: &str) -> Result<Vec<PemBlock>, &'static str> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines().map(str::trim) {
        match &mut open {
            None => {
                if let Some(label) = boundary(line, "BEGIN") {
                    open = Some((label.to_owned(), String::new()));
                }
            }
            Some((label, encoded)) => match boundary(line, "END") {
                Some(end) if end == label => {
                    let der = STANDARD.decode(encoded.as_bytes()).map_err(|_| "is not base64 inside")?;
                    if der.is_empty() {
                        return Err("has an empty block");
                    }
                    found.push(PemBlock { label: std::mem::take(label), der });
                    open = None;
                }
                Some(_) => return Err("has a block that ends under another label"),
                None => encoded.push_str(line),
            },
        }
    }
    if open.is_some() {
        return Err("has a block without an end");
    }
    Ok(found)
}

/// The block as text.
pub(crate) fn armour(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE_CHARACTERS));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn boundary<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix("-----")?.strip_prefix(word)?.strip_prefix(' ')?.strip_suffix("-----")
}
