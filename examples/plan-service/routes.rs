//! The service over HTTP: routes, what bodies may say, limits, answers. Knows nothing of how plans are
//! made and applied.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::StreamExt as _;
use iac::cli::PlanText;
use serde::Deserialize;
use serde_json::{Map, Value as Fields, json};

use crate::plans::Planned;
use crate::problem::Problem;
use crate::runs::Run;
use crate::service::{REQUESTS_MAX, STREAMS_MAX, Service, Wanted};

/// The largest body.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long one request may take, the body included; longer than a plan.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(150);
/// Columns of a plan's text.
const TEXT_COLUMNS: usize = 80;

type Shared = State<Arc<Service>>;

/// Everything that can be called.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let known_callers = Router::new()
        .route("/plans", post(make_plan))
        .route("/plans/{id}", get(show_plan))
        .route("/plans/{id}/apply", post(apply))
        .route("/runs/{id}", get(show_run))
        .route("/runs/{id}/events", get(events))
        .route("/runs/{id}/cancel", post(cancel))
        .route("/stacks/{stack}/outputs", get(outputs))
        .fallback(async || Problem::not_found("no such path"))
        .method_not_allowed_fallback(another_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&service), known_callers_only));
    Router::new()
        .route("/healthz", get(health))
        .merge(known_callers)
        .method_not_allowed_fallback(another_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&service), so_many_at_once))
        .with_state(service)
}

async fn another_method() -> Problem {
    let detail = "this path takes another method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "Not with this method", detail)
}

async fn known_callers_only(State(service): Shared, request: Request, next: Next) -> Response {
    match service.token.is_shown_in(request.headers()) {
        true => next.run(request).await,
        false => Problem::unauthorized().into_response(),
    }
}

async fn so_many_at_once(State(service): Shared, request: Request, next: Next) -> Response {
    let Ok(_held_to_the_answer) = service.requests.try_acquire() else {
        return Problem::busy(format!("{REQUESTS_MAX} requests are being worked on")).into_response();
    };
    // A body that comes byte by byte would hold its place for ever.
    tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {} s; what was begun goes on", REQUEST_TIME_MAX.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "It took too long", detail).into_response()
    })
}

async fn make_plan(
    State(service): Shared,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, Problem> {
    let wanted: Wanted = read(body)?;
    let planned = service.plan(wanted).await?;
    let location = format!("/plans/{}", planned.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(plan_json(&planned)?)))
}

async fn show_plan(State(service): Shared, Path(id): Path<String>) -> Result<Json<Fields>, Problem> {
    let planned = find_plan(&service, &id)?;
    plan_json(&planned).map(Json)
}

async fn apply(State(service): Shared, Path(id): Path<String>) -> Result<impl IntoResponse, Problem> {
    let run = service.apply(find_plan(&service, &id)?).await?;
    let location = format!("/runs/{}", run.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(run.to_json())))
}

async fn show_run(State(service): Shared, Path(id): Path<String>) -> Result<Json<Fields>, Problem> {
    Ok(Json(find_run(&service, &id)?.to_json()))
}

/// All events from the first on, or from the one after `Last-Event-ID`, which browsers send when they
/// connect again.
async fn events(
    State(service): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let run = find_run(&service, &id)?;
    let held = Arc::clone(&service.streams).try_acquire_owned();
    let held = held.map_err(|_| Problem::busy(format!("{STREAMS_MAX} streams of events are open")))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let entries = Arc::clone(&run.events).read(last.unwrap_or(0), held);
    let entries = entries.map(|entry| {
        let event = axum::response::sse::Event::default().id(entry.number.to_string());
        Ok::<_, Infallible>(event.event(&entry.kind).data(&entry.data))
    });
    Ok(Sse::new(entries).keep_alive(KeepAlive::default()).into_response())
}

#[derive(Deserialize)]
struct HowToStop {
    /// Do not wait for running steps.
    #[serde(default)]
    abandon: bool,
}

async fn cancel(
    State(service): Shared,
    Path(id): Path<String>,
    how: Result<Query<HowToStop>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let how = how.map_err(|_| Problem::bad_request("`abandon` is true or false"))?;
    let run = find_run(&service, &id)?;
    if how.abandon {
        run.abandon()
    } else {
        run.drain()
    }
    Ok((StatusCode::ACCEPTED, Json(run.to_json())))
}

async fn outputs(State(service): Shared, Path(stack): Path<String>) -> Result<Json<Fields>, Problem> {
    let stack = Service::stack(&stack)?;
    let outputs = service.engine("plan-service, reading").outputs(&stack).await?;
    // A secret becomes `{"$secret":true}`.
    let outputs: Map<String, Fields> =
        outputs.into_iter().map(|(name, value)| (name, value.to_redacted_json())).collect();
    Ok(Json(json!({ "stack": stack.stack, "outputs": outputs })))
}

async fn health(State(service): Shared) -> Result<Json<Fields>, Problem> {
    if service.is_stopping() {
        return Err(Problem::stopping());
    }
    service.engine("plan-service, reading").stacks().await?;
    Ok(Json(json!({ "status": "ok", "runs_going_on": service.runs.going_on().len() })))
}

fn find_plan(service: &Service, id: &str) -> Result<Arc<Planned>, Problem> {
    let detail = "there is no such plan: it was made long ago, or before the service was started; plan again";
    service.plans.find(id).ok_or_else(|| Problem::not_found(detail))
}

fn find_run(service: &Service, id: &str) -> Result<Arc<Run>, Problem> {
    let detail = "there is no such run; the state's history has those of earlier times";
    service.runs.find(id).ok_or_else(|| Problem::not_found(detail))
}

fn plan_json(planned: &Planned) -> Result<Fields, Problem> {
    let plan = serde_json::to_value(&planned.plan).map_err(|error| Problem::internal(&error))?;
    Ok(json!({
        "id": planned.id,
        "stack": planned.stack.stack,
        "has_changes": planned.plan.has_changes(),
        "run": planned.run(),
        "text": PlanText::new(&planned.plan).width(TEXT_COLUMNS).to_string(),
        "plan": plan,
    }))
}

/// Reads a body. What is wrong with it is told by place and field, never by value: that may be a secret
/// in the wrong field.
fn read<T: for<'de> Deserialize<'de>>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|refused| {
        let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
        Problem::new(refused.status(), "body", "The body cannot be read", detail)
    })?;
    let mut reader = serde_json::Deserializer::from_slice(&body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.inner());
        let place = format!("line {}, column {}", cause.line(), cause.column());
        match cause.classify() {
            serde_json::error::Category::Data => Problem::bad_request(format!(
                "`{path}` is unknown, lacks a field or has the wrong type ({place})"
            )),
            _ => Problem::bad_request(format!("the body is not JSON ({place})")),
        }
    })?;
    let rest = reader.end();
    rest.map_err(|_| Problem::bad_request("there is something after the JSON of the body"))?;
    Ok(value)
}
