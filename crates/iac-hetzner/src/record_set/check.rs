//! What can be wrong with the inputs of a record set. Knows nothing of requests.

use std::collections::BTreeSet;

use iac_core::{Fault, Value};

use super::key::APEX;
use crate::check::Checker;
use crate::dns_name;
use crate::record_value::{self, RecordType};
use crate::zone::TTL_RANGE;

/// The faults of the inputs of a record set.
pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let checker = Checker::new(inputs);
    let kind = checker.value("record_type").as_str().and_then(RecordType::parse);
    let values = checker.value("records").as_list();
    let count = values.map_or(1, <[Value]>::len);
    let known: Vec<&str> = values.unwrap_or_default().iter().filter_map(Value::as_str).collect();
    let different = known.iter().collect::<BTreeSet<_>>().len() == known.len();
    let is_alias = kind == Some(RecordType::Cname);
    let apex = checker.value("name").as_str() == Some(APEX);
    let empty = checker.value("comment").as_str() == Some("");
    checker
        .text("name", name_rule)
        .number("ttl", TTL_RANGE)
        .text("records", |value| {
            let fault = record_value::fault_of(kind?, value)?;
            Some(format!("the {} value {value:?} {fault}", kind?.as_str()))
        })
        .fault_if(
            count == 0,
            "records",
            "a set has at least one record; to remove the set, remove the resource",
        )
        .fault_if(!different, "records", "two records are the same; give each value once")
        .fault_if(is_alias && count > 1, "records", "a name has one CNAME record at most")
        .fault_if(is_alias && apex, "name", "the zone itself cannot be a CNAME; use A and AAAA records")
        .fault_if(empty, "comment", "it is empty; leave it out")
        .rule("labels", crate::label::faults)
        .finish()
}

fn name_rule(name: &str) -> Option<String> {
    if name == APEX {
        return None;
    }
    if name.ends_with('.') {
        return Some(format!("`{name}` has a final dot; give the name inside the zone, such as `www`"));
    }
    if name.contains(|c: char| c.is_ascii_uppercase()) {
        return Some(format!("`{name}` has capital letters; write it in lower case"));
    }
    dns_name::fault_of(name).map(|fault| format!("the name {name:?} {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, record_type: &str, records: &[&str]) -> Vec<String> {
        let inputs = Value::map([
            ("name", Value::from(name)),
            ("record_type", record_type.into()),
            ("records", Value::list(records.iter().map(|value| Value::from(*value)))),
        ]);
        faults(&inputs).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn check_knows_names_and_values() {
        assert!(check("@", "A", &["203.0.113.1", "203.0.113.2"]).is_empty());
        assert!(check("*", "TXT", &["hello world"]).is_empty());
        assert!(check("_acme-challenge.www", "TXT", &["token"]).is_empty());
        assert_eq!(check("www.", "A", &["203.0.113.1"]), ["name"]);
        assert_eq!(check("Www", "A", &["203.0.113.1"]), ["name"]);
        assert_eq!(check("www", "A", &["203.0.113.1", "x"]), ["records[1]"]);
        assert_eq!(check("www", "A", &[]), ["records"]);
        assert_eq!(check("www", "A", &["203.0.113.1", "203.0.113.1"]), ["records"]);
        assert_eq!(check("@", "CNAME", &["a.", "b."]), ["records", "name"]);
        assert_eq!(check("@", "TXT", &["\"quoted\""]), ["records[0]"]);
        let unknown = Value::map([
            ("name", Value::Unknown),
            ("record_type", "A".into()),
            ("records", Value::list([Value::Unknown, Value::Unknown])),
        ]);
        assert!(faults(&unknown).is_empty());
        assert!(faults(&Value::map([("records", Value::Unknown)])).is_empty());
    }
}
