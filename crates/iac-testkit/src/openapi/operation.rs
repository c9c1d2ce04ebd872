//! Owns one operation of a description, compiled at its first use. Knows nothing of how it is
//! found.
use super::body::{Contents, Finding};
use super::parameter::{Parameter, check_all};
use super::reference::follow;
use super::schema::Direction;
use crate::sim::{Exchange, Fault, Params, PathTemplate};
use serde_json::Value;
use std::sync::OnceLock;

/// One method of one path.
#[derive(Debug)]
pub(super) struct Operation {
    /// In upper case.
    pub(super) method: String,
    pub(super) template: PathTemplate,
    compiled: OnceLock<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    parameters: Vec<Parameter>,
    request: Option<RequestBody>,
    responses: Vec<(String, Contents)>,
    problems: Vec<String>,
}

#[derive(Debug)]
struct RequestBody {
    required: bool,
    contents: Contents,
}

impl Operation {
    pub(super) fn new(method: &str, template: PathTemplate) -> Self {
        Self { method: method.to_ascii_uppercase(), template, compiled: OnceLock::new() }
    }

    /// The name under which violations are told.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.template.as_str())
    }

    pub(super) fn check(&self, document: &Value, path: &Params, exchange: &Exchange) -> Vec<Finding> {
        let compiled = self.compiled.get_or_init(|| self.compile(document));
        let mut found: Vec<Finding> =
            compiled.problems.iter().map(|problem| ("/description".to_owned(), problem.clone())).collect();
        found.extend(check_all(&compiled.parameters, path, exchange));
        found.extend(compiled.check_request(exchange));
        let from_script = matches!(exchange.fault, Some(Fault::Status { .. } | Fault::RateLimited { .. }));
        if let Some(status) = exchange.status
            && !from_script
        {
            found.extend(compiled.check_response(status, exchange));
        }
        found
    }

    fn compile(&self, document: &Value) -> Compiled {
        let mut problems = Vec::new();
        let mut problem = |text: String| problems.push(text);
        let nothing = Value::Null;
        let paths = document.get("paths");
        let item = paths.and_then(|paths| paths.get(self.template.as_str())).unwrap_or(&nothing);
        let item = follow(document, item);
        let node = item.get(self.method.to_ascii_lowercase()).unwrap_or(&nothing);
        let parameters = merged_parameters(document, item, node)
            .into_iter()
            .filter_map(|parameter| Parameter::compile(document, parameter, &mut problem))
            .collect();
        let request = node.get("requestBody").map(|body| {
            let body = follow(document, body);
            RequestBody {
                required: body.get("required") == Some(&Value::Bool(true)),
                contents: Contents::compile(document, body, Direction::Request, &mut problem),
            }
        });
        let declared = node.get("responses").and_then(Value::as_object);
        let responses = declared
            .into_iter()
            .flatten()
            .map(|(status, response)| {
                let response = follow(document, response);
                let contents = Contents::compile(document, response, Direction::Response, &mut problem);
                (status.to_ascii_lowercase(), contents)
            })
            .collect();
        Compiled { parameters, request, responses, problems }
    }
}

/// The operation's parameters and those of its path that it does not declare again.
fn merged_parameters<'a>(document: &'a Value, item: &'a Value, node: &'a Value) -> Vec<&'a Value> {
    let list = |node: &'a Value| {
        let list = node.get("parameters").and_then(Value::as_array);
        list.into_iter().flatten().map(|parameter| follow(document, parameter))
    };
    let identity = |parameter: &Value| (parameter.get("in").cloned(), parameter.get("name").cloned());
    let mut merged: Vec<&Value> = list(node).collect();
    for shared in list(item) {
        if !merged.iter().any(|own| identity(own) == identity(shared)) {
            merged.push(shared);
        }
    }
    merged
}

impl Compiled {
    fn check_request(&self, exchange: &Exchange) -> Vec<Finding> {
        let body = &exchange.request_body;
        let at_root = |message: &str| vec![("/request".to_owned(), message.to_owned())];
        match &self.request {
            None if body.is_empty() => Vec::new(),
            None => at_root("this operation takes no body"),
            Some(request) if body.is_empty() => {
                if request.required {
                    at_root("the body is required")
                } else {
                    Vec::new()
                }
            }
            Some(request) => {
                let content_type = exchange.request_header("content-type");
                below("/request", request.contents.findings(body, content_type))
            }
        }
    }

    fn check_response(&self, status: u16, exchange: &Exchange) -> Vec<Finding> {
        let exact = status.to_string();
        let range = format!("{}xx", status / 100);
        let declared = [exact.as_str(), range.as_str(), "default"]
            .into_iter()
            .find_map(|wanted| self.responses.iter().find(|(status, _)| status == wanted));
        let Some((_, contents)) = declared else {
            let known: Vec<&str> = self.responses.iter().map(|(status, _)| status.as_str()).collect();
            let message = format!("{status} is none of {}", known.join(", "));
            return vec![("/status".to_owned(), message)];
        };
        let at_root = |message: &str| vec![("/response".to_owned(), message.to_owned())];
        let body = &exchange.response_body;
        match (contents.is_empty(), body.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => at_root("this answer has no body"),
            (false, true) if exchange.method == "HEAD" => Vec::new(),
            (false, true) => at_root("the body is missing"),
            (false, false) => {
                let headers = &exchange.response_headers;
                let content_type = headers.iter().find(|(name, _)| name == "content-type");
                let content_type = content_type.map(|(_, value)| value.as_str());
                below("/response", contents.findings(body, content_type))
            }
        }
    }
}

fn below(prefix: &str, findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().map(|(place, message)| (format!("{prefix}{place}"), message)).collect()
}
