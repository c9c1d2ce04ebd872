//! Owns which records a listing shows. Changes nothing.
use super::record::Record;
use iac_testkit::sim::SimRequest;

/// How a text is taken from a record.
type TextOf = fn(&Record) -> &str;

/// The texts of a record that are filtered by.
const TEXTS: [(&str, TextOf); 3] = [
    ("name", |record| &record.name),
    ("content", |record| &record.content),
    ("comment", |record| record.comment.as_deref().unwrap_or_default()),
];

/// Whether a listing shows a record: every filter fits, or with `match=any` one of them.
pub(super) fn shows(request: &SimRequest, record: &Record) -> bool {
    let mut verdicts = Vec::new();
    for (field, text) in TEXTS {
        verdicts.extend(text_verdicts(request, field, text(record)));
    }
    if let Some(kind) = request.query("type") {
        verdicts.push(record.kind == kind);
    }
    if let Some(proxied) = request.query("proxied") {
        verdicts.push(record.proxied == (proxied == "true"));
    }
    verdicts.extend(request.query_all("tag").into_iter().map(|tag| record.tags.iter().any(|own| own == tag)));
    if let Some(search) = request.query("search") {
        verdicts.push(TEXTS.iter().any(|(_, text)| text(record).contains(search)));
    }
    match request.query("match") {
        Some("any") => verdicts.is_empty() || verdicts.contains(&true),
        _ => !verdicts.contains(&false),
    }
}

fn text_verdicts(request: &SimRequest, field: &str, text: &str) -> Vec<bool> {
    let text = text.to_lowercase();
    let asked = |operator: &str| request.query(&format!("{field}{operator}")).map(str::to_lowercase);
    [
        asked("").map(|wanted| text == wanted),
        asked(".exact").map(|wanted| text == wanted),
        asked(".contains").map(|wanted| text.contains(&wanted)),
        asked(".startswith").map(|wanted| text.starts_with(&wanted)),
        asked(".endswith").map(|wanted| text.ends_with(&wanted)),
        asked(".present").map(|_| !text.is_empty()),
        asked(".absent").map(|_| text.is_empty()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
