//! Owns a loaded description: finds the operation of an exchange and has it checked. Knows no
//! schemas.
use super::operation::Operation;
use super::reference::follow;
use super::violation::{Deviation, Violation};
use crate::sim::{Exchange, Params, PathTemplate, PathTemplateError};
use serde_json::{Map, Value, json};
use std::path::Path;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A vendor's description of its API. Operations are compiled at their first use.
#[derive(Debug)]
pub struct Description {
    name: String,
    document: Value,
    operations: Vec<Operation>,
    deviations: Vec<Deviation>,
    refusal_deviations: Vec<Deviation>,
    undescribed: Vec<Undescribed>,
}

/// An operation that the vendor has and its description lacks.
#[derive(Debug)]
struct Undescribed {
    /// As it was named: method, space, path template.
    name: String,
    method: String,
    template: PathTemplate,
    reason: String,
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// The file cannot be read.
    #[error("failed to read the API description {name}: {source}")]
    Unreadable {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not JSON.
    #[error("the API description {name} is not JSON: {source}")]
    NotJson {
        /// The file.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The JSON is not OpenAPI 3.0 or 3.1.
    #[error("{name} is not an OpenAPI 3.0 or 3.1 description: {reason}")]
    NotOpenApi {
        /// The file.
        name: String,
        /// Why.
        reason: String,
    },
    /// An operation that is named as lacking is described.
    #[error("the API description {name} has {operation}: do not name it as lacking")]
    Described {
        /// The file.
        name: String,
        /// The operation.
        operation: String,
    },
    /// A path of the description cannot be read.
    #[error("the API description {name} has an unusable path: {source}")]
    Path {
        /// The file.
        name: String,
        /// Why.
        source: PathTemplateError,
    },
}

impl Description {
    /// Reads a description from a JSON file.
    ///
    /// # Errors
    /// When the file cannot be read or is not OpenAPI 3.0 or 3.1 in JSON.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, DescriptionError> {
        let path = path.as_ref();
        Self::from_value(path.display().to_string(), Self::read(path)?)
    }

    /// The JSON of a file.
    pub(super) fn read(path: &Path) -> Result<Value, DescriptionError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|source| DescriptionError::Unreadable { name: name.clone(), source })?;
        serde_json::from_slice(&bytes).map_err(|source| DescriptionError::NotJson { name, source })
    }

    /// Takes a description that has been parsed already; `name` is for messages.
    ///
    /// # Errors
    /// When it is not OpenAPI 3.0 or 3.1.
    pub fn from_value(name: impl Into<String>, document: Value) -> Result<Self, DescriptionError> {
        let name = name.into();
        let version = document.get("openapi").and_then(Value::as_str).unwrap_or("none");
        if !version.starts_with("3.0") && !version.starts_with("3.1") {
            let reason = format!("its version is {version}");
            return Err(DescriptionError::NotOpenApi { name, reason });
        }
        let mut operations = Vec::new();
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let template = PathTemplate::parse(path)
                .map_err(|source| DescriptionError::Path { name: name.clone(), source })?;
            let item = follow(&document, item);
            let present = METHODS.iter().filter(|method| item.get(**method).is_some());
            operations.extend(present.map(|method| Operation::new(method, template.clone())));
        }
        Ok(Self {
            name,
            document,
            operations,
            deviations: Vec::new(),
            refusal_deviations: Vec::new(),
            undescribed: Vec::new(),
        })
    }

    /// Adds a known exception: violations it covers are not told.
    #[must_use]
    pub fn allow(mut self, deviation: Deviation) -> Self {
        self.deviations.push(deviation);
        self
    }

    /// Takes the documents of one API that a vendor describes in several, each with its name. Paths
    /// of an earlier one win.
    ///
    /// # Errors
    /// When one of them is not OpenAPI 3.0 or 3.1.
    pub fn merged(
        name: impl Into<String>,
        documents: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Self, DescriptionError> {
        let mut paths = Map::new();
        let mut parts = Map::new();
        let mut version = Value::Null;
        for (part, mut document) in documents {
            Self::from_value(part.as_str(), document.clone())?;
            relocate(&mut document, &format!("#/parts/{}/components/", part.replace('/', "~1")));
            version = document["openapi"].take();
            if let Value::Object(own) = document["paths"].take() {
                own.into_iter().for_each(|(path, item)| {
                    paths.entry(path).or_insert(item);
                });
            }
            parts.insert(part, json!({ "components": document["components"].take() }));
        }
        Self::from_value(name, json!({ "openapi": version, "paths": paths, "parts": parts }))
    }

    /// Names an operation that the vendor has and this description lacks, such as
    /// `GET /ips/{id}`, with the reason why that is known: its exchanges are not compared.
    ///
    /// ```
    /// use iac_testkit::openapi::Description;
    /// use iac_testkit::sim::{Exchange, Method, SimRequest};
    /// use serde_json::json;
    ///
    /// let empty = json!({ "openapi": "3.0.3", "paths": {} });
    /// let description = Description::from_value("keys", empty)?.lacks("GET /ips/{id}", "public, undocumented")?;
    /// let asked = |path| {
    ///     let request = SimRequest::new(Method::GET, path);
    ///     description.check(&Exchange::new(1, &request, None, None), "/v1").len()
    /// };
    /// assert_eq!((asked("/v1/ips/4"), asked("/v1/keys")), (0, 1));
    /// # Ok::<(), iac_testkit::openapi::DescriptionError>(())
    /// ```
    ///
    /// # Errors
    /// When the name is not a method, a space and a path template, or the description has the
    /// operation: then it is compared, and naming it here is a mistake.
    pub fn lacks(mut self, operation: &str, reason: impl Into<String>) -> Result<Self, DescriptionError> {
        let (method, path) = operation.split_once(' ').unwrap_or((operation, ""));
        let template = PathTemplate::parse(path)
            .map_err(|source| DescriptionError::Path { name: self.name.clone(), source })?;
        if self.operations().any(|known| known == (method, path)) {
            return Err(DescriptionError::Described { name: self.name, operation: operation.to_owned() });
        }
        let (name, method) = (operation.to_owned(), method.to_owned());
        self.undescribed.push(Undescribed { name, method, template, reason: reason.into() });
        Ok(self)
    }

    /// The operations that are [lacking](Self::lacks), each with its reason.
    pub fn undescribed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.undescribed.iter().map(|one| (one.name.as_str(), one.reason.as_str()))
    }

    /// Adds a known exception that holds for refusals (4xx) alone: some descriptions have one envelope
    /// for both and ask of a refusal what only a success has.
    #[must_use]
    pub fn allow_refused(mut self, deviation: Deviation) -> Self {
        self.refusal_deviations.push(deviation);
        self
    }

    /// The name given or the file's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The known exceptions.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// Method (upper case) and path template of every operation.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.operations.iter().map(|operation| (operation.method.as_str(), operation.template.as_str()))
    }

    /// Everything in which an exchange does not fit, apart from the known exceptions.
    ///
    /// `base_path`, such as `/v1`, is taken off the path; empty for none. An answer that a fault
    /// made up is not checked.
    pub fn check(&self, exchange: &Exchange, base_path: &str) -> Vec<Violation> {
        let mut violations = self.check_all(exchange, base_path);
        let is_refusal = exchange.status.is_some_and(|status| (400..500).contains(&status));
        let of_refusals = self.refusal_deviations.iter().filter(|_| is_refusal);
        let known: Vec<&Deviation> = self.deviations.iter().chain(of_refusals).collect();
        violations.retain(|violation| !known.iter().any(|known| known.covers(violation)));
        violations
    }

    fn check_all(&self, exchange: &Exchange, base_path: &str) -> Vec<Violation> {
        let base_path = base_path.trim_end_matches('/');
        let path = exchange.path.strip_prefix(base_path);
        let unmatched = |pointer: &str, message: String| {
            let operation = format!("{} {}", exchange.method, path.unwrap_or(&exchange.path));
            vec![Violation { operation, pointer: pointer.to_owned(), message }]
        };
        let Some(path) = path.filter(|path| path.is_empty() || path.starts_with('/')) else {
            return unmatched("/path", format!("the path is not below {base_path}"));
        };
        match self.find(&exchange.method, path) {
            Ok((operation, params)) => {
                let name = operation.name();
                let findings = operation.check(&self.document, &params, exchange);
                let violation = |(pointer, message)| Violation { operation: name.clone(), pointer, message };
                findings.into_iter().map(violation).collect()
            }
            Err(_) if self.is_undescribed(&exchange.method, path) => Vec::new(),
            Err(methods) if methods.is_empty() => {
                unmatched("/path", format!("no path of {} fits", self.name))
            }
            Err(methods) => unmatched("/method", format!("the path has only {}", methods.join(", "))),
        }
    }

    fn is_undescribed(&self, method: &str, path: &str) -> bool {
        self.undescribed.iter().any(|one| one.method == method && one.template.matches(path).is_some())
    }

    /// The most specific operation of this method, or the methods that the path has.
    fn find(&self, method: &str, path: &str) -> Result<(&Operation, Params), Vec<String>> {
        let fitting = || {
            self.operations
                .iter()
                .filter_map(|operation| Some((operation, operation.template.matches(path)?)))
        };
        fitting()
            .filter(|(operation, _)| operation.method == method)
            .min_by(|(one, _), (other, _)| one.template.compare_specificity(&other.template))
            .ok_or_else(|| {
                let mut methods: Vec<String> =
                    fitting().map(|(operation, _)| operation.method.clone()).collect();
                methods.sort();
                methods.dedup();
                methods
            })
    }
}

/// Points the references of a document that becomes a part of another one at their new place.
fn relocate(node: &mut Value, components: &str) {
    match node {
        Value::Object(entries) => {
            if let Some(Value::String(reference)) = entries.get_mut("$ref")
                && let Some(rest) = reference.strip_prefix("#/components/")
            {
                *reference = format!("{components}{rest}");
            }
            entries.values_mut().for_each(|inner| relocate(inner, components));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| relocate(inner, components)),
        _ => {}
    }
}
