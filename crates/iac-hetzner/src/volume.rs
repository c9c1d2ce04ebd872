//! Volumes: block storage that outlives servers. Knows how to move one between servers and
//! nothing of the servers themselves.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, FieldType, Id, Inputs, Observed, OnChange,
    Outputs, Page, PageToken, Recovery, Resource, Result, Value,
};
use iac_http::{Polled, WaitOptions, poll_until};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::server::Server;
use crate::wire::VolumeStatus;
use crate::{action, change, delete_protection, label, rename, run, verb, wire};

/// Longest name.
const NAME_LENGTH_MAX: usize = 64;
/// Smallest volume in GB.
const SIZE_GB_MIN: i64 = 10;
/// Largest volume in GB.
const SIZE_GB_MAX: i64 = 10_240;

/// A block storage volume. It is attached to at most one server, in its own location.
///
/// ```
/// use iac_core::{Options, Stack};
/// use iac_hetzner::{Server, Volume, VolumeFormat};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let server = stack.add("web", Server::args().server_type("cx22").image("ubuntu-24.04"))?;
/// let data = Volume::args().size(50u32).format(VolumeFormat::Ext4).server(&server).automount(true);
/// let volume = stack.add_with("data", data, Options::new().protect())?;
/// stack.export("device", &volume.linux_device)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Volume;

/// A file system that a volume is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VolumeFormat {
    /// ext4.
    Ext4,
    /// XFS.
    Xfs,
}

/// Inputs of a [`Volume`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Volume)]
pub struct VolumeInputs {
    /// The name, unique in the project, at most 64 characters. Renames in place.
    #[field(unique, auto_name(64))]
    pub name: Option<String>,
    /// Size in GB, 10 to 10240. Grows in place (the file system is grown by you); shrinking
    /// replaces.
    pub size: u32,
    /// The location; needed only without a server. It decides where the volume can be attached.
    #[field(replace, default_from_api)]
    pub location: Option<String>,
    /// The server that it is attached to. Moves in place.
    pub server: Option<Id<Server>>,
    /// Whether the server mounts it when it is attached. Matters at that moment only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[field(write_only)]
    pub automount: bool,
    /// The file system to make it with; without one it is raw.
    #[field(replace)]
    pub format: Option<VolumeFormat>,
    /// Whether the API refuses to delete the volume.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`Volume`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct VolumeOutputs {
    /// The name.
    pub name: String,
    /// The path of the block device on the server it is attached to.
    #[field(stable)]
    pub linux_device: String,
    /// The location.
    #[field(stable)]
    pub location: String,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    automount: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<VolumeFormat>,
    labels: label::Labels,
}

#[derive(Serialize)]
struct Attach {
    server: u64,
    automount: bool,
}

#[derive(Serialize)]
struct Resize {
    size: u32,
}

#[async_trait]
impl Resource for Volume {
    const TYPE: &'static str = "hetzner:volume";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::DEVICE;
    const HOLDS_DATA: bool = true;
    type Provider = Hetzner;
    type Inputs = VolumeInputs;
    type Outputs = VolumeOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: VolumeInputs) -> Result<Created<Self>> {
        let server = inputs.server.as_ref();
        let body = Create {
            name: check::required_name(&inputs.name)?,
            size: inputs.size,
            // The server decides the location, and the API takes only one of the two.
            location: inputs.location.as_deref().filter(|_| server.is_none()),
            server: server.map(|id| wire::number(id, "server")).transpose()?,
            automount: server.map(|_| inputs.automount),
            format: inputs.format,
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let _busy = match server {
            Some(server) => Some(cx.client().servers.lock(server.as_str(), cx.deadline()).await?),
            None => None,
        };
        let made = verb::create::<wire::Volume>(cx, &body).await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        action::finish(cx, made.actions).await?;
        if inputs.delete_protection {
            delete_protection::set::<wire::Volume>(cx, id.as_str(), true).await?;
        }
        Ok(Created::new(id, outputs(&made.object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let options = WaitOptions::new(format!("volume {id}"))
            .interval(cx.client().poll_interval)
            .interval_max(cx.client().poll_interval_max)
            .deadline(cx.deadline());
        let object = poll_until(&options, || async {
            Ok(match verb::get::<wire::Volume>(cx, id.as_str()).await? {
                Some(object) if object.status == VolumeStatus::Creating => Polled::pending_in("creating"),
                found => Polled::Ready(found),
            })
        });
        Ok(object.await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<VolumeOutputs> {
        let new = &change.new;
        if change.touches("delete_protection") {
            delete_protection::set::<wire::Volume>(cx, id.as_str(), new.delete_protection).await?;
        }
        if let Some(body) = rename::body(cx, &change, &new.name, &new.labels) {
            verb::put::<wire::Volume>(cx, id.as_str(), &body).await?;
        }
        let object: wire::Volume = verb::require(cx, id.as_str()).await?;
        if change.touches("server") {
            move_to(cx, &object, new.server.as_ref(), new.automount).await?;
        }
        if change.touches("size") && object.size < new.size {
            verb::command::<wire::Volume>(cx, id.as_str(), "resize", &Resize { size: new.size }).await?;
        }
        Ok(outputs(&object))
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        // A create that died may still be attaching it, which it does not show until that is done.
        verb::calm::<wire::Volume>(cx, id.as_str()).await?;
        let Some(object) = verb::get::<wire::Volume>(cx, id.as_str()).await? else { return Ok(()) };
        if object.protection.delete {
            // Not detached either: a refused delete changes nothing.
            return Err(Error::new(
                ErrorKind::Protected,
                format!("volume {id} has its delete protection on"),
            )
            .hint("set `delete_protection` to false and apply before deleting it"));
        }
        move_to(cx, &object, None, false).await?;
        verb::delete_when_free::<wire::Volume>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &VolumeInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<wire::Volume, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "size" if shrinks(change.old, change.new) => OnChange::Replace,
            "automount" => OnChange::Ignore,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        // Inputs that are not known at all are no map.
        let nowhere =
            inputs.as_map().is_some() && !checker.is_given("location") && !checker.is_given("server");
        let mounts_nothing = *checker.value("automount") == Value::Bool(true) && !checker.is_given("server");
        checker
            .text("name", check::plain_name(NAME_LENGTH_MAX))
            .number("size", SIZE_GB_MIN..=SIZE_GB_MAX)
            .fault_if(nowhere, "location", "a volume needs a location or a server")
            .fault_if(mounts_nothing, "automount", "only a volume with a server can be mounted")
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        crate::cost::volume(inputs, prices)
    }
}

/// Whether a size gets smaller, or may: a size that is not known yet.
fn shrinks(old: &Value, new: &Value) -> bool {
    match (old.as_int(), new.as_int()) {
        (Some(old), Some(new)) => new < old,
        _ => true,
    }
}

/// Detaches the volume from where it is and attaches it to `server`, each only if needed. One
/// server's lock at a time, so that two moves in opposite directions cannot block each other.
async fn move_to(
    cx: &Cx<'_, Hetzner>,
    object: &wire::Volume,
    server: Option<&Id<Server>>,
    automount: bool,
) -> Result<()> {
    let wanted = server.map(|id| wire::number(id, "server")).transpose()?;
    if object.server == wanted {
        return Ok(());
    }
    let id = object.id.to_string();
    let locks = &cx.client().servers;
    if let Some(present) = object.server {
        let _busy = locks.lock(&present.to_string(), cx.deadline()).await?;
        let done = run::bare_command::<wire::Volume>(cx, &id, "detach").await;
        // Also where the server was deleted meanwhile, and the volume detached with it.
        let left = |now: Option<&wire::Volume>| now.is_none_or(|now| now.server.is_none());
        verb::unless_so(cx, &id, done, left).await?;
    }
    if let Some(server) = wanted {
        let _busy = locks.lock(&server.to_string(), cx.deadline()).await?;
        let done = verb::command::<wire::Volume>(cx, &id, "attach", &Attach { server, automount }).await;
        let came = |now: Option<&wire::Volume>| now.is_some_and(|now| now.server == wanted);
        verb::unless_so(cx, &id, done, came).await?;
    }
    Ok(())
}

fn outputs(object: &wire::Volume) -> VolumeOutputs {
    VolumeOutputs {
        name: object.name.clone(),
        linux_device: object.linux_device.clone(),
        location: object.location.name.clone(),
    }
}

fn observed(object: wire::Volume) -> Observed<Volume> {
    let outputs = outputs(&object);
    let inputs = VolumeInputs {
        name: Some(object.name),
        size: object.size,
        location: Some(object.location.name),
        server: object.server.map(wire::id),
        automount: false,
        format: object.format,
        delete_protection: object.protection.delete,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_only_grow() {
        let shrinks = |old: i64, new: i64| super::shrinks(&old.into(), &new.into());
        assert!(shrinks(20, 10));
        assert!(!shrinks(10, 20));
        assert!(super::shrinks(&10i64.into(), &Value::Unknown));
    }

    #[test]
    fn check_finds_wrong_sizes_and_missing_places() {
        let fields = |pairs: Vec<(&str, Value)>| {
            let faults = Volume::check(&Value::map(pairs));
            faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(vec![("size", 10u32.into()), ("server", Value::Unknown)]), Vec::<String>::new());
        assert_eq!(fields(vec![("size", 9u32.into()), ("location", "nbg1".into())]), ["size"]);
        assert_eq!(fields(vec![("size", 50u32.into())]), ["location"]);
        let mounted = vec![("location", "nbg1".into()), ("automount", true.into())];
        assert_eq!(fields(mounted), ["automount"]);
        assert_eq!(fields(vec![("location", "nbg1".into()), ("name", "-x".into())]), ["name"]);
        assert!(Volume::check(&Value::Unknown).is_empty());
    }
}
