//! Real sockets: what the network does is told apart correctly.

use std::time::Duration;

use iac_core::ErrorKind;
use iac_http::http::Method;
use iac_http::{Client, PAGES_MAX, Page, RetryPolicy, collect_pages};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::server::{Reply, Server};

fn client(url: &str) -> Client {
    Client::builder(url)
        .retry(RetryPolicy::default().attempts_max(2).backoff(Duration::ZERO, Duration::ZERO))
        .build()
        .unwrap()
}

async fn ask(server: &Server, method: Method) -> Result<Value, iac_core::Error> {
    let request = client(&server.url).request(method, "/servers");
    request.json_body(&serde_json::json!({"name": "a"})).send().await.map(|r| r.into_body())
}

#[tokio::test]
async fn a_request_arrives_as_written() {
    let server = Server::start(vec![Reply::Whole(200, r#"{"id":7}"#)]).await;
    let response = client(&server.url)
        .put("/servers/{id}/x")
        .segment("id", "a/b")
        .query(&[("name", "ü &"), ("page", "1")])
        .query_opt("none", None::<u8>)
        .json_body(&serde_json::json!({"size": 5}))
        .send::<Value>()
        .await
        .unwrap();
    assert_eq!((response.status(), response.into_body()), (200, serde_json::json!({"id": 7})));
    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PUT /v1/servers/a%2Fb/x?name=%C3%BC+%26&page=1 HTTP/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("user-agent: iac/"), "{head}");
    assert_eq!(body, r#"{"size":5}"#);
}

#[tokio::test]
async fn a_lost_answer_is_repeated_for_get_and_ambiguous_for_post() {
    for lost in [Reply::Cut, Reply::Truncated(200), Reply::Whole(500, "")] {
        let server = Server::start(vec![lost, Reply::Whole(200, "{}")]).await;
        assert!(ask(&server, Method::GET).await.is_ok());
        assert_eq!(server.requests().len(), 2);

        for method in [Method::POST, Method::PATCH] {
            let server = Server::start(vec![lost, Reply::Whole(200, "{}")]).await;
            let error = ask(&server, method.clone()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
            assert_eq!(server.requests().len(), 1, "{method} is sent once");
            assert!(error.to_string().starts_with(&format!("{method} /servers failed: ")));
        }
    }
}

#[tokio::test]
async fn no_answer_in_time() {
    for (method, kind) in [(Method::GET, ErrorKind::Unavailable), (Method::POST, ErrorKind::Ambiguous)] {
        let server = Server::start(vec![Reply::Silent]).await;
        let request = Client::builder(&server.url)
            .retry(RetryPolicy::never())
            .timeout(Duration::from_millis(100))
            .build()
            .unwrap()
            .request(method, "/servers");
        let error = request.send_empty().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains("no answer from http://127.0.0.1"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_names_the_endpoint() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for method in [Method::GET, Method::POST] {
        let error = client(&url).request(method, "/servers").send_empty().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.message().starts_with(&format!("cannot reach {url}")), "{error}");
        assert!(error.message().ends_with("(after 2 attempts)"), "{error}");
        assert!(error.way_out().unwrap().contains(&url), "{error}");
    }
}

#[tokio::test]
async fn requests_and_listings_run_in_tasks() {
    let server = Server::start(vec![Reply::Whole(200, "[1]"), Reply::Whole(200, "[2]")]).await;
    let client = client(&server.url);
    let task = tokio::spawn(async move {
        collect_pages(PAGES_MAX, 1_u32, async |page| {
            let answer = client.get("/x").query(&[("page", page)]).send::<Vec<u8>>().await?;
            Ok(Page::new(answer.into_body(), (page < 2).then_some(page + 1)))
        })
        .await
    });
    assert_eq!(task.await.unwrap().unwrap(), [1, 2]);
    assert!(server.requests()[1].starts_with("GET /v1/x?page=2 "));
}

#[tokio::test]
async fn a_host_that_fails_tls_is_not_asked_again() {
    // It answers in clear text.
    let server = Server::start(vec![Reply::Whole(200, "{}"), Reply::Whole(200, "{}")]).await;
    let url = server.url.replace("http://", "https://");
    let error = client(&url).post("/x").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.message().starts_with("no secure connection to https://127.0.0.1"), "{error}");
    assert!(!error.message().contains("attempts"), "{error}");

    let error = Client::builder(&url).trust_roots_pem("none").build().unwrap_err();
    assert_eq!(error.message(), "the trust roots hold no certificate");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start(vec![Reply::Redirect]).await;
    let error = ask(&server, Method::GET).await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::Internal, Some(302)));
}

#[tokio::test]
async fn a_large_answer_is_refused() {
    for body in ["12345678", "123456789"] {
        let server = Server::start(vec![Reply::Whole(200, body)]).await;
        let client = Client::builder(&server.url).body_bytes_max(8).build().unwrap();
        let result = client.get("/x").send_bytes().await;
        if body.len() <= 8 {
            assert_eq!(&result.unwrap().body[..], body.as_bytes());
        } else {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.message().contains("bound of 8 bytes"), "{error}");
        }
    }
}
