//! Which account a provider works in, which token it does that with, and how it keeps to the limit of
//! requests: against the simulated account, over HTTP.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use iac_cloudflare::sim::{self, ACCOUNT_ID, CloudflareSim, Pace, SimConfig};
use iac_cloudflare::{Cloudflare, CloudflareBuilder, DnsRecord, RecordType, Zone, ZoneActivation};
use iac_core::state::MemoryBackend;
use iac_core::{
    ApplyOptions, Engine, Error, ErrorKind, NoReporter, Options, Outcome, PlanOptions, Provider as _, Stack,
    StackError, StepError, interpolate,
};
use iac_http::RetryPolicy;
use iac_testkit::sim::{Exchange, Method, SimOptions, SimServer};
use serde_json::json;

const OTHER_ID: &str = "ffffffffffffffffffffffffffffffff";

async fn server(config: SimConfig) -> SimServer {
    sim::start(SimOptions::new(), config).await.unwrap()
}

fn builder(server: &SimServer, token: &str) -> CloudflareBuilder {
    Cloudflare::builder()
        .endpoint(format!("{}{}", server.url(), sim::BASE_PATH))
        .token(token.to_owned())
        .poll_interval(Duration::from_millis(1), Duration::from_millis(2))
        .http(|http| http.retry(RetryPolicy::never()))
}

async fn account(builder: CloudflareBuilder) -> Result<String, Error> {
    builder.build().unwrap().account().await
}

fn paths(exchanges: &[Exchange]) -> Vec<&str> {
    exchanges.iter().map(|exchange| exchange.path.strip_prefix(sim::BASE_PATH).unwrap()).collect()
}

#[tokio::test]
async fn the_only_account_is_found_and_of_several_one_must_be_named() {
    let server_with_one = server(SimConfig::new()).await;
    assert_eq!(account(builder(&server_with_one, "t")).await.unwrap(), ACCOUNT_ID);

    let server_with_two = server(SimConfig::new().account(OTHER_ID, "The other one")).await;
    let error = account(builder(&server_with_two, "t")).await.unwrap_err();
    assert_eq!((error.kind(), error.input_field()), (ErrorKind::InvalidInput, Some("account")));
    assert!(error.message().contains(OTHER_ID) && error.message().contains("The other one"), "{error}");
    assert_eq!(account(builder(&server_with_two, "t").account(OTHER_ID)).await.unwrap(), OTHER_ID);
}

#[tokio::test]
async fn a_given_account_is_not_listed_for_and_its_own_tokens_are_verified_there() {
    let server = server(SimConfig::new().token("good")).await;
    account(builder(&server, "good").account(ACCOUNT_ID)).await.unwrap();
    assert_eq!(paths(&server.take_exchanges()), ["/user/tokens/verify"]);

    let error = account(builder(&server, "bad").account(ACCOUNT_ID)).await.unwrap_err();
    assert_eq!((error.kind(), error.api_code()), (ErrorKind::Unauthenticated, Some("1000")));
    assert!(error.way_out().unwrap().contains("API Tokens"));
    let account_tokens = format!("/accounts/{ACCOUNT_ID}/tokens/verify");
    assert_eq!(paths(&server.take_exchanges()), ["/user/tokens/verify", account_tokens.as_str()]);

    let error = account(builder(&server, "bad")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_token_with_white_space_or_without_permission_is_told_as_such() {
    let server = server(SimConfig::new().read_only_token("looks")).await;
    let error = account(builder(&server, "a b")).await.unwrap_err();
    assert_eq!((error.kind(), error.api_code()), (ErrorKind::Unauthenticated, Some("6111")));

    let failures = apply(builder(&server, " looks\n"), |stack| {
        stack.add("zone", Zone::args().name("example.com")).map(drop)
    })
    .await;
    assert_eq!(failures, [ErrorKind::PermissionDenied]);
}

/// Applies a program; the kinds of its failures.
async fn apply(
    builder: CloudflareBuilder,
    program: impl Fn(&Stack) -> Result<(), StackError>,
) -> Vec<ErrorKind> {
    let stack = Stack::new("shop", "dev").unwrap();
    stack.provider(builder.build().unwrap()).unwrap();
    program(&stack).unwrap();
    let graph = stack.freeze().unwrap();
    let engine = Engine::builder().backend(MemoryBackend::new()).build();
    let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    kinds(&outcome)
}

fn kinds(outcome: &Outcome) -> Vec<ErrorKind> {
    let kind = |error: &StepError| match error {
        StepError::Failed { error } => error.kind(),
        other => panic!("{other}"),
    };
    outcome.failures.iter().map(|failure| kind(&failure.error)).collect()
}

#[tokio::test]
async fn the_limit_of_requests_is_read_from_the_answers() {
    let server = server(SimConfig::new().rate_limit(20, Duration::from_secs(300))).await;
    // The quota is spent: what is left of the window is longer than this client may wait.
    let limited = builder(&server, "t").account(ACCOUNT_ID).http(|http| {
        http.retry(RetryPolicy::never()).limit(
            iac_http::Limits::default()
                .quota_style(iac_http::QuotaStyle::Window)
                .rate_wait_max(Duration::from_secs(1)),
        )
    });
    let failures = apply(limited, |stack| {
        let zone = stack.add("zone", Zone::args().name("example.com"))?;
        for number in 0..40 {
            let name = interpolate!("host-{}.{}", number, &zone.name);
            let record = DnsRecord::args().zone(&zone).name(name).record_type(RecordType::A);
            stack.add(format!("host-{number}"), record.content("203.0.113.7"))?;
        }
        Ok(())
    })
    .await;
    assert!(
        !failures.is_empty() && failures.iter().all(|kind| *kind == ErrorKind::RateLimited),
        "{failures:?}"
    );
    // Nothing was sent that the vendor had to refuse.
    let refused = server.exchanges().iter().filter(|exchange| exchange.status == Some(429)).count();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn an_activation_that_does_not_come_is_planned_again_and_ends_with_the_registrar() {
    let server = server(SimConfig::new().pace(Pace::Polls(1_000_000))).await;
    let stack = || {
        let stack = Stack::new("shop", "dev").unwrap();
        stack.provider(builder(&server, "t").build().unwrap()).unwrap();
        let zone = stack.add("zone", Zone::args().name("example.com")).unwrap();
        let short = Options::new().timeout(Duration::from_millis(200));
        stack.add_with("active", ZoneActivation::args().zone(&zone), short).unwrap();
        stack.freeze().unwrap()
    };
    let engine = Engine::builder().backend(MemoryBackend::new()).build();
    let plan = engine.plan(&stack(), &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let outcome = engine.apply(&stack(), &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    assert_eq!(kinds(&outcome), [ErrorKind::Timeout]);

    // The registrar names the name servers.
    let activate = |cloud: &mut CloudflareSim| {
        cloud.reconfigure(SimConfig::new().pace(Pace::Instant));
        cloud.call(Method::GET, "/zones?name=example.com", None)
    };
    let zones = server.with_cloud(activate).unwrap().unwrap();
    let zones = zones.body.as_json().cloned().unwrap();
    assert_eq!(zones["result"][0]["status"], json!("pending"));
    for _ in 0..2 {
        let plan = engine.plan(&stack(), &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        let outcome = engine.apply(&stack(), &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
    }
    let plan = engine.plan(&stack(), &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    assert!(!plan.has_changes());
}
