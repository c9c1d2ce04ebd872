//! Text made safe for the place it goes to: XML, DOT, Mermaid, a script element. Knows nothing of
//! what the text means.

use serde::Serialize;

/// Text and attribute values in XML and HTML. Control characters, which XML refuses, become `\u{fffd}`.
pub(crate) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A quoted string in DOT. A line feed starts a new line of the label.
pub(crate) fn dot(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for c in text.chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '\n' => safe.push_str("\\n"),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe.push('"');
    safe
}

/// A quoted label in Mermaid, which knows entity codes only. A line feed becomes a line break.
pub(crate) fn mermaid(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("<br/>"),
            // Everything that ends a label, begins a tag, an entity or a text with marks.
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' | '*' | '_' | '~' | ';' | '%' => {
                safe.push_str(&format!("#{};", u32::from(c)));
            }
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe.push('"');
    safe
}

/// JSON for a script element: no text in it can end the element, begin a comment, or end a line of
/// JavaScript.
pub(crate) fn script_json(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).expect("reports have text keys and finite numbers only");
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // Outside of strings JSON has none of these, and inside an escape means the same.
            // The controls that JSON leaves alone would not survive every terminal.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{7f}'..='\u{9f}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</script><!--\"'&\\\u{2028}\u{0}\u{9b}`]]>";

    #[test]
    fn xml_has_no_marks_left() {
        assert_eq!(xml("a<b>\"c\"&'d'\u{7}"), "a&lt;b&gt;&quot;c&quot;&amp;&#39;d&#39;\u{fffd}");
        assert!(!xml(HOSTILE).contains(['<', '>', '"', '\'', '\0']));
    }

    #[test]
    fn a_dot_string_ends_where_it_should() {
        assert_eq!(dot("a\"b\\\nc"), r#""a\"b\\\nc""#);
        // Every quote inside has a backslash of its own before it.
        assert_eq!(dot("\\\""), r#""\\\"""#);
    }

    #[test]
    fn a_mermaid_label_has_codes_only() {
        assert_eq!(mermaid("a\"<b>\n#c"), "\"a#34;#60;b#62;<br/>#35;c\"");
        let inner = mermaid(HOSTILE);
        assert_eq!(inner.matches('"').count(), 2);
        assert!(!inner.contains("</script"));
    }

    #[test]
    fn json_in_a_script_cannot_leave_it_and_means_the_same() {
        let safe = script_json(&HOSTILE);
        assert!(!safe.contains(['<', '>', '&', '\u{2028}', '\u{9b}']));
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), HOSTILE);
    }
}
