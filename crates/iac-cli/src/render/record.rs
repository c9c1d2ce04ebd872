//! Rows of the state, as text and JSON.

use std::sync::Arc;

use iac_core::state::{ResourceRecord, Status, TimestampMs};
use iac_core::{Value, utc};
use serde_json::{Value as Json, json};

use super::difference::fields;
use super::time::ago;
use super::value::to_json;
use crate::layout::{FAINT, PLAIN, Page, STRONG};

/// All rows in columns: path, type, id.
pub(crate) fn rows(rows: &[&Arc<ResourceRecord>]) -> String {
    let width = |text: fn(&ResourceRecord) -> &str| {
        rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0)
    };
    let (paths, types) = (width(|row| row.urn.path()), width(|row| &row.type_token));
    let line = |row: &&Arc<ResourceRecord>| {
        let (path, type_token) = (row.urn.path(), &row.type_token);
        let mark = condition(row).map(|text| format!("  ({text})")).unwrap_or_default();
        let text = format!("{path:paths$}  {type_token:types$}  {}{mark}", crate::layout::printable(&row.id));
        format!("{}\n", text.trim_end())
    };
    rows.iter().map(line).collect()
}

/// What is unusual about a row.
fn condition(row: &ResourceRecord) -> Option<&'static str> {
    match row.status {
        _ if row.is_unread() => Some("adopted, not read yet"),
        _ if row.missing => Some("gone from the cloud"),
        Status::Incomplete => Some("its creation failed halfway"),
        Status::PendingDelete => Some("replaced, still to be deleted"),
        Status::Gone => Some("deleted, hooks still to run"),
        _ if changed_outside(row) => Some("changed outside of this program"),
        _ => None,
    }
}

/// Whether the cloud has another value for something that was applied. What it chose by itself, where
/// the program left it open, is no such thing.
fn changed_outside(row: &ResourceRecord) -> bool {
    row.observed.as_ref().is_some_and(|seen| !is_within(&row.inputs, seen))
}

/// Whether everything in `applied` is in `seen`; what `seen` has beyond it does not count.
fn is_within(applied: &Value, seen: &Value) -> bool {
    match (applied.as_map(), seen.as_map(), applied.as_list(), seen.as_list()) {
        (Some(applied), Some(_), ..) => applied.iter().all(|(key, value)| is_within(value, seen.get(key))),
        (.., Some(applied), Some(seen)) => {
            applied.len() == seen.len() && applied.iter().zip(seen).all(|(a, b)| is_within(a, b))
        }
        _ => applied == seen,
    }
}

/// One row in full, secrets marked.
pub(crate) fn row(row: &ResourceRecord, now: TimestampMs, width: usize) -> String {
    let mut page = Page::new(width);
    page.line(0, STRONG, row.urn.as_str());
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    let facts = [
        ("id", row.id.clone()),
        ("condition", condition(row).unwrap_or("in use").to_owned()),
        ("provider", format!("{} (account {})", row.provider, row.account)),
        ("protected", yes(row.protect)),
        ("retained", yes(row.retain)),
        ("generation", row.generation.to_string()),
        ("changed", format!("{} ({})", utc(row.modified_at), ago(row.modified_at, now))),
        (
            "checked",
            match row.is_unread() {
                true => "never".to_owned(),
                false => format!("{} ({})", utc(row.refreshed_at), ago(row.refreshed_at, now)),
            },
        ),
    ];
    for (name, fact) in facts {
        page.item(2, &format!("{:11}", format!("{name}:")), FAINT, &fact, 12);
    }
    for (title, value) in [
        ("inputs", Some(&row.inputs)),
        ("in the cloud", row.observed.as_ref()),
        ("outputs", Some(&row.outputs)),
    ] {
        let Some(value) = value.filter(|value| value.as_map().is_some_and(|entries| !entries.is_empty()))
        else {
            continue;
        };
        page.line(2, STRONG, title);
        fields(&mut page, 4, value, usize::MAX);
    }
    if !row.dependencies.is_empty() {
        page.line(2, STRONG, "needs");
        row.dependencies.iter().for_each(|urn| page.line(4, PLAIN, urn.as_str()));
    }
    page.finish()
}

/// One row as JSON, secrets marked.
pub(crate) fn row_json(row: &ResourceRecord) -> Json {
    json!({
        "urn": row.urn,
        "resource_type": row.type_token,
        "provider": row.provider,
        "account": row.account,
        "id": row.id,
        "status": row.status,
        "missing": row.missing,
        "inputs": to_json(&row.inputs),
        "observed": row.observed.as_ref().map(to_json),
        "outputs": to_json(&row.outputs),
        "dependencies": row.dependencies,
        "protect": row.protect,
        "retain": row.retain,
        "generation": row.generation,
        "refreshed_at": row.refreshed_at,
        "modified_at": row.modified_at,
    })
}
