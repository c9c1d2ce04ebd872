//! From a value and its field table to the statement that declares it. Never prints a secret.

use std::collections::BTreeSet;

use iac_core::provider::Driver;
use iac_core::{FieldSpec, RustType, Value};

use super::choose::{choose, is_absent};
use super::layout::{Code, statement};
use super::name::{References, variable};

/// An object to be described.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct CodeObject<'a> {
    /// Its type.
    pub driver: &'a dyn Driver,
    /// Its physical id.
    pub id: &'a str,
    /// What the program shall call it.
    pub name: &'a str,
    /// The inputs that describe it.
    pub inputs: &'a Value,
}

impl<'a> CodeObject<'a> {
    /// The object `id` with these inputs, to be called `name`.
    pub fn new(driver: &'a dyn Driver, id: &'a str, name: &'a str, inputs: &'a Value) -> Self {
        Self { driver, id, name, inputs }
    }
}

/// What code shall say.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CodeOptions {
    /// Also say what an object refers to where that may be managed elsewhere as well, as a server's
    /// networks and firewalls.
    pub relations: bool,
    /// Say which object it is, so that the next plan imports it.
    pub import: bool,
}

impl CodeOptions {
    /// The least.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also say what an object refers to where that may be managed elsewhere.
    #[must_use]
    pub fn relations(mut self) -> Self {
        self.relations = true;
        self
    }

    /// Say which object it is.
    #[must_use]
    pub fn import(mut self) -> Self {
        self.import = true;
        self
    }
}

/// The statement that declares an object so that a plan finds no difference, laid out as rustfmt
/// does. An id that `known` has a variable for is written as that variable. In the place of a secret
/// stands a variable that does not exist, named in a comment: the code compiles once there is one.
///
/// ```
/// use iac_adopt::{CodeObject, CodeOptions, References, code};
/// use iac_core::{Provider, Value};
/// use iac_testkit::fake::Fake;
///
/// let types = Fake::types();
/// let node = types.drivers().find(|driver| driver.spec().type_token == "fake:node").unwrap();
/// let inputs = Value::map([("size", 1u32.into()), ("image", "a".into()), ("zone", "zone-a".into())]);
/// let object = CodeObject::new(&**node, "node-0001", "web", &inputs);
/// assert_eq!(
///     code(&object, &References::new(), CodeOptions::new()),
///     "let web = stack.add(\"web\", Node::args().size(1u32).image(\"a\"))?;\n"
/// );
/// ```
pub fn code(object: &CodeObject<'_>, known: &References, options: CodeOptions) -> String {
    Printer { known, name: variable(object.name), todo: Vec::new() }.object(object, options)
}

/// Declares several objects, each after those it refers to. Where two refer to each other, the one
/// that comes first has the other's id as text.
pub fn code_of_all(objects: &[CodeObject<'_>], known: &References, options: CodeOptions) -> String {
    let mut known = known.clone();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let variables: Vec<String> = objects
        .iter()
        .map(|object| {
            let base = variable(object.name);
            let kind = variable(&object.driver.spec().rust_name().to_ascii_lowercase());
            // Objects of different types may have one name.
            let ways = [base.clone(), format!("{base}_{kind}")].into_iter();
            let mut ways = ways.chain((2u32..).map(|number| format!("{base}_{kind}_{number}")));
            let free = ways.find(|name| !names.contains(name)).expect("numbers do not end");
            names.insert(free.clone());
            free
        })
        .collect();
    let place =
        |rust: &str, id: &str| objects.iter().position(|one| one.driver.spec().rust == rust && one.id == id);
    let mut needs: Vec<Vec<usize>> = Vec::new();
    for object in objects {
        let mut found = Vec::new();
        for field in choose(object.driver, object.inputs, options.relations).given {
            references(field.rust, field.fields, object.inputs.get(field.name), &mut |rust, id| {
                found.extend(place(rust, id));
            });
        }
        needs.push(found);
    }
    let mut text = String::new();
    for at in order(&needs) {
        let (Some(object), Some(own)) = (objects.get(at), variables.get(at)) else { continue };
        text.push_str(
            &Printer { known: &known, name: own.clone(), todo: Vec::new() }.object(object, options),
        );
        known.add(object.driver.spec().rust, object.id, own.clone());
    }
    text
}

/// Each after what it needs, as far as there is no circle; otherwise as they are.
fn order(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut done: Vec<usize> = Vec::with_capacity(needs.len());
    let mut left: Vec<usize> = (0..needs.len()).collect();
    while !left.is_empty() {
        let ready = |at: &usize| {
            needs.get(*at).is_none_or(|needs| needs.iter().all(|on| on == at || done.contains(on)))
        };
        let (mut now, later): (Vec<usize>, Vec<usize>) = left.iter().copied().partition(ready);
        left = later;
        if now.is_empty() {
            // A circle: it is broken at its first member.
            now.push(left.remove(0));
        }
        done.extend(now);
    }
    done
}

/// Calls `found` for every id in a value.
fn references(rust: RustType, fields: &[FieldSpec], value: &Value, found: &mut impl FnMut(&str, &str)) {
    match (rust, value) {
        (RustType::Reference(path), Value::String(id)) => found(path(), id),
        (RustType::List(inner), Value::List(items)) => {
            items.iter().for_each(|item| references(*inner, fields, item, found));
        }
        (RustType::Map(inner), Value::Map(entries)) => {
            entries.values().for_each(|entry| references(*inner, fields, entry, found));
        }
        (RustType::Struct(_), value) => {
            fields
                .iter()
                .for_each(|field| references(field.rust, field.fields, value.get(field.name), found));
        }
        _ => {}
    }
}

/// One statement under construction.
struct Printer<'a> {
    known: &'a References,
    /// The variable, which those of its secrets are named after.
    name: String,
    /// What the user has to give.
    todo: Vec<String>,
}

impl Printer<'_> {
    fn object(mut self, object: &CodeObject<'_>, options: CodeOptions) -> String {
        let spec = object.driver.spec();
        let chosen = choose(object.driver, object.inputs, options.relations);
        let mut calls: Vec<(String, Code)> = Vec::new();
        for field in chosen.given {
            calls.push((method(field.name), self.value(field, field.name, object.inputs.get(field.name))));
        }
        for field in chosen.hidden {
            calls.push((method(field.name), self.placeholder(field.name, field.secret)));
        }
        let arguments = Code::Chain(format!("{}::args()", spec.rust_name()), calls);
        let todo: String = self.todo.iter().map(|line| format!("// TODO: {line}\n")).collect();
        let import = if options.import {
            format!("// `Options::new().import({})` makes it this object.\n", literal(object.id))
        } else {
            String::new()
        };
        format!("{import}{todo}{}", statement(&self.name, &literal(object.name), &arguments))
    }

    /// A variable that does not exist, so that the code cannot be used by mistake.
    fn placeholder(&mut self, path: &str, secret: bool) -> Code {
        let name = format!("{}_{}", self.name, variable(path));
        let what = if secret { "the secret" } else { "the value that the cloud does not show," };
        let path = path.escape_debug();
        self.todo.push(format!("give {what} `{path}` in a variable `{name}`"));
        Code::Atom(name)
    }

    fn value(&mut self, field: &FieldSpec, path: &str, value: &Value) -> Code {
        self.typed(field.rust, field.fields, path, value)
    }

    fn typed(&mut self, rust: RustType, fields: &[FieldSpec], path: &str, value: &Value) -> Code {
        if let (Value::Secret(_), _) | (_, RustType::Secret) = (value, rust) {
            return self.placeholder(path, true);
        }
        match (rust, value) {
            (RustType::Bool, Value::Bool(flag)) => Code::Atom(flag.to_string()),
            (RustType::Number(kind), Value::Int(number)) if kind.starts_with('f') => {
                Code::Atom(format!("{number}.0{kind}"))
            }
            (RustType::Number(kind), Value::Int(number)) => Code::Atom(format!("{number}{kind}")),
            (RustType::Number(kind), Value::Float(number)) => Code::Atom(format!("{number:?}{kind}")),
            (RustType::Text, Value::String(text)) => Code::Atom(literal(text)),
            (RustType::Reference(of), Value::String(id)) => Code::Atom(match self.known.get(of(), id) {
                Some(variable) => format!("&{variable}"),
                None => format!("Id::new({})", literal(id)),
            }),
            (RustType::Enum(name, variants), value) => {
                match variants.iter().find(|variant| (variant.value)() == *value) {
                    Some(variant) => Code::Atom(format!("{name}::{}", variant.name)),
                    None => self.placeholder(path, false),
                }
            }
            (RustType::List(inner), Value::List(items)) => self.list(*inner, fields, path, items),
            (RustType::Map(inner), Value::Map(entries)) => Code::Array(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let value = self.typed(*inner, fields, &format!("{path}.{key}"), value);
                        Code::Pair(Box::new(Code::Atom(literal(key))), Box::new(value))
                    })
                    .collect(),
            ),
            (RustType::Struct(name), value) => {
                let given = fields.iter().filter(|field| gives(field, value.get(field.name)));
                let given: Vec<&FieldSpec> = given.collect();
                let calls = given.into_iter().map(|field| {
                    let path = format!("{path}.{}", field.name);
                    (method(field.name), self.value(field, &path, value.get(field.name)))
                });
                Code::Chain(format!("{name}::args()"), calls.collect())
            }
            (RustType::Json, value) if !value.has_secret() => {
                let json = value.to_redacted_json();
                Code::Atom(format!("serde_json::json!({json})"))
            }
            _ => self.placeholder(path, false),
        }
    }

    fn list(&mut self, inner: RustType, fields: &[FieldSpec], path: &str, items: &[Value]) -> Code {
        let items: Vec<Code> = items
            .iter()
            .enumerate()
            .map(|(at, item)| self.typed(inner, fields, &format!("{path}.{at}"), item))
            .collect();
        // An array has one type, and a handle and an id are two.
        let is_handle = |item: &Code| matches!(item, Code::Atom(text) if text.starts_with('&'));
        let handles = items.iter().filter(|item| is_handle(item)).count();
        if handles == 0 || handles == items.len() {
            return Code::Array(items);
        }
        let wrapped = items.into_iter().map(|item| match item {
            Code::Atom(text) => Code::Atom(format!("Input::new({text})")),
            other => other,
        });
        Code::Array(wrapped.collect())
    }
}

/// Whether a field of a nested struct says anything.
fn gives(field: &FieldSpec, value: &Value) -> bool {
    let is_default = field.default.is_some_and(|default| default() == *value);
    field.required || !(is_absent(value) || is_default)
}

/// The setter of a field.
fn method(field: &str) -> String {
    match field {
        "type" | "match" | "move" | "ref" | "loop" | "use" | "where" | "in" | "for" | "fn" | "mod" => {
            format!("r#{field}")
        }
        _ => field.to_owned(),
    }
}

/// Text as a Rust literal.
fn literal(text: &str) -> String {
    format!("{text:?}")
}
