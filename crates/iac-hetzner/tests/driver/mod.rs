//! Drives a simulated project without a server, and judges every request and answer by the
//! vendor's description when it is there.
use iac_hetzner::sim::{BASE_PATH, HetznerSim, Pace, SimConfig, deviations};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::{Cloud, Exchange, HeaderValue, Method, SimRequest, SimTime};
use serde_json::{Value, json};

/// A project and its judge.
pub(crate) struct Driver {
    /// The project.
    pub(crate) cloud: HetznerSim,
    description: Option<Description>,
    now: SimTime,
    exchanges: u64,
}

impl Driver {
    /// A project whose actions end at once.
    pub(crate) fn instant() -> Self {
        Self::new(SimConfig::new().pace(Pace::Instant))
    }

    /// A project with these options, showing datacenters as the description asks for.
    pub(crate) fn new(config: SimConfig) -> Self {
        let description =
            Description::from_env("hetzner/cloud.spec.json").expect("the description can be read");
        let description = description.or_skip();
        let description = description.map(|description| {
            deviations().iter().fold(description, |description, (operation, pointer, reason)| {
                description.allow(Deviation::new(*operation, *pointer, *reason))
            })
        });
        let cloud = HetznerSim::new(config.with_datacenters().without_rate_limit());
        Self { cloud, description, now: SimTime::from_unix_seconds(1_790_000_000), exchanges: 0 }
    }

    /// One exchange: status and body. A refused request may be wrong, its answer may not.
    pub(crate) fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = SimRequest::new(method, &format!("{BASE_PATH}{path}")).at(self.now);
        request.headers.insert("authorization", HeaderValue::from_static("Bearer test"));
        if let Some(body) = &body {
            request.headers.insert("content-type", HeaderValue::from_static("application/json"));
            request = request.with_json(body);
        }
        let response = self.cloud.handle(&request, self.now);
        self.exchanges += 1;
        let exchange = Exchange::new(self.exchanges, &request, Some(&response), None);
        let refused = response.status.is_client_error();
        if let Some(description) = &self.description {
            let mut violations = description.check(&exchange, BASE_PATH);
            violations.retain(|violation| !refused || violation.pointer.starts_with("/response"));
            let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
            assert!(told.is_empty(), "{path}: {}\n{:?}", told.join("\n"), response.body);
        }
        (response.status.as_u16(), response.body.as_json().cloned().unwrap_or(Value::Null))
    }

    /// Sends what must be accepted.
    pub(crate) fn ok(&mut self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.send(method.clone(), path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.ok(Method::GET, path, None)
    }

    pub(crate) fn post(&mut self, path: &str, body: Value) -> Value {
        self.ok(Method::POST, path, Some(body))
    }

    /// Posts without a body.
    pub(crate) fn act(&mut self, path: &str) -> Value {
        self.ok(Method::POST, path, None)
    }

    pub(crate) fn put(&mut self, path: &str, body: Value) -> Value {
        self.ok(Method::PUT, path, Some(body))
    }

    pub(crate) fn delete(&mut self, path: &str) -> Value {
        self.ok(Method::DELETE, path, None)
    }

    /// Sends what must be refused with this status and code; answers the error.
    pub(crate) fn refused(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        expected: (u16, &str),
    ) -> Value {
        let (status, answer) = self.send(method.clone(), path, body);
        let code = answer["error"]["code"].as_str().unwrap_or_default();
        assert_eq!((status, code), expected, "{method} {path}: {answer}");
        answer["error"].clone()
    }

    /// A POST that must be refused.
    pub(crate) fn refused_post(&mut self, path: &str, body: Value, expected: (u16, &str)) -> Value {
        self.refused(Method::POST, path, Some(body), expected)
    }

    /// A POST that must be refused because of this field.
    pub(crate) fn invalid(&mut self, path: &str, body: Value, field: &str) {
        let error = self.refused_post(path, body.clone(), (422, "invalid_input"));
        assert_eq!(error["details"]["fields"][0]["name"], field, "{path} {body}: {error}");
    }
}

/// An object's id.
pub(crate) fn id(object: &Value) -> u64 {
    object["id"].as_u64().unwrap_or_else(|| panic!("{object} has no id"))
}

/// The names in a list of objects.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let objects = list.as_array().into_iter().flatten();
    objects.map(|object| object["name"].as_str().unwrap_or_default()).collect()
}

/// A server of the cheapest type, without more.
pub(crate) fn server(driver: &mut Driver, name: &str, more: Value) -> u64 {
    let mut body = json!({ "name": name, "server_type": "cx23", "image": "debian-12", "location": "fsn1" });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    id(&driver.post("/servers", body)["server"])
}

// Not every test file needs all of these.
const _: fn(&mut Driver, &str, Value) -> u64 = server;
const _: fn(&Value) -> Vec<&str> = names;
const _: fn(&mut Driver, &str) -> Value = Driver::act;
const _: fn(&mut Driver, &str, Value) -> Value = Driver::put;
