//! Looks for damage that reading alone would not notice. Changes nothing.

use rusqlite::Connection;

use super::trouble::Trouble;

/// Most findings of one rule.
const FINDINGS_MAX: u32 = 100;

/// Rules across rows. Each statement answers one text per finding.
const RULES: &[&str] = &[
    "SELECT urn || ' has ' || count(*) || ' rows that are in use; there may be one'
     FROM resource WHERE status = 'ready' GROUP BY stack_id, urn HAVING count(*) > 1",
    "SELECT urn || ' is kept in the state of ' || project || '/' || name
     FROM resource JOIN stack USING (stack_id)
     WHERE substr(urn, 1, length(project) + length(name) + 6) <> 'urn:' || project || ':' || name || ':'",
    "SELECT min(urn) || ' and ' || max(urn) || ' both claim ' || type_token || ' ' || id
     FROM resource WHERE id <> '' GROUP BY stack_id, type_token, provider, account, id HAVING count(*) > 1",
    "SELECT 'run ' || run || ' of ' || project || '/' || name || ' has ended without a time'
     FROM run JOIN stack USING (stack_id) WHERE status <> 'running' AND ended_at IS NULL",
];

pub(super) fn check(connection: &Connection) -> Result<Vec<String>, Trouble> {
    let snapshot = connection.unchecked_transaction()?;
    let mut findings = texts(&snapshot, &format!("PRAGMA integrity_check({FINDINGS_MAX})"))?;
    findings.retain(|finding| finding != "ok");
    if !findings.is_empty() {
        // Rows of a damaged file prove nothing.
        return Ok(findings);
    }
    findings.extend(texts(
        &snapshot,
        &format!(
            "SELECT 'a row of ' || \"table\" || ' belongs to a ' || \"parent\" || ' that does not exist'
             FROM pragma_foreign_key_check LIMIT {FINDINGS_MAX}"
        ),
    )?);
    for rule in RULES {
        findings.extend(texts(&snapshot, &format!("{rule} LIMIT {FINDINGS_MAX}"))?);
    }
    Ok(findings)
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, Trouble> {
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}
