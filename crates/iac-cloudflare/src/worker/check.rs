//! What can be wrong with the inputs of a Worker. Knows nothing of requests.

use std::collections::BTreeMap;

use iac_core::{Fault, Value};

use super::binding::OWN_KINDS;
use super::code::{UNREADABLE, is_program};
use super::upload::is_mark;
use crate::check::Checker;

/// Longest name of a script: it is a label in `workers.dev`.
const NAME_LENGTH_MAX: usize = 63;
/// Tags that the API takes, without the one of the engine.
const TAGS_MAX: usize = 9;
/// Longest tag.
const TAG_LENGTH_MAX: usize = 1024;
/// Digits of a SHA-256 hash.
const DIGEST_LENGTH: usize = 64;
/// Fields of a cron expression.
const CRON_FIELDS: usize = 5;
/// Most CPU time of a request, in milliseconds: five minutes.
const CPU_MS_MAX: i64 = 300_000;
/// The inputs that are maps from a binding's name.
const BINDING_MAPS: [&str; 5] = ["vars", "secrets", "kv_namespaces", "d1_databases", "other_bindings"];
/// The inputs that are lists of bindings with a name.
const BINDING_LISTS: [&str; 3] = ["r2_buckets", "services", "durable_objects"];

/// The faults of the inputs of a script.
pub(super) fn script(inputs: &Value) -> Vec<Fault> {
    let mut checker = Checker::new(inputs)
        .text("name", script_name)
        .text("compatibility_date", date)
        .text("crons", cron)
        .text("tags", tag)
        .number("cpu_ms_max", 1..=CPU_MS_MAX)
        .nested("r2_buckets", |one| one.text("name", binding_name))
        .nested("services", |one| one.text("name", binding_name))
        .nested("durable_objects", |one| one.text("name", binding_name).text("class_name", class_name));
    let tags = checker.value("tags").as_list().map_or(0, <[Value]>::len);
    let watched = *checker.value("observability") == Value::Unknown
        || *checker.value("observability") == Value::Bool(true);
    let logs = checker.is_given("head_sampling_rate") || checker.is_given("invocation_logs");
    checker = checker
        .fault_if(tags > TAGS_MAX, "tags", "a Worker has ten tags at most, of which one is the engine's")
        .fault_if(logs && !watched, "observability", "the settings of logs need `observability`");
    modules(&mut checker);
    bindings(&mut checker);
    migrations(&mut checker);
    if let Some(rate) = number(checker.value("head_sampling_rate")).filter(|rate| !(0.0..=1.0).contains(rate))
    {
        checker.fault("head_sampling_rate", format!("{rate} is outside 0 to 1"));
    }
    checker.finish()
}

/// What is inside of a secret: only names are told of it.
pub(super) fn shown(value: &Value) -> &Value {
    match value {
        Value::Secret(inner) => inner,
        other => other,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        // Large numbers are out of range anyway.
        Value::Int(number) => i32::try_from(*number).map(f64::from).ok().or(Some(f64::MAX)),
        _ => None,
    }
}

fn modules(checker: &mut Checker<'_>) {
    let Some(modules) = checker.value("modules").as_map() else { return };
    if modules.is_empty() {
        checker.fault("modules", "a Worker has at least one module; give them with `code`");
        return;
    }
    for (name, digest) in modules.iter() {
        let bad_name = name.is_empty() || name.chars().any(|c| c.is_control() || c == '"');
        if bad_name {
            checker.fault(&format!("modules.{name}"), "this is no name of a module, such as `worker.js`");
        }
        let is_digest = |text: &str| {
            text.len() == DIGEST_LENGTH && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if let Some(reason) = digest.as_str().and_then(|digest| digest.strip_prefix(UNREADABLE)) {
            checker.fault(&format!("modules.{name}"), reason);
        } else if digest.as_str().is_some_and(|digest| !is_digest(digest)) {
            checker
                .fault(&format!("modules.{name}"), "this is no SHA-256 hash; give the modules with `code`");
        }
    }
    let main = checker.value("main_module").as_str();
    match main {
        Some(main) if !modules.contains_key(main) => {
            checker.fault("main_module", format!("`{main}` is none of the modules"));
        }
        Some(main) if !is_program(main) => {
            checker.fault(
                "main_module",
                format!("`{main}` is no program; its name ends with `.js`, `.mjs` or `.py`"),
            );
        }
        None if !modules.keys().any(|name| is_program(name)) => {
            checker.fault("modules", "none of them is a program; its name ends with `.js`, `.mjs` or `.py`");
        }
        _ => {}
    }
}

/// Each name once, over all kinds, and each a name that code can use.
fn bindings(checker: &mut Checker<'_>) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut found: Vec<(String, String)> = Vec::new();
    for field in BINDING_MAPS {
        let Some(entries) = shown(checker.value(field)).as_map() else { continue };
        for name in entries.keys() {
            let at = format!("{field}.{name}");
            if let Some(problem) = binding_name(name) {
                checker.fault(&at, problem);
            }
            found.push((name.to_string(), at));
        }
    }
    for field in BINDING_LISTS {
        let items = checker.value(field).as_list().unwrap_or_default().iter().enumerate();
        let named = items.filter_map(|(index, item)| Some((index, item.get("name").as_str()?.to_owned())));
        found.extend(named.map(|(index, name)| (name, format!("{field}[{index}].name"))));
    }
    for (name, at) in found {
        if let Some(first) = seen.get(&name) {
            checker.fault(&at, format!("`{name}` is bound already, in `{first}`"));
        } else {
            seen.insert(name, at);
        }
    }
    let Some(others) = checker.value("other_bindings").as_map() else { return };
    for (name, binding) in others.iter() {
        let at = format!("other_bindings.{name}");
        match binding.get("type").as_str() {
            None if *binding != Value::Unknown => {
                checker.fault(&at, "it needs a `type`, such as `{\"type\": \"ai\"}`");
            }
            Some("inherit") => {
                checker.fault(&at, "an inherited binding depends on what was there before: say what it is")
            }
            Some(kind) if OWN_KINDS.contains(&kind) => {
                checker.fault(&at, format!("bindings of the type `{kind}` have an input of their own"));
            }
            _ => {}
        }
    }
}

fn migrations(checker: &mut Checker<'_>) {
    let items = checker.value("migrations").as_list().unwrap_or_default();
    let mut seen = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(tag) = item.get("tag").as_str() else { continue };
        if tag.is_empty() || seen.contains(&tag) {
            checker.fault(
                &format!("migrations[{index}].tag"),
                "each migration has a tag of its own, such as `v1`",
            );
        }
        seen.push(tag);
    }
}

/// A rule for the names of scripts.
pub(crate) fn script_name(text: &str) -> Option<String> {
    let good = (1..=NAME_LENGTH_MAX).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    (!good).then(|| {
        format!(
            "`{text}` is no name of a Worker: up to {NAME_LENGTH_MAX} lower-case letters, digits, `-` and `_`, \
             and no `-` at the start"
        )
    })
}

/// A rule for the names that code reads.
pub(crate) fn binding_name(text: &str) -> Option<String> {
    let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$');
    let good = text.starts_with(first) && text.chars().all(|c| first(c) || c.is_ascii_digit());
    (!good)
        .then(|| format!("`{text}` is no name in JavaScript: letters, digits and `_`, no digit at the start"))
}

fn class_name(text: &str) -> Option<String> {
    binding_name(text).map(|_| format!("`{text}` is no name of a class"))
}

fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str, digits: usize| text.parse::<u32>().ok().filter(|_| text.len() == digits);
    let good = match parts.as_slice() {
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    };
    (!good).then(|| format!("`{text}` is no date, such as `2026-11-01`"))
}

fn cron(text: &str) -> Option<String> {
    let fields: Vec<&str> = text.split(' ').collect();
    let good = fields.len() == CRON_FIELDS
        && fields.iter().all(|field| {
            !field.is_empty()
                && field
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b',' | b'-' | b'/' | b'#'))
        });
    (!good).then(|| format!("`{text}` has not five fields with a space between them, such as `*/15 * * * *`"))
}

fn tag(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > TAG_LENGTH_MAX || text.contains([',', '&']) {
        return Some(format!("a tag has 1 to {TAG_LENGTH_MAX} characters, and neither `,` nor `&`"));
    }
    is_mark(text).then(|| format!("`{text}` looks like the engine's own tag; choose another"))
}

#[cfg(test)]
mod tests {
    use super::super::code::WorkerCode;
    use super::*;

    fn fields(entries: &[(&str, Value)]) -> Vec<String> {
        let digest = Value::from("0".repeat(64));
        let modules = Value::map([("worker.js", digest)]);
        let inputs = Value::map([("modules", modules)].into_iter().chain(entries.iter().cloned()));
        script(&inputs).into_iter().map(|fault| fault.field).collect()
    }

    fn texts(entries: &[(&str, &str)]) -> Value {
        Value::map(entries.iter().map(|(key, text)| (*key, Value::from(*text))))
    }

    #[test]
    fn names_dates_and_times() {
        assert!(
            fields(&[("name", "intake-1".into()), ("compatibility_date", "2026-11-01".into())]).is_empty()
        );
        for bad in ["", "-a", "A", "a.b", &"x".repeat(64)] {
            assert_eq!(fields(&[("name", bad.into())]), ["name"], "{bad}");
        }
        for bad in ["2026", "2026-13-01", "2026-1-1", "today"] {
            assert_eq!(fields(&[("compatibility_date", bad.into())]), ["compatibility_date"], "{bad}");
        }
        let crons = Value::list(["*/15 * * * *".into(), "@daily".into(), "0 17 * * SUN".into()]);
        assert_eq!(fields(&[("crons", crons)]), ["crons[1]"]);
        assert_eq!(
            fields(&[("head_sampling_rate", Value::Float(1.5)), ("observability", true.into())]),
            ["head_sampling_rate"]
        );
        assert_eq!(fields(&[("head_sampling_rate", Value::Float(0.5))]), ["observability"]);
    }

    #[test]
    fn a_name_is_bound_once() {
        let vars = texts(&[("A", "x"), ("B", "y"), ("1", "z")]);
        let kv = texts(&[("B", "id")]);
        let secrets = Value::map([("A", Value::secret("s".into()))]);
        let found = fields(&[("vars", vars), ("kv_namespaces", kv), ("secrets", secrets)]);
        assert_eq!(found, ["vars.1", "secrets.A", "kv_namespaces.B"]);
        let other = Value::map([
            ("A", texts(&[("type", "ai")])),
            ("B", texts(&[("type", "d1")])),
            ("C", Value::map::<&str>([])),
        ]);
        assert_eq!(fields(&[("other_bindings", other)]), ["other_bindings.B", "other_bindings.C"]);
        assert!(fields(&[("vars", Value::Unknown), ("services", Value::list([Value::Unknown]))]).is_empty());
    }

    #[test]
    fn modules_have_a_main_one() {
        assert_eq!(fields(&[("main_module", "other.js".into())]), ["main_module"]);
        assert_eq!(fields(&[("modules", Value::map::<&str>([]))]), ["modules"]);
        let data = Value::map([("data.bin", Value::from("0".repeat(64))), ("x.txt", "hash".into())]);
        assert_eq!(fields(&[("modules", data)]), ["modules.x.txt", "modules"]);
        let code = WorkerCode::file("no/such/worker.js");
        let modules = code.digests.iter().map(|(name, digest)| (name.as_str(), digest.as_str().into()));
        let faults = script(&Value::map([("modules", Value::map(modules))]));
        assert!(faults[0].message.contains("no/such/worker.js cannot be read"), "{faults:?}");
    }
}
