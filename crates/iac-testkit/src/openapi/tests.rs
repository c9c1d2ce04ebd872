//! Descriptions against good and deliberately broken exchanges.
use super::{Description, Deviation, Violation};
use crate::sim::{Exchange, Fault, Method, SimRequest, SimResponse};
use serde_json::{Value, json};

fn description() -> Description {
    Description::from_value(
        "test",
        json!({
            "openapi": "3.0.3",
            "paths": {
                "/servers": {
                    "get": {
                        "parameters": [
                            { "name": "page", "in": "query", "schema": { "type": "integer" } },
                            { "name": "status", "in": "query", "schema": {
                                "type": "array", "items": { "enum": ["on", "off"] } } },
                            { "name": "ids", "in": "query", "explode": false, "schema": {
                                "type": "array", "items": { "type": "integer" }, "maxItems": 2 } },
                            { "name": "token_name", "in": "query", "required": true,
                                "schema": { "type": "string" } }
                        ],
                        "responses": { "200": { "content": { "application/json": {} } } }
                    },
                    "post": {
                        "requestBody": { "required": true, "content": { "application/json": {
                            "schema": { "$ref": "#/components/schemas/Create" } } } },
                        "responses": {
                            "201": { "content": { "application/json": { "schema": {
                                "$ref": "#/components/schemas/Server" } } } },
                            "4xx": { "content": { "application/json": { "schema": {
                                "type": "object", "required": ["error"] } } } }
                        }
                    }
                },
                "/servers/{id}": {
                    "parameters": [{ "name": "id", "in": "path", "required": true,
                        "schema": { "type": "integer" } }],
                    "delete": { "responses": { "204": { "description": "gone" } } }
                },
                "/servers/actions": {
                    "get": { "responses": { "default": { "description": "any" } } }
                }
            },
            "components": { "schemas": {
                "Base": { "type": "object", "required": ["name", "id", "version"], "properties": {
                    "id": { "type": "integer", "readOnly": true },
                    "version": { "allOf": [{ "type": "string" }, { "readOnly": true }] },
                    "name": { "type": "string", "minLength": 1 }
                } },
                "Create": { "allOf": [
                    { "$ref": "#/components/schemas/Base" },
                    { "type": "object", "properties": {
                        "size": { "type": "integer", "minimum": 0, "exclusiveMinimum": true },
                        "kind": { "type": "string", "enum": ["a"], "nullable": true },
                        "labels": { "type": "object",
                            "additionalProperties": { "type": "string" } },
                        "disk": { "nullable": true, "allOf": [
                            { "$ref": "#/components/schemas/Disk" }] },
                        "parts": { "type": "array",
                            "items": { "$ref": "#/components/schemas/Disk" } },
                        "target": {
                            "discriminator": { "propertyName": "type" },
                            "oneOf": [
                                { "type": "object", "properties": {
                                    "type": { "type": "string" }, "ip": { "type": "string" } } },
                                { "type": "object", "properties": {
                                    "type": { "type": "string" }, "host": { "type": "string" } } }
                            ]
                        }
                    } }
                ] },
                "Disk": { "type": "object", "properties": {
                    "gigabytes": { "type": "integer" },
                    "mirror": { "$ref": "#/components/schemas/Disk" }
                } },
                "Server": { "type": "object", "required": ["id", "secret"], "properties": {
                    "id": { "type": "integer" },
                    "secret": { "type": "string", "writeOnly": true },
                    "created": { "type": "string", "format": "date-time" }
                } }
            } }
        }),
    )
    .unwrap()
}

fn exchange(method: Method, path: &str, body: Option<Value>, answer: SimResponse) -> Exchange {
    let mut request = SimRequest::new(method, path);
    if let Some(body) = body {
        request = request.with_json(&body);
    }
    Exchange::new(1, &request, Some(&answer), None)
}

fn pointers(violations: &[Violation]) -> Vec<&str> {
    violations.iter().map(|violation| violation.pointer.as_str()).collect()
}

fn check(method: Method, path: &str, body: Option<Value>, answer: SimResponse) -> Vec<String> {
    let violations = description().check(&exchange(method, path, body, answer), "/v1");
    pointers(&violations).into_iter().map(str::to_owned).collect()
}

fn created() -> SimResponse {
    let body = json!({ "id": 1, "created": "2026-01-01T00:00:00+00:00", "unknown": true });
    SimResponse::json(201, body)
}

#[track_caller]
fn check_create(body: Value, expected: &[&str]) {
    assert_eq!(check(Method::POST, "/v1/servers", Some(body.clone()), created()), expected, "{body}");
}

#[test]
fn good_exchanges_pass() {
    check_create(json!({ "name": "a" }), &[]);
    check_create(
        json!({ "name": "a", "size": 1, "kind": null, "labels": { "any": "text" }, "disk": null,
            "parts": [{ "gigabytes": 1, "mirror": { "gigabytes": 2 } }],
            "target": { "type": "ip", "ip": "10.0.0.1" } }),
        &[],
    );
    let query = "/v1/servers?page=2&status=on&status=off&ids=1,2&token_name=7";
    let list = SimResponse::json(200, json!({}));
    assert!(check(Method::GET, query, None, list).is_empty());
    assert!(check(Method::DELETE, "/v1/servers/1", None, SimResponse::empty(204)).is_empty());
    assert!(check(Method::GET, "/v1/servers/actions", None, SimResponse::empty(200)).is_empty());
}

#[test]
fn broken_paths_and_methods_are_found() {
    let gone = || SimResponse::empty(204);
    assert_eq!(check(Method::GET, "/v1/nothing", None, gone()), ["/path"]);
    assert_eq!(check(Method::GET, "/v2/servers", None, gone()), ["/path"]);
    assert_eq!(check(Method::GET, "/v1x/servers", None, gone()), ["/path"]);
    assert_eq!(check(Method::PUT, "/v1/servers", None, gone()), ["/method"]);
    assert_eq!(check(Method::DELETE, "/v1/servers/abc", None, gone()), ["/path/id"]);
}

#[test]
fn broken_queries_are_found() {
    let query = |query: &str| {
        let path = format!("/v1/servers?{query}");
        check(Method::GET, &path, None, SimResponse::json(200, json!({})))
    };
    assert_eq!(query(""), ["/query/token_name"]);
    assert_eq!(query("token_name=a&pgae=1"), ["/query/pgae"]);
    assert_eq!(query("token_name=a&page=one"), ["/query/page"]);
    assert_eq!(query("token_name=a&page=1&page=2"), ["/query/page"]);
    assert_eq!(query("token_name=a&status=on&status=of"), ["/query/status"]);
    assert_eq!(query("token_name=a&ids=1,2,3"), ["/query/ids"]);
    assert_eq!(query("token_name=a&ids=1,b"), ["/query/ids"]);
}

#[test]
fn broken_requests_are_found() {
    check_create(json!({}), &["/request/name"]);
    check_create(json!({ "name": 1 }), &["/request/name"]);
    check_create(json!({ "name": "a", "nmae": "b" }), &["/request/nmae"]);
    check_create(json!({ "name": "a", "id": 4 }), &["/request/id"]);
    check_create(json!({ "name": "a", "size": 0 }), &["/request/size"]);
    check_create(json!({ "name": "a", "kind": "b" }), &["/request/kind"]);
    check_create(json!({ "name": "a", "labels": { "a": 1 } }), &["/request/labels/a"]);
    check_create(json!({ "name": "a", "disk": { "gigabyte": 1 } }), &["/request/disk/gigabyte"]);
    check_create(
        json!({ "name": "a", "parts": [{ "mirror": { "x/y": 1 } }] }),
        &["/request/parts/0/mirror/x~1y"],
    );
    check_create(json!({ "name": "a", "target": { "type": "ip", "pi": "" } }), &["/request/target/pi"]);
    assert_eq!(check(Method::POST, "/v1/servers", None, created()), ["/request"]);
    let with_body = check(Method::DELETE, "/v1/servers/1", Some(json!({})), SimResponse::empty(204));
    assert_eq!(with_body, ["/request"]);
}

#[test]
fn broken_answers_are_found() {
    let post = |answer| check(Method::POST, "/v1/servers", Some(json!({ "name": "a" })), answer);
    assert_eq!(post(SimResponse::json(201, json!({ "id": "1" }))), ["/response/id"]);
    assert_eq!(post(SimResponse::json(201, json!({}))), ["/response/id"]);
    assert_eq!(post(SimResponse::json(201, json!({ "id": 1, "created": "today" }))), ["/response/created"]);
    assert_eq!(post(SimResponse::empty(201)), ["/response"]);
    assert_eq!(post(SimResponse::json(200, json!({}))), ["/status"]);
    assert_eq!(post(SimResponse::json(422, json!({}))), ["/response/error"]);
    assert_eq!(post(SimResponse::bytes(201, "text/plain", "no")), ["/response"]);
    let body = SimResponse::json(204, json!({}));
    assert_eq!(check(Method::DELETE, "/v1/servers/1", None, body), ["/response"]);
}

#[test]
fn deviations_are_data() {
    let known = Deviation::new("POST /servers", "/request/parts/*/**", "known");
    let description = description().allow(known);
    let check = |body| {
        let exchange = exchange(Method::POST, "/v1/servers", Some(body), created());
        description.check(&exchange, "/v1").len()
    };
    assert_eq!(check(json!({ "name": "a", "parts": [{ "x": 1 }] })), 0);
    assert_eq!(check(json!({ "name": "a", "disk": { "x": 1 } })), 1);
}

#[test]
fn answers_of_faults_are_not_checked() {
    let request = SimRequest::new(Method::DELETE, "/v1/servers/1");
    let fault = Fault::Status { code: 599, body: Value::Null };
    let exchange = Exchange::new(1, &request, Some(&SimResponse::empty(599)), Some(fault));
    assert!(description().check(&exchange, "/v1").is_empty());
}

#[test]
fn openapi_3_1_schemas_are_taken_as_they_are() {
    let description = Description::from_value(
        "new",
        json!({ "openapi": "3.1.0", "paths": { "/a": { "post": {
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object",
                "properties": { "n": { "type": ["integer", "null"], "exclusiveMinimum": 3 } }
            } } } },
            "responses": { "default": {} }
        } } } }),
    )
    .unwrap();
    let check = |body| {
        let exchange = exchange(Method::POST, "/a", Some(body), SimResponse::empty(200));
        description.check(&exchange, "").len()
    };
    assert_eq!(check(json!({ "n": null })), 0);
    assert_eq!(check(json!({ "n": 3 })), 1);
    assert_eq!(check(json!({ "m": 4 })), 1);
}

#[test]
fn other_documents_are_refused() {
    let error = Description::from_value("old", json!({ "swagger": "2.0" })).unwrap_err();
    assert!(error.to_string().contains("old is not an OpenAPI"), "{error}");
    assert!(Description::load("/nonexistent/description.json").is_err());
}

#[test]
fn the_hetzner_description_compiles_and_finds_mistakes() {
    let Some(description) = Description::from_env("hetzner/cloud.spec.json").unwrap().or_skip() else {
        return;
    };
    for (method, path) in description.operations().map(|(m, p)| (m.to_owned(), p.to_owned())) {
        let path = path.replace("{id}", "1");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let violations = description.check(&exchange(method, &path, None, SimResponse::empty(200)), "");
        let broken: Vec<_> = violations.iter().filter(|v| v.pointer == "/description").collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
    let create = |body: Value| {
        let refusal = json!({ "error": { "code": "invalid_input", "message": "no" } });
        let answer = SimResponse::json(422, refusal);
        let exchange = exchange(Method::POST, "/v1/servers", Some(body), answer);
        let violations = description.check(&exchange, "/v1");
        violations.iter().map(|violation| violation.pointer.clone()).collect::<Vec<_>>()
    };
    let good = json!({ "name": "a", "server_type": "cx22", "image": "ubuntu-24.04",
        "labels": { "env": "test" }, "public_net": { "enable_ipv4": true } });
    assert!(create(good).is_empty());
    let bad = json!({ "name": "a", "server_typ": "cx22", "image": 3,
        "public_net": { "enable_ip4": true } });
    let found = create(bad);
    for pointer in
        ["/request/server_type", "/request/server_typ", "/request/image", "/request/public_net/enable_ip4"]
    {
        assert!(found.iter().any(|other| other == pointer), "{pointer} in {found:?}");
    }
}

#[test]
fn several_documents_are_one_description_and_keep_their_own_components() {
    let part = |path: &str, name: &str| {
        json!({ "openapi": "3.0.3",
            "paths": { path: { "post": {
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Body" } } } },
                "responses": { "200": { "description": "ok" } } } } },
            "components": { "schemas": { "Body": {
                "type": "object", "properties": { name: { "type": "string" } }, "required": [name] } } } })
    };
    let parts = [("a/one.json".to_owned(), part("/ones", "one")), ("two".to_owned(), part("/twos", "two"))];
    let description = Description::merged("both", parts).unwrap();
    let missing = |path: &str| {
        let request = SimRequest::new(Method::POST, path).with_json(&json!({}));
        let found = description.check(&Exchange::new(1, &request, None, None), "");
        found.into_iter().map(|violation| violation.pointer).collect::<Vec<_>>()
    };
    assert_eq!(missing("/ones"), ["/request/one"]);
    assert_eq!(missing("/twos"), ["/request/two"]);
    let described = description.lacks("POST /ones", "a mistake").unwrap_err();
    assert!(described.to_string().contains("has POST /ones"), "{described}");
    assert!(Description::merged("none", [("x".to_owned(), json!({ "swagger": "2.0" }))]).is_err());
}

#[test]
fn an_exception_for_refusals_does_not_hold_for_successes() {
    let description = Description::from_value(
        "flags",
        json!({ "openapi": "3.0.3", "paths": { "/flag": { "get": { "responses": { "default": {
            "description": "any", "content": { "application/json": { "schema": {
                "type": "object", "properties": { "success": { "enum": [true] } } } } } } } } } } }),
    )
    .unwrap()
    .allow_refused(Deviation::new("*", "/response/success", "one envelope for both"));
    let told = |status: u16| {
        let request = SimRequest::new(Method::GET, "/flag");
        let response = SimResponse::json(status, json!({ "success": false }));
        description.check(&Exchange::new(1, &request, Some(&response), None), "").len()
    };
    assert_eq!((told(404), told(200)), (0, 1));
}
