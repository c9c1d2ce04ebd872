//! What a port, a network and a path mean, without a plan.

use super::ports::Answer;
use super::walk::values_at;
use crate::value::Value;

#[test]
fn a_port_may_hide_in_a_range() {
    let of = |value: Value| Answer::of_ports(&value, 22);
    for open in ["22", "20-30", "1-65535", "22-22", "21 - 23", "any"] {
        assert_eq!(of(open.into()), Answer::Yes, "{open}");
    }
    for closed in ["23", "220", "2222", "1-21", "23-65535"] {
        assert_eq!(of(closed.into()), Answer::No, "{closed}");
    }
    assert_eq!(of(Value::Int(22)), Answer::Yes);
    assert_eq!(of(Value::Int(2222)), Answer::No);
    assert_eq!(of(Value::Null), Answer::Yes);
    assert_eq!(of(Value::Unknown), Answer::Later);
    assert_eq!(of(Value::list(["80".into(), "22".into()])), Answer::Yes);
}

#[test]
fn the_world_has_many_spellings() {
    let of = |text: &str| Answer::of_sources(&text.into());
    for world in [
        "0.0.0.0/0",
        "::/0",
        "0::0/0",
        "0:0:0:0:0:0:0:0/0",
        "1.2.3.4/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "2000::/3",
    ] {
        assert_eq!(of(world), Answer::Yes, "{world}");
    }
    for part in ["10.0.0.0/8", "192.168.0.0/16", "198.51.100.7/32", "0.0.0.0", "2001:db8::/32", "nonsense"] {
        assert_eq!(of(part), Answer::No, "{part}");
    }
    let sources = |items: &[&str]| Answer::of_sources(&Value::list(items.iter().map(|item| (*item).into())));
    assert_eq!(sources(&["10.0.0.0/8", "::/0"]), Answer::Yes);
    assert_eq!(sources(&[]), Answer::No);
    assert_eq!(Answer::of_sources(&Value::list(["10.0.0.0/8".into(), Value::Unknown])), Answer::Later);
}

#[test]
fn a_path_leads_to_every_item() {
    let rule = |port: &str| Value::map([("port", Value::from(port))]);
    let root = Value::map([("rules", Value::list([rule("22"), Value::Unknown, rule("80")]))]);
    let found: Vec<(String, Value)> =
        values_at(&root, "rules[*].port").into_iter().map(|(at, value)| (at, value.clone())).collect();
    let expected = [
        ("rules[0].port", Value::from("22")),
        ("rules[1]", Value::Unknown),
        ("rules[2].port", Value::from("80")),
    ];
    assert_eq!(found, expected.map(|(at, value)| (at.to_owned(), value)));
    assert_eq!(values_at(&root, "others[*].port"), []);
    assert_eq!(values_at(&root, "name"), [("name".to_owned(), &Value::Null)]);
    let undecided = Value::map([("rules", Value::Unknown)]);
    assert_eq!(values_at(&undecided, "rules[*].port"), [("rules".to_owned(), &Value::Unknown)]);
}
