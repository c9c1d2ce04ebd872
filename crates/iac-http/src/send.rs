//! Runs one request to its end: attempts, waits, credential refresh, and the sealed error.
//! Knows nothing of building requests or decoding successes.
//!
//! The order within an attempt: place and quota (`limit`), circuit breaker, credentials (so that a
//! signature is fresh after every wait), transport, trace. Around it: retry. Last: redact.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::HeaderMap;
use iac_core::{Error, ErrorKind, Result};
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;
use url::Url;

use crate::auth::SignedParts;
use crate::classify::{Failure, answer_failure, is_refused, transport_failure};
use crate::client::Client;
use crate::clock::{earlier, later};
use crate::excerpt::{EXCERPT_LENGTH_MAX, MESSAGE_LENGTH_MAX, clean_text, excerpt};
use crate::limit::{Place, Refusal};
use crate::observe::HttpEvent;
use crate::quota::Quota;
use crate::redact::Redactor;
use crate::retry::Cause;
use crate::transport::{TransportError, WireRequest, WireResponse};

/// A request that is complete except for credentials.
pub(crate) struct Prepared {
    pub(crate) method: Method,
    /// Method and path, for errors.
    pub(crate) operation: String,
    /// The path with placeholders, for spans and events.
    pub(crate) template: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) idempotency: crate::retry::Idempotency,
    pub(crate) deadline: Option<Instant>,
    pub(crate) timeout: Duration,
    pub(crate) sensitive: Vec<SecretString>,
    pub(crate) body_is_secret: bool,
}

pub(crate) struct Run {
    client: Client,
    request: Prepared,
    start: Instant,
    /// Attempts in all.
    attempts: u32,
    /// Attempts that count against the bound: not 429, not on a vendor's own schedule.
    failures: u32,
    rate_limited: u32,
    scheduled: u32,
    /// Waits that have bounds of their own.
    waited: Duration,
    rate_waited: Duration,
    /// Some attempt can have taken effect.
    acted: bool,
    refreshed: bool,
    generation: u64,
    status: Option<u16>,
    /// The credentials of the last attempt; a refresh can replace them in between.
    attempt_secrets: Vec<SecretString>,
}

impl Run {
    pub(crate) fn new(client: Client, request: Prepared) -> Self {
        Self {
            client,
            request,
            start: Instant::now(),
            attempts: 0,
            failures: 0,
            rate_limited: 0,
            scheduled: 0,
            waited: Duration::ZERO,
            rate_waited: Duration::ZERO,
            acted: false,
            refreshed: false,
            generation: 0,
            status: None,
            attempt_secrets: Vec::new(),
        }
    }

    pub(crate) async fn execute(&mut self, url: &Url) -> Result<WireResponse> {
        let result = loop {
            match self.attempt(url).await {
                Ok(response) => break Ok(response),
                Err(failure) => {
                    let kind = failure.error.kind();
                    let wait = match self.decide(failure).await {
                        Ok(wait) => wait,
                        Err(error) => break Err(self.seal(error)),
                    };
                    self.tell(|run| HttpEvent::Retry {
                        operation: run.event_operation(),
                        attempt: run.attempts,
                        kind,
                        status: run.status,
                        wait,
                    });
                    tokio::time::sleep(wait).await;
                }
            }
        };
        self.tell(|run| HttpEvent::Done {
            operation: run.event_operation(),
            status: run.status,
            error: result.as_ref().err().map(Error::kind),
            attempts: run.attempts,
            duration: run.start.elapsed(),
        });
        result
    }

    /// One attempt with everything around it except the decision about another.
    async fn attempt(&mut self, url: &Url) -> Result<WireResponse, Failure> {
        let shared = Arc::clone(&self.client.shared);
        let _place = self.place().await?;
        let now = Instant::now();
        let end = earlier(later(now, self.request.timeout), self.request.deadline);
        if self.is_late() {
            return Err(Failure::verdict(self.too_late()));
        }
        let admission = shared.breaker.admit().map_err(|open| {
            let message = format!(
                "nothing was sent to {}: it failed {} times in a row",
                shared.endpoint, open.failures
            );
            let hint =
                format!("check the vendor's status page; the next request is let through in {:?}", open.wait);
            let error = Error::new(ErrorKind::Unavailable, message);
            Failure::verdict(error.hint(hint).retry_after(open.wait))
        })?;
        self.attempts += 1;
        self.status = None;
        let wire = self.sign(url, end).await?;

        let span = tracing::info_span!(
            "http.request",
            method = %self.request.method,
            path = %self.request.template,
            attempt = self.attempts,
            status = Empty,
            duration_ms = Empty,
        );
        let sent = shared.transport.send(wire).instrument(span.clone());
        let outcome = match tokio::time::timeout_at(end, sent).await {
            Ok(outcome) => outcome,
            Err(_) => Err(TransportError::Timeout(now.elapsed())),
        };
        span.record("duration_ms", u64::try_from(now.elapsed().as_millis()).unwrap_or(u64::MAX));

        let result = self.judge(outcome);
        if let Some(status) = self.status {
            span.record("status", status);
        }
        match &result {
            Err(failure) if failure.host_failed => admission.failed(),
            _ => admission.succeeded(),
        }
        result
    }

    async fn place(&mut self) -> Result<Place, Failure> {
        let shared = Arc::clone(&self.client.shared);
        let rate_wait_left = shared.rate_wait_max.saturating_sub(self.rate_waited);
        let acquired = shared.limiter.acquire(rate_wait_left, self.request.deadline, |wait| {
            self.tell(|run| HttpEvent::Paused { operation: run.event_operation(), wait });
        });
        match acquired.await {
            Ok(place) => {
                self.rate_waited += place.rate_waited;
                self.waited += place.rate_waited;
                Ok(place)
            }
            Err(_) if self.is_late() => Err(Failure::verdict(self.too_late())),
            Err(Refusal::Rate(wait)) => {
                let message = format!(
                    "the vendor's request quota frees up in {wait:?}, which is longer than this \
                     request may wait"
                );
                let error = Error::new(ErrorKind::RateLimited, message).retry_after(wait);
                Err(Failure::verdict(error.hint("run again later")))
            }
            Err(Refusal::Queue(wait)) => {
                let message = format!("waited {wait:?} for other requests to finish");
                let error = Error::new(ErrorKind::Unavailable, message);
                Err(Failure::verdict(error.hint("lower the number of parallel operations")))
            }
        }
    }

    /// Adds the credentials. Nothing is sent if that fails.
    async fn sign(&mut self, url: &Url, end: Instant) -> Result<WireRequest, Failure> {
        let shared = Arc::clone(&self.client.shared);
        self.generation = shared.credentials_generation.load(Ordering::Acquire);
        let parts = SignedParts {
            method: &self.request.method,
            url,
            body: &self.request.body,
            now: (shared.clock)(),
        };
        let credentials = tokio::time::timeout_at(end, self.client.auth().headers(&parts))
            .await
            .map_err(|_| {
                Failure::verdict(Error::new(
                    ErrorKind::Unavailable,
                    "no credentials could be obtained in time; nothing was sent",
                ))
            })?
            .map_err(Failure::verdict)?;
        self.attempt_secrets = self.client.auth().secrets();
        let mut headers = self.request.headers.clone();
        for (name, value) in &credentials {
            headers.insert(name.clone(), value.clone());
        }
        Ok(WireRequest {
            method: self.request.method.clone(),
            url: url.clone(),
            headers,
            body: self.request.body.clone(),
            body_bytes_max: shared.body_bytes_max,
        })
    }

    /// Success or failure of one outcome; takes in the quota on the way.
    fn judge(&mut self, outcome: Result<WireResponse, TransportError>) -> Result<WireResponse, Failure> {
        let shared = Arc::clone(&self.client.shared);
        let response = match outcome {
            Ok(response) => response,
            Err(error) => {
                if let TransportError::Truncated { status, .. } | TransportError::TooLarge { status, .. } =
                    &error
                {
                    self.status = Some(*status);
                }
                return Err(transport_failure(error, &shared.endpoint, &self.request.idempotency));
            }
        };
        self.status = Some(response.status.as_u16());
        let clock = (shared.clock)();
        if let Some(quota) = Quota::from_headers(&response.headers, clock) {
            shared.limiter.observe(quota);
        }
        if response.status.is_success() && !is_refused(&response, shared.decoder.as_ref()) {
            return Ok(response);
        }
        Err(answer_failure(&response, shared.decoder.as_ref(), clock))
    }

    /// How long to wait before the next attempt; the error if there is none.
    async fn decide(&mut self, failure: Failure) -> Result<Duration> {
        let policy = &self.client.shared.retry;
        self.acted |= policy.may_have_acted(failure.cause, &self.request.idempotency);
        if !policy.may_repeat(failure.cause, &self.request.idempotency) {
            return match self.refresh(&failure).await {
                Ok(true) => Ok(Duration::ZERO),
                Ok(false) => Err(self.verdict(failure)),
                Err(error) => Err(error),
            };
        }
        let Some(wait) = self.next_wait(&failure) else { return Err(self.verdict(failure)) };
        if self.is_before_deadline(wait) { Ok(wait) } else { Err(self.verdict(failure)) }
    }

    /// The wait before the next attempt; `None` if a bound is reached.
    fn next_wait(&mut self, failure: &Failure) -> Option<Duration> {
        let shared = Arc::clone(&self.client.shared);
        let policy = &shared.retry;
        let schedule = policy.schedule(failure.cause);
        let wait = match failure.cause {
            Cause::RateLimited => {
                self.rate_limited += 1;
                if self.rate_limited > policy.rate_limited_max {
                    return None;
                }
                let pause = shared.limiter.pause(failure.retry_after);
                // "At once" is no order to wait; without a backoff it would become a flood.
                if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
                    let left = shared.rate_wait_max.saturating_sub(self.rate_waited);
                    // The pause itself is waited for with the place of the next attempt.
                    return (pause <= left && self.is_before_deadline(pause)).then_some(Duration::ZERO);
                }
                shared.jitter.wait(schedule, self.rate_limited)
            }
            Cause::Later(Some(_)) => {
                self.scheduled += 1;
                if self.scheduled > schedule.attempts_max {
                    return None;
                }
                let wait = shared.jitter.wait(schedule, self.scheduled);
                self.waited += wait;
                return Some(wait);
            }
            _ => {
                self.failures += 1;
                if self.failures >= policy.attempts_max {
                    return None;
                }
                let wait = shared.jitter.wait(schedule, self.failures);
                wait.max(failure.retry_after.unwrap_or_default())
            }
        };
        let elapsed = self.start.elapsed().saturating_sub(self.waited);
        (elapsed.saturating_add(wait) <= policy.elapsed_max).then_some(wait)
    }

    fn is_late(&self) -> bool {
        self.request.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    fn is_before_deadline(&self, wait: Duration) -> bool {
        let at = later(Instant::now(), wait);
        self.request.deadline.is_none_or(|deadline| at < deadline)
    }

    /// After the first 401: new credentials, from this request or from one that was faster.
    async fn refresh(&mut self, failure: &Failure) -> Result<bool> {
        if self.status != Some(401) || failure.cause != Cause::Final || self.refreshed {
            return Ok(false);
        }
        self.refreshed = true;
        let shared = Arc::clone(&self.client.shared);
        let _turn = shared.refresh.acquire().await.expect("the semaphore is never closed");
        if shared.credentials_generation.load(Ordering::Acquire) != self.generation {
            return Ok(true);
        }
        let end = earlier(later(Instant::now(), shared.timeout), self.request.deadline);
        let refreshed =
            tokio::time::timeout_at(end, self.client.auth().refresh()).await.map_err(|_| {
                Error::new(ErrorKind::Unavailable, "the credentials could not be refreshed in time")
            })??;
        if refreshed {
            shared.credentials_generation.fetch_add(1, Ordering::AcqRel);
        }
        Ok(refreshed)
    }

    /// The final error of a failure, with what all attempts together mean.
    fn verdict(&self, failure: Failure) -> Error {
        let mut message = failure.error.message().to_owned();
        if let Some(body) = failure.unread_body.filter(|_| !self.request.body_is_secret) {
            let redactor = self.redactor();
            message = format!("{message}: {}", excerpt(&redactor, &body));
        }
        if self.attempts > 1 {
            message.push_str(&format!(" (after {} attempts)", self.attempts));
        }
        if self.is_late() && failure.cause == Cause::Lost && !self.acted {
            return replace_message(&failure.error, message).with_kind(ErrorKind::Timeout);
        }
        replace_message(&failure.error, message)
    }

    fn too_late(&self) -> Error {
        Error::new(ErrorKind::Timeout, "the deadline passed before the request could be sent")
            .hint("run again, with a later deadline if this one is too close")
    }

    /// Makes an error fit to leave: names the operation, turns "failed" into "not known" where an
    /// attempt can have taken effect, and removes every secret.
    pub(crate) fn seal(&self, error: Error) -> Error {
        let redactor = self.redactor();
        let ambiguous = self.acted && leaves_effect_open(error.kind());
        let mut message = error.message().to_owned();
        if ambiguous && error.kind() != ErrorKind::Ambiguous {
            message = format!("it is not known whether the request took effect: {message}");
        }
        let kind = if ambiguous { ErrorKind::Ambiguous } else { error.kind() };
        let message = clean_text(&redactor, &message, MESSAGE_LENGTH_MAX);
        let short = |text: &str| clean_text(&redactor, text, EXCERPT_LENGTH_MAX);
        let mut sealed = Error::new(kind, message).operation(short(&self.request.operation));
        if let Some(status) = error.http_status() {
            sealed = sealed.status(status);
        }
        if let Some(code) = error.api_code() {
            sealed = sealed.code(short(code));
        }
        if let Some(field) = error.input_field() {
            sealed = sealed.field(short(field));
        }
        if let Some(id) = error.vendor_request_id() {
            sealed = sealed.request_id(short(id));
        }
        if let Some(wait) = error.wait_before_retry() {
            sealed = sealed.retry_after(wait);
        }
        if ambiguous {
            return sealed.hint("look at the resource before repeating the request");
        }
        match error.way_out() {
            Some(hint) => sealed.hint(short(hint)),
            None => sealed,
        }
    }

    /// Everything secret that this request knows.
    pub(crate) fn redactor(&self) -> Redactor {
        let current = self.client.auth().secrets();
        Redactor::new(
            [&current, &self.attempt_secrets, &self.client.shared.secrets, &self.request.sensitive]
                .into_iter()
                .flatten(),
        )
    }

    fn event_operation(&self) -> String {
        format!("{} {}", self.request.method, self.request.template)
    }

    fn tell(&self, event: impl FnOnce(&Self) -> HttpEvent) {
        if self.client.observer.is_none() && self.client.delays.is_none() {
            return;
        }
        let event = event(self);
        if let Some(observer) = &self.client.observer {
            observer.observe(&event);
        }
        if let Some((delays, delay)) = self.client.delays.as_ref().zip(event.delay()) {
            delays.tell(delay);
        }
    }
}

/// Kinds that say nothing about what an earlier attempt did.
fn leaves_effect_open(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Unavailable
            | ErrorKind::RateLimited
            | ErrorKind::Conflict
            | ErrorKind::Unauthenticated
            | ErrorKind::PermissionDenied
            | ErrorKind::Timeout
            | ErrorKind::Ambiguous
    )
}

/// The same error with another message.
fn replace_message(error: &Error, message: String) -> Error {
    let mut replaced = Error::new(error.kind(), message);
    if let Some(status) = error.http_status() {
        replaced = replaced.status(status);
    }
    if let Some(code) = error.api_code() {
        replaced = replaced.code(code);
    }
    if let Some(field) = error.input_field() {
        replaced = replaced.field(field);
    }
    if let Some(id) = error.vendor_request_id() {
        replaced = replaced.request_id(id);
    }
    if let Some(hint) = error.way_out() {
        replaced = replaced.hint(hint.to_owned());
    }
    if let Some(wait) = error.wait_before_retry() {
        replaced = replaced.retry_after(wait);
    }
    replaced
}
