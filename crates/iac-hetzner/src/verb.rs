//! The calls that all kinds of objects have: create, read, list, find, change, command, delete.
//! Knows the shape of their answers and nothing of any one kind.

use iac_core::{Cx, ErrorKind, Id, PageToken, Result};
use iac_http::{Polled, Request, WaitOptions, poll_until};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Hetzner;
use crate::wire::{self, Action};
use crate::{action, label};

/// Objects on one page of a listing: the most that the API gives.
const PER_PAGE: u32 = 50;
/// Objects that a search by marker reads at most. One is expected.
const FOUND_MAX: u32 = 50;

/// Tries to delete an object that is still in use; with the default waits half a minute.
const IN_USE_ATTEMPTS_MAX: u32 = 10;
const IN_USE: &str = "resource_in_use";

/// A kind of object with a collection of its own.
pub(crate) trait Noun: DeserializeOwned + Send {
    /// The collection's path, `/servers`.
    const PATH: &'static str;
    /// The key of one object in an answer, `server`.
    const ONE: &'static str;
    /// The key of a listing in an answer, `servers`.
    const MANY: &'static str;
    /// The object's id.
    fn id(&self) -> u64;
}

/// What the API answers to a call that changes something.
#[derive(serde::Deserialize)]
struct Answer {
    #[serde(default)]
    action: Option<Action>,
    #[serde(default)]
    actions: Vec<Action>,
    #[serde(default)]
    next_actions: Vec<Action>,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

impl Answer {
    fn object<T: Noun>(&mut self) -> Result<T> {
        read(self.rest.remove(T::ONE).unwrap_or_default(), T::ONE)
    }
    fn all_actions(self) -> Vec<Action> {
        self.action.into_iter().chain(self.actions).chain(self.next_actions).collect()
    }
}

fn read<T: DeserializeOwned>(value: serde_json::Value, key: &str) -> Result<T> {
    serde_json::from_value(value).map_err(|error| {
        iac_core::Error::internal(format!("the answer's `{key}` cannot be read: {error}"))
            .hint("report this as a defect of the provider crate")
    })
}

/// A created object and the actions that still run. Checkpoint the id, then wait for them.
pub(crate) struct Made<T> {
    pub(crate) object: T,
    pub(crate) actions: Vec<Action>,
}

/// Creates an object.
pub(crate) async fn create<T: Noun>(cx: &Cx<'_, Hetzner>, body: &(impl Serialize + Sync)) -> Result<Made<T>> {
    create_with(cx, body, |request| request).await
}

/// Creates an object with a request that `adjust` can mark as sensitive.
///
/// A `not_found` here is about something that the body refers to, never about the object itself.
pub(crate) async fn create_with<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    body: &(impl Serialize + Sync),
    adjust: impl FnOnce(Request) -> Request + Send,
) -> Result<Made<T>> {
    let request = adjust(cx.client().http(cx).post(T::PATH).json_body(body));
    let answer = request.send::<Answer>().await;
    let mut answer = answer.map_err(missing_reference)?.into_body();
    // The object exists, whatever is wrong with the answer.
    let object = answer.object().map_err(|error| error.with_kind(ErrorKind::Ambiguous))?;
    Ok(Made { object, actions: answer.all_actions() })
}

/// What the API calls a thing that it does not find, the field that refers to it, and where the valid
/// ones are listed. Longer names first: "server type" before "server".
const REFERENCES: &[(&str, &str, &str)] = &[
    ("load balancer type", "load_balancer_type", "the types are lb11, lb21 and lb31"),
    ("server type", "server_type", "GET /server_types lists the types, for example cx22 or cax11"),
    ("placement group", "placement_group", "declare the placement group in this stack, or give its id"),
    ("image", "image", "GET /images lists the images, for example ubuntu-24.04 or debian-12"),
    ("location", "location", "the locations are fsn1, nbg1, hel1, ash, hil and sin"),
    ("ssh key", "ssh_keys", "declare the key in this stack, or give its id"),
    ("firewall", "firewalls", "declare the firewall in this stack, or give its id"),
    ("network", "network", "declare the network in this stack, or give its id"),
];

/// For calls that make something: a `not_found` is then about what the inputs refer to, and means
/// neither "gone" nor "deleted".
pub(crate) fn missing_reference(error: iac_core::Error) -> iac_core::Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let message = error.message().to_lowercase();
    let error = error.with_kind(ErrorKind::InvalidInput);
    match REFERENCES.iter().find(|(thing, ..)| message.contains(thing)) {
        Some((_, field, hint)) => error.field(*field).hint(*hint),
        None => error.hint("something that the inputs refer to does not exist in this project"),
    }
}

/// Reads an object; `None` if it does not exist.
pub(crate) async fn get<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<Option<T>> {
    let request = cx.client().http(cx).get(format!("{}/{{id}}", T::PATH)).segment("id", id);
    match request.send::<Answer>().await {
        Ok(answer) => answer.into_body().object().map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads an object that must exist.
///
/// # Errors
/// [`ErrorKind::NotFound`] if it does not.
pub(crate) async fn require<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<T> {
    get(cx, id).await?.ok_or_else(|| gone::<T>(id))
}

/// The error of a missing object.
pub(crate) fn gone<T: Noun>(id: &str) -> iac_core::Error {
    iac_core::Error::new(ErrorKind::NotFound, format!("{} {id} does not exist any more", T::ONE))
        .hint("run again with a refresh: it was deleted by somebody else")
}

/// One page of all objects.
pub(crate) async fn page<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    token: &PageToken,
) -> Result<(Vec<T>, Option<PageToken>)> {
    let page = token.0.as_deref().unwrap_or("1");
    let request = cx.client().http(cx).get(T::PATH).query(&[("page", page)]).query(&[("per_page", PER_PAGE)]);
    let mut body = request.send::<serde_json::Map<String, serde_json::Value>>().await?.into_body();
    let items = read(body.remove(T::MANY).unwrap_or_default(), T::MANY)?;
    let meta: wire::Meta =
        body.remove("meta").map(|meta| read(meta, "meta")).transpose()?.unwrap_or_default();
    Ok((items, meta.pagination.next_page.map(|next| PageToken(Some(next.to_string())))))
}

/// The objects that carry the marker of this call.
pub(crate) async fn find<T: Noun, R>(cx: &Cx<'_, Hetzner>) -> Result<Vec<Id<R>>> {
    let request = cx
        .client()
        .http(cx)
        .get(T::PATH)
        .query(&[("label_selector", label::selector(cx.marker()))])
        .query(&[("per_page", FOUND_MAX)]);
    let mut body = request.send::<serde_json::Map<String, serde_json::Value>>().await?.into_body();
    let found: Vec<T> = read(body.remove(T::MANY).unwrap_or_default(), T::MANY)?;
    Ok(found.iter().map(|object| wire::id(object.id())).collect())
}

/// Changes an object's own fields (name, labels) and answers it.
pub(crate) async fn put<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    id: &str,
    body: &(impl Serialize + Sync),
) -> Result<T> {
    let request = cx.client().http(cx).put(format!("{}/{{id}}", T::PATH)).segment("id", id).json_body(body);
    request.send::<Answer>().await?.into_body().object()
}

/// Starts a command on an object and answers its actions, to be waited for.
///
/// The caller holds the lock of every server that the command changes.
pub(crate) async fn start<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    id: &str,
    command: &str,
    body: &(impl Serialize + Sync),
) -> Result<Vec<Action>> {
    let path = format!("{}/{{id}}/actions/{command}", T::PATH);
    let request = cx.client().http(cx).post(path).segment("id", id).json_body(body);
    Ok(request.send::<Answer>().await?.into_body().all_actions())
}

/// Starts a command on an object and waits until it is done.
///
/// The caller holds the lock of every server that the command changes.
pub(crate) async fn command<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    id: &str,
    command: &str,
    body: &(impl Serialize + Sync),
) -> Result<()> {
    let actions = start::<T>(cx, id, command, body).await?;
    action::finish(cx, actions).await
}

/// Deletes an object and waits until it is gone; gone already is success.
pub(crate) async fn delete<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<()> {
    let request = cx.client().http(cx).delete(format!("{}/{{id}}", T::PATH)).segment("id", id);
    let answer = match request.send_bytes().await {
        Ok(answer) => answer.into_body(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    // Some kinds answer 204, some an action, and which one changes over time.
    let actions = serde_json::from_slice::<Answer>(&answer).map(Answer::all_actions).unwrap_or_default();
    match action::finish(cx, actions).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Deletes an object that others may still be about to let go of.
pub(crate) async fn delete_when_free<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<()> {
    when_free(cx, &format!("{} {id}", T::ONE), || delete::<T>(cx, id)).await
}

/// Repeats `attempt` for a short time while the API says that `subject` is in use: a detachment
/// takes effect a little after it is answered.
pub(crate) async fn when_free<F, Fut>(cx: &Cx<'_, Hetzner>, subject: &str, mut attempt: F) -> Result<()>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<()>>,
{
    let options = WaitOptions::new(format!("{subject} to be free"))
        .interval(cx.client().poll_interval)
        .interval_max(cx.client().poll_interval_max)
        .deadline(cx.deadline());
    let mut attempts = 0;
    poll_until(&options, || {
        attempts += 1;
        let last = attempts == IN_USE_ATTEMPTS_MAX;
        let attempt = attempt();
        async move {
            match attempt.await {
                Ok(()) => Ok(Polled::Ready(())),
                Err(error) if error.api_code() == Some(IN_USE) && !last => Ok(Polled::pending_in(IN_USE)),
                Err(error) => Err(error),
            }
        }
    })
    .await
}

/// Looks for a part of an object, such as a subnet, and again after what runs on the object: a part
/// shows only when the action that adds it has ended.
pub(crate) async fn part<T: Noun, P>(
    cx: &Cx<'_, Hetzner>,
    id: &str,
    pick: impl Fn(&T) -> Option<P>,
) -> Result<Option<P>> {
    let Some(object) = get::<T>(cx, id).await? else { return Ok(None) };
    let found = pick(&object);
    if found.is_some() {
        return Ok(found);
    }
    calm::<T>(cx, id).await?;
    // Also if nothing runs: it may have ended since the first look.
    Ok(get::<T>(cx, id).await?.as_ref().and_then(pick))
}

/// The result of a command, unless the object is as the command should make it although it failed:
/// an earlier attempt, whose answer was lost or whose process died, has ended meanwhile. `is_so`
/// gets nothing if the object is gone.
pub(crate) async fn unless_so<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    id: &str,
    result: Result<()>,
    is_so: impl Fn(Option<&T>) -> bool,
) -> Result<()> {
    let Err(error) = result else { return Ok(()) };
    // The command's own error is the one to tell, whatever comes of looking.
    if calm::<T>(cx, id).await.is_err() {
        return Err(error);
    }
    match get::<T>(cx, id).await {
        Ok(present) if is_so(present.as_ref()) => Ok(()),
        _ => Err(error),
    }
}

/// The error of a call that adds a part which `exists` already: the API tells it like any other
/// wrong value.
pub(crate) fn taken(error: iac_core::Error, exists: bool) -> iac_core::Error {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Conflict if exists => error
            .with_kind(ErrorKind::AlreadyExists)
            .hint("it is there already, made by somebody else: import it, or remove it there"),
        _ => error,
    }
}

/// Waits for the actions that run on an object. One that fails is over, too: what it left is for
/// the object to say.
pub(crate) async fn calm<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<()> {
    match action::finish(cx, running_on::<T>(cx, id).await?).await {
        Err(error) if !is_verdict(error.kind()) => Err(error),
        _ => Ok(()),
    }
}

/// Whether an error of waiting is what the action came to, and not a failure to ask.
fn is_verdict(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::Timeout
            | ErrorKind::Unavailable
            | ErrorKind::RateLimited
            | ErrorKind::Unauthenticated
            | ErrorKind::Ambiguous
            | ErrorKind::Internal
    )
}

/// Waits for the actions that run on an object, of whatever origin.
pub(crate) async fn settle<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<()> {
    action::finish(cx, running_on::<T>(cx, id).await?).await
}

async fn running_on<T: Noun>(cx: &Cx<'_, Hetzner>, id: &str) -> Result<Vec<Action>> {
    let request = cx
        .client()
        .http(cx)
        .get(format!("{}/{{id}}/actions", T::PATH))
        .segment("id", id)
        .query(&[("status", "running")])
        .query(&[("per_page", PER_PAGE)]);
    match request.send::<Answer>().await {
        Ok(answer) => Ok(answer.into_body().all_actions()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
