//! The provider: its endpoint, its key, and how it waits. Knows no type of resource.

use std::time::Duration;

use async_trait::async_trait;
use iac_core::{Cx, Error, ErrorKind, Provider, Result, Secret, Types};
use iac_http::{
    Answer, Bearer, Client, ClientBuilder, ErrorDecoder, ErrorParts, JsonErrors, Polled, Response,
    RetryAdvice, WaitOptions, poll_until,
};
use serde::Deserialize;

use super::{NeonBranch, NeonDatabase, NeonProject, NeonRole};

/// The public endpoint, <https://api-docs.neon.tech/reference>.
pub(crate) const ENDPOINT: &str = "https://console.neon.tech/api/v2";
/// Times between two looks at an operation, at first and at most.
const POLL_INTERVALS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// Operations that one look gives; a step begins three at most.
const OPERATIONS_MAX: u32 = 100;

/// An account at Neon, with a personal API key for it: one of an organization has no user to be asked for.
pub(crate) struct Neon {
    http: Client,
    poll_intervals: (Duration, Duration),
}

impl Neon {
    /// The provider; sends nothing. `configure` changes how requests are sent.
    pub(crate) fn new(
        endpoint: &str,
        api_key: &Secret<String>,
        configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self> {
        let http = Client::builder(endpoint).auth(Bearer::new(api_key.expose().clone())).decoder(Errors);
        Ok(Self { http: configure(http).build()?, poll_intervals: POLL_INTERVALS })
    }

    /// The times between two looks at an operation, at first and at most.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests do not wait"))]
    pub(crate) fn poll_intervals(mut self, first: Duration, max: Duration) -> Self {
        self.poll_intervals = (first, max);
        self
    }

    /// The HTTP client, whose requests end at the call's deadline.
    pub(super) fn http(&self, cx: &Cx<'_, Self>) -> Client {
        self.http.for_call(cx)
    }
}

#[async_trait]
impl Provider for Neon {
    const NAME: &'static str = "neon";

    fn types() -> Types {
        Types::new()
            .resource::<NeonProject>()
            .resource::<NeonBranch>()
            .resource::<NeonRole>()
            .resource::<NeonDatabase>()
    }

    async fn account(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct User {
            id: String,
        }
        let user: User = self.http.get("/users/me").send().await?.into_body();
        Ok(user.id)
    }
}

/// What Neon's errors mean: `{"code": "…", "message": "…", "request_id": "…"}`.
struct Errors;

impl ErrorDecoder for Errors {
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts> {
        let parts = JsonErrors.decode(answer)?;
        Some(match answer.status {
            409 => parts.kind(ErrorKind::AlreadyExists).hint("import what exists, or choose another name"),
            // Another operation runs in the project; nothing was done.
            423 => parts.kind(ErrorKind::Conflict).retry(RetryAdvice::Repeat),
            _ => parts,
        })
    }
}

/// An operation that a request began.
#[derive(Deserialize)]
pub(super) struct Operation {
    id: String,
    action: String,
    status: String,
}

/// Operations, as most answers have them.
#[derive(Deserialize)]
pub(super) struct Operations {
    #[serde(default)]
    pub(super) operations: Vec<Operation>,
}

/// Waits until nothing is under way in `project`, and fails if one of the operations `begun` did.
pub(super) async fn settled(cx: &Cx<'_, Neon>, project: &str, begun: &[Operation]) -> Result<()> {
    let (first, max) = cx.client().poll_intervals;
    let wait = WaitOptions::new(format!("the operations in project {project}"));
    let wait = wait.interval(first).interval_max(max).deadline(cx.deadline());
    poll_until(&wait, || async {
        let request = cx.client().http(cx).get("/projects/{project}/operations").segment("project", project);
        let now: Operations = request.query(&[("limit", OPERATIONS_MAX)]).send().await?.into_body();
        let ours = |operation: &&Operation| begun.iter().any(|begun| begun.id == operation.id);
        if let Some(failed) = now.operations.iter().filter(ours).find(|one| one.status == "failed") {
            let text = format!("operation {} ({}) in project {project} failed", failed.id, failed.action);
            return Err(Error::internal(text).hint("look at the project's operations in Neon's console"));
        }
        let under_way = |one: &&Operation| matches!(&*one.status, "scheduling" | "running" | "cancelling");
        Ok(match now.operations.iter().find(under_way) {
            Some(operation) => Polled::pending_in(format!("{} {}", operation.action, operation.status)),
            None => Polled::Ready(()),
        })
    })
    .await
}

/// Nothing in place of what is not there.
pub(super) fn if_found<T>(answer: Result<Response<T>>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_body())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The parts of an id such as `project/branch`.
pub(super) fn parts<const N: usize>(id: &str) -> Result<[&str; N]> {
    let parts: Vec<&str> = id.splitn(N, '/').collect();
    let count = parts.len();
    let whole = parts.try_into().ok().filter(|parts: &[&str; N]| parts.iter().all(|part| !part.is_empty()));
    whole
        .ok_or_else(|| Error::invalid("id", format!("`{id}` has {count} of {N} parts with `/` between them")))
}
