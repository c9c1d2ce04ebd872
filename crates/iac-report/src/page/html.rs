//! [`Report::to_html`]: puts style, script and data into one file that loads nothing. Knows nothing of
//! what the script does.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::action::Action;
use crate::escape::{script_json, xml};
use crate::report::Report;

const STYLE: &str = include_str!("assets/report.css");
const PAGE: &str = include_str!("assets/page.html");
/// In the order in which they need each other; one function holds them all.
const SCRIPTS: [&str; 6] = [
    include_str!("assets/model.js"),
    include_str!("assets/list.js"),
    include_str!("assets/tree.js"),
    include_str!("assets/graph.js"),
    include_str!("assets/timeline.js"),
    include_str!("assets/main.js"),
];

impl Report {
    /// One HTML file: it opens from disk, loads nothing, and its policy admits nothing but its own
    /// style and script. The same report gives the same bytes.
    pub fn to_html(&self) -> String {
        let style = style();
        let script = format!("(() => {{\n'use strict';\n{}}})();\n", SCRIPTS.concat());
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
            hash(&style),
            hash(&script),
        );
        let parts = [
            ("title", xml(&self.title)),
            ("policy", xml(&policy)),
            ("style", style),
            ("about", self.about_html()),
            ("notes", self.notes_html()),
            ("data", script_json(self)),
            ("script", script),
        ];
        fill(PAGE, &parts)
    }

    fn about_html(&self) -> String {
        let mut html = String::new();
        for (label, text) in &self.about {
            let _ = write!(html, "<div><dt>{}</dt><dd>{}</dd></div>", xml(label), xml(text));
        }
        html
    }

    /// Readable without the script as well, which adds the links to resources.
    fn notes_html(&self) -> String {
        let mut html = String::new();
        for (index, note) in self.notes.iter().enumerate() {
            let _ = write!(
                html,
                "<li class=\"{kind}\" data-note=\"{index}\"><strong>{kind}</strong> <span>{}</span></li>",
                xml(&note.text),
                kind = note.kind,
            );
        }
        html
    }
}

/// The page's style with the colours of every action, light and dark.
fn style() -> String {
    let mut style = STYLE.to_owned();
    let rules = |style: &mut String, colours: fn(Action) -> [&'static str; 3]| {
        style.push_str(":root{");
        for action in Action::ALL {
            let ([fill, line, ink], key) = (colours(action), action.key());
            let _ = write!(style, "--{key}-fill:{fill};--{key}-line:{line};--{key}-ink:{ink};");
        }
        style.push_str("}\n");
    };
    rules(&mut style, Action::light);
    style.push_str("@media (prefers-color-scheme:dark){");
    rules(&mut style, Action::dark);
    style.push_str("}\n");
    for action in Action::ALL {
        let key = action.key();
        let _ = writeln!(
            style,
            ".a-{key}{{background:var(--{key}-fill);color:var(--{key}-ink);border-color:var(--{key}-line)}}"
        );
    }
    style
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Replaces each `{{name}}` once, from left to right, so that no content is taken for a place.
fn fill(page: &str, parts: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("the page closes its places");
        let (_, content) = parts.iter().find(|(part, _)| *part == name).expect("every place has its part");
        filled.push_str(before);
        filled.push_str(content);
        rest = after;
    }
    filled.push_str(rest);
    filled
}
