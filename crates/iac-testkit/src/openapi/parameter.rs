//! Owns path, query and header parameters: what is declared, and the check of what was sent.
//! Knows no bodies.
use super::body::{Finding, compile, findings};
use super::reference::follow;
use super::schema::Direction;
use crate::sim::{Exchange, Params, REDACTED};
use jsonschema::Validator;
use serde_json::{Map, Value};

/// Headers that OpenAPI says are described elsewhere.
const HEADERS_DESCRIBED_ELSEWHERE: [&str; 3] = ["accept", "content-type", "authorization"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

/// How a parameter is written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    One,
    /// An item for each occurrence, or all items in one text with this separator.
    Array {
        separator: Option<char>,
    },
    /// `name[field]=value`.
    DeepObject,
    /// Each of these fields as a parameter of its own.
    Fields(Vec<String>),
    /// JSON text.
    Json,
}

/// One declared parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    place: Place,
    name: String,
    required: bool,
    form: Form,
    whole: Option<Validator>,
    item: Option<Validator>,
}

impl Parameter {
    /// Reads a parameter object; none for one that is not checked (cookies, malformed ones).
    pub(super) fn compile(document: &Value, node: &Value, mut problem: impl FnMut(String)) -> Option<Self> {
        let node = follow(document, node);
        let name = node.get("name")?.as_str()?.to_owned();
        let place = match node.get("in")?.as_str()? {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" if HEADERS_DESCRIBED_ELSEWHERE.iter().any(|other| name.eq_ignore_ascii_case(other)) => {
                return None;
            }
            "header" => Place::Header,
            _ => return None,
        };
        let content = node.get("content").and_then(Value::as_object).and_then(|map| map.values().next());
        let schema = node.get("schema").or_else(|| content.and_then(|media| media.get("schema")));
        let resolved = schema.map(|schema| follow(document, schema));
        let form = if content.is_some() { Form::Json } else { form(node, place, resolved) };
        let mut compiled = |schema: &Value| {
            compile(document, schema, Direction::Response)
                .map_err(|reason| problem(format!("schema of parameter {name}: {reason}")))
                .ok()
        };
        let whole = schema.and_then(&mut compiled);
        let item = resolved.and_then(|schema| schema.get("items")).and_then(&mut compiled);
        let required = node.get("required") == Some(&Value::Bool(true));
        Some(Self { place, name, required, form, whole, item })
    }

    fn owns(&self, sent: &str) -> bool {
        match &self.form {
            Form::DeepObject => sent.strip_prefix(&self.name).is_some_and(|rest| rest.starts_with('[')),
            Form::Fields(fields) => fields.iter().any(|field| field == sent),
            _ => self.name == sent,
        }
    }

    /// What is wrong with the texts sent for this parameter, in words.
    fn check(&self, texts: &[(&str, &str)]) -> Vec<String> {
        if texts.iter().any(|(_, text)| *text == REDACTED) {
            return Vec::new();
        }
        let Some((_, first)) = texts.first() else {
            let missing = self.required.then(|| "is required".to_owned());
            return missing.into_iter().collect();
        };
        match &self.form {
            Form::One if texts.len() > 1 => {
                vec![format!("is given {} times, but is no list", texts.len())]
            }
            Form::One => wrong_text(self.whole.as_ref(), first),
            Form::Array { separator } => self.check_items(texts, *separator),
            Form::DeepObject | Form::Fields(_) => {
                let field = |name: &str| {
                    let deep = name.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
                    deep.unwrap_or(name).to_owned()
                };
                let fields: Map<String, Value> =
                    texts.iter().map(|(name, text)| (field(name), Value::from(*text))).collect();
                in_words(self.whole.as_ref().map(|whole| findings(whole, &Value::Object(fields))))
            }
            Form::Json => match serde_json::from_str(first) {
                Ok(value) => in_words(self.whole.as_ref().map(|whole| findings(whole, &value))),
                Err(error) => vec![format!("is not JSON: {error}")],
            },
        }
    }

    fn check_items(&self, texts: &[(&str, &str)], separator: Option<char>) -> Vec<String> {
        let items: Vec<&str> = texts
            .iter()
            .flat_map(|(_, text)| match separator {
                Some(separator) => text.split(separator).collect::<Vec<_>>(),
                None => vec![*text],
            })
            .collect();
        let wrong: Vec<String> = items.iter().flat_map(|text| wrong_text(self.item.as_ref(), text)).collect();
        if !wrong.is_empty() {
            return wrong;
        }
        let list: Value = items.iter().map(|text| fitting(self.item.as_ref(), text)).collect();
        in_words(self.whole.as_ref().map(|whole| findings(whole, &list)))
    }
}

fn form(node: &Value, place: Place, schema: Option<&Value>) -> Form {
    let is_type = |name: &str| {
        let kind = schema.and_then(|schema| schema.get("type"));
        match kind {
            Some(Value::Array(names)) => names.iter().any(|other| other == name),
            Some(other) => other == name,
            None => false,
        }
    };
    let style = node.get("style").and_then(Value::as_str);
    let default_style = if place == Place::Query { "form" } else { "simple" };
    let style = style.unwrap_or(default_style);
    let explode = node.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
    if style == "deepObject" {
        return Form::DeepObject;
    }
    if is_type("array") {
        let separator = match style {
            "form" if explode => None,
            "spaceDelimited" if !explode => Some(' '),
            "pipeDelimited" if !explode => Some('|'),
            "spaceDelimited" | "pipeDelimited" => None,
            _ => Some(','),
        };
        return Form::Array { separator };
    }
    let fields = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    match fields {
        Some(fields) if is_type("object") && style == "form" && explode => {
            Form::Fields(fields.keys().cloned().collect())
        }
        _ => Form::One,
    }
}

/// The values a text may stand for: itself, or the number or boolean it reads as.
fn readings(text: &str) -> Vec<Value> {
    let mut readings = Vec::new();
    if let Ok(integer) = text.parse::<i64>() {
        readings.push(Value::from(integer));
    } else if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        readings.push(Value::from(number));
    }
    if let Ok(boolean) = text.parse::<bool>() {
        readings.push(Value::from(boolean));
    }
    readings.push(Value::from(text));
    readings
}

/// The reading that fits the schema; the text itself when none does.
fn fitting(schema: Option<&Validator>, text: &str) -> Value {
    let fits = |value: &Value| schema.is_none_or(|schema| schema.is_valid(value));
    readings(text).into_iter().find(fits).unwrap_or_else(|| Value::from(text))
}

fn wrong_text(schema: Option<&Validator>, text: &str) -> Vec<String> {
    let Some(schema) = schema else {
        return Vec::new();
    };
    if readings(text).iter().any(|value| schema.is_valid(value)) {
        return Vec::new();
    }
    // The first reading is the most typed one, so that its findings say the most.
    in_words(readings(text).first().map(|value| findings(schema, value)))
}

fn in_words(findings: Option<Vec<Finding>>) -> Vec<String> {
    let word = |(place, message): Finding| {
        if place.is_empty() { message } else { format!("{place} {message}") }
    };
    findings.unwrap_or_default().into_iter().map(word).collect()
}

/// All findings about path, query and headers, with their full pointers.
pub(super) fn check_all(parameters: &[Parameter], path: &Params, exchange: &Exchange) -> Vec<Finding> {
    let mut found = Vec::new();
    for parameter in parameters {
        let (place, texts): (&str, Vec<(&str, &str)>) = match parameter.place {
            Place::Path => ("path", path.iter().filter(|(name, _)| parameter.owns(name)).collect()),
            Place::Query => {
                let sent = exchange.query.iter().filter(|(name, _)| parameter.owns(name));
                ("query", sent.map(|(name, text)| (name.as_str(), text.as_str())).collect())
            }
            Place::Header => {
                let is_it = |name: &str| name.eq_ignore_ascii_case(&parameter.name);
                let sent = exchange.request_headers.iter().filter(|(name, _)| is_it(name));
                ("header", sent.map(|(name, text)| (name.as_str(), text.as_str())).collect())
            }
        };
        let pointer = format!("/{place}/{}", parameter.name);
        let wrong = parameter.check(&texts);
        found.extend(wrong.into_iter().map(|message| (pointer.clone(), message)));
    }
    let in_query = |parameter: &&Parameter| parameter.place == Place::Query;
    for (name, _) in &exchange.query {
        if !parameters.iter().filter(in_query).any(|parameter| parameter.owns(name)) {
            found.push((format!("/query/{name}"), "is no parameter of this operation".to_owned()));
        }
    }
    found
}
