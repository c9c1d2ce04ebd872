//! SSH keys: public keys that new servers accept.
//! Knows nothing of servers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
    Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::{change, label, rename, verb, wire};

/// Longest name that the engine derives.
const NAME_LENGTH_MAX: usize = 63;

/// An SSH public key that new servers of the project can be made with.
///
/// A project has a public key only once: a second object with the same key is refused.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::SshKey;
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let key = stack.add("admin", SshKey::args().public_key("ssh-ed25519 AAAAC3NzaC1lZDI1 me@example.org"))?;
/// # let _ = key;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SshKey;

/// Inputs of an [`SshKey`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = SshKey)]
pub struct SshKeyInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// The key as in an `authorized_keys` file: type, base64 text and perhaps a comment. A changed
    /// comment is no change; anything else replaces.
    #[field(replace, unique)]
    pub public_key: String,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of an [`SshKey`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct SshKeyOutputs {
    /// The name.
    pub name: String,
    /// The MD5 fingerprint of the key.
    #[field(stable)]
    pub fingerprint: String,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    public_key: &'a str,
    labels: label::Labels,
}

#[async_trait]
impl Resource for SshKey {
    const TYPE: &'static str = "hetzner:ssh_key";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ENTRY;
    type Provider = Hetzner;
    type Inputs = SshKeyInputs;
    type Outputs = SshKeyOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: SshKeyInputs) -> Result<Created<Self>> {
        let body = Create {
            name: check::required_name(&inputs.name)?,
            public_key: &inputs.public_key,
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create::<wire::SshKey>(cx, &body).await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made.object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<SshKeyOutputs> {
        let object: wire::SshKey = match rename::body(cx, &change, &change.new.name, &change.new.labels) {
            Some(body) => verb::put(cx, id.as_str(), &body).await?,
            None => verb::require(cx, id.as_str()).await?,
        };
        Ok(outputs(&object))
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        verb::delete::<wire::SshKey>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &SshKeyInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<wire::SshKey, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        let same = change.field.name == "public_key" && same_key(change.old, change.new);
        if same { OnChange::Ignore } else { change::declared(change) }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs)
            .text("name", check::name(NAME_LENGTH_MAX))
            .text("public_key", public_key)
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn outputs(object: &wire::SshKey) -> SshKeyOutputs {
    SshKeyOutputs { name: object.name.clone(), fingerprint: object.fingerprint.clone() }
}

fn observed(object: wire::SshKey) -> Observed<SshKey> {
    let outputs = outputs(&object);
    let inputs = SshKeyInputs {
        name: Some(object.name),
        public_key: object.public_key,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

/// Whether two texts hold the same key, whatever their comments.
fn same_key(old: &Value, new: &Value) -> bool {
    let key =
        |value: &Value| value.as_str().and_then(without_comment).map(|(a, b)| (a.to_owned(), b.to_owned()));
    key(old).is_some_and(|old| Some(old) == key(new))
}

/// Type and key of a line of an `authorized_keys` file.
fn without_comment(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?))
}

fn public_key(text: &str) -> Option<String> {
    if text.contains("PRIVATE KEY") {
        return Some("this is a private key; give the public one, the file that ends in `.pub`".to_owned());
    }
    let is_key = |(kind, key): (&str, &str)| {
        (kind.starts_with("ssh-") || kind.starts_with("ecdsa-") || kind.starts_with("sk-"))
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
    };
    let good = text.trim().lines().count() == 1 && without_comment(text).is_some_and(is_key);
    (!good).then(|| "this is no public key of the form `ssh-ed25519 AAAA… comment`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_of_a_key_does_not_count() {
        let same = |a: &str, b: &str| same_key(&a.into(), &b.into());
        assert!(same("ssh-ed25519 AAAA", " ssh-ed25519  AAAA me"));
        assert!(!same("ssh-ed25519 AAAA a", "ssh-ed25519 BBBB a"));
        assert!(!same("x", "x"));
        assert!(!same_key(&"ssh-ed25519 AAAA".into(), &Value::Unknown));
    }

    #[test]
    fn check_tells_public_keys_from_others() {
        for (text, good) in [
            ("ssh-ed25519 AAAAC3Nz me", true),
            ("ecdsa-sha2-nistp256 AAAA==", true),
            ("sk-ssh-ed25519@openssh.com AAAA", true),
            ("ssh-ed25519", false),
            ("ssh-rsa AAAA\nssh-rsa BBBB", false),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", false),
        ] {
            let faults = SshKey::check(&Value::map([("public_key", Value::from(text))]));
            assert_eq!(faults.is_empty(), good, "{text}: {faults:?}");
        }
        assert!(SshKey::check(&Value::map([("public_key", Value::Unknown)])).is_empty());
    }
}
