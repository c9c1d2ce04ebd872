//! Buckets. Knows nothing of the objects in one.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, Fault, FieldChange, FieldType, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use iac_http::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::call::{self, Whole, explained};
use super::check;
use super::key::BucketKey;
use super::rule::{R2CorsRule, R2LifecycleRule, R2LockRule};
use super::wire::{Bucket, Buckets, Cors, CreateBucket, Enabled, Lifecycle, Lock, ManagedDomain, Rules};
use crate::check::required_name;
use crate::client::Cloudflare;
use crate::{change, envelope};

const STORAGE_CLASS: HeaderName = HeaderName::from_static("cf-r2-storage-class");

/// Where the vendor is asked to put a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum R2Location {
    /// Asia and the Pacific.
    Apac,
    /// Eastern Europe.
    Eeur,
    /// Eastern North America.
    Enam,
    /// Oceania.
    Oc,
    /// Western Europe.
    Weur,
    /// Western North America.
    Wnam,
}

/// What law says where the objects of a bucket are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum R2Jurisdiction {
    /// None in particular.
    #[default]
    Default,
    /// The European Union.
    Eu,
    /// The United States.
    Us,
    /// The cloud programme of the government of the United States, at its moderate level.
    Fedramp,
    /// The same at its high level.
    FedrampHigh,
}

impl R2Jurisdiction {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Eu => "eu",
            Self::Us => "us",
            Self::Fedramp => "fedramp",
            Self::FedrampHigh => "fedramp-high",
        }
    }

    /// A jurisdiction in particular.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Eu, Self::Us, Self::Fedramp, Self::FedrampHigh]
            .into_iter()
            .find(|jurisdiction| jurisdiction.as_str() == text)
    }
}

/// How new objects are stored unless their upload says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[non_exhaustive]
pub enum R2StorageClass {
    /// For objects that are read now and then or often.
    #[default]
    Standard,
    /// Cheaper to keep and dearer to read, for at least 30 days.
    InfrequentAccess,
}

impl R2StorageClass {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::InfrequentAccess => "InfrequentAccess",
        }
    }
}

/// A bucket for objects, read and written through the S3 interface or a Worker's binding.
///
/// Its name is its identity, and stays reserved in the account as long as it exists. It can be deleted
/// only when it is empty.
///
/// ```
/// use iac_cloudflare::{R2Bucket, R2CorsMethod, R2CorsRule, R2LifecycleRule, R2Location};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let cors = R2CorsRule::args()
///     .allowed_origins(["https://shop.example.com"])
///     .allowed_methods([R2CorsMethod::Get]);
/// let old_logs = R2LifecycleRule::args().id("logs").prefix("logs/").delete_after_seconds(2_592_000u64);
/// let assets = stack.add(
///     "assets",
///     R2Bucket::args().location_hint(R2Location::Weur).cors([cors]).lifecycle([old_logs]),
/// )?;
/// stack.export("s3_endpoint", &assets.s3_endpoint)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct R2Bucket;

/// Inputs of an [`R2Bucket`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = R2Bucket)]
pub struct R2BucketInputs {
    /// The name, unique in the account and jurisdiction: 3 to 63 lower-case letters, digits and `-`.
    #[field(replace, unique, auto_name(63))]
    pub name: Option<String>,
    /// Where it should be. A wish: the output `location` says where it is.
    #[field(replace, write_only)]
    pub location_hint: Option<R2Location>,
    /// What law says where its objects are kept.
    #[serde(default)]
    #[field(replace)]
    pub jurisdiction: R2Jurisdiction,
    /// How new objects are stored.
    #[serde(default)]
    pub storage_class: R2StorageClass,
    /// Who may use it from a browser, in the order in which the rules are looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cors: Vec<R2CorsRule>,
    /// What becomes of old objects. Left out, the rules stay as they are: the vendor gives a new bucket
    /// one that ends abandoned uploads after a week.
    #[field(default_from_api, set)]
    pub lifecycle: Option<Vec<R2LifecycleRule>>,
    /// What nobody may delete or overwrite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub lock: Vec<R2LockRule>,
    /// Whether everybody can read it under the vendor's own domain (the output `public_domain`). For
    /// trying out: it is slowed down on purpose. A site has an
    /// [`R2CustomDomain`](crate::R2CustomDomain).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public_access: bool,
}

/// Outputs of an [`R2Bucket`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct R2BucketOutputs {
    /// The name, as S3 clients and bindings want it.
    #[field(stable)]
    pub name: String,
    /// Where it is, if the vendor says so, in lower case.
    #[field(stable)]
    pub location: Option<String>,
    /// The address of the S3 interface, without the bucket's name.
    #[field(stable)]
    pub s3_endpoint: String,
    /// The domain under which it can be read where `public_access` is on.
    #[field(stable)]
    pub public_domain: String,
}

#[async_trait]
impl Resource for R2Bucket {
    const TYPE: &'static str = "cloudflare:r2_bucket";
    const RECOVERY: Recovery = Recovery::UniqueName;
    const HOLDS_DATA: bool = true;
    type Provider = Cloudflare;
    type Inputs = R2BucketInputs;
    type Outputs = R2BucketOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: R2BucketInputs) -> Result<Created<Self>> {
        let key = key_of(&inputs)?;
        let body = CreateBucket {
            name: &key.name,
            location_hint: inputs.location_hint,
            storage_class: inputs.storage_class,
        };
        let request = call::request(cx, key.jurisdiction, |http, path| http.post(path), "").await?;
        let bucket: Bucket = envelope::create(request.json_body(&body)).await.map_err(explained)?;
        let id = key.id();
        cx.checkpoint(&id).await?;
        let settings = Settings::of(&inputs);
        let settings = Settings {
            cors: settings.cors.filter(|rules| !rules.is_empty()),
            lock: settings.lock.filter(|rules| !rules.is_empty()),
            public_access: settings.public_access.filter(|on| *on),
            ..settings
        };
        settings.put(cx, &key).await?;
        let managed = call::get::<ManagedDomain>(cx, &key, "/domains/managed").await?;
        let managed = managed.ok_or_else(|| envelope::gone("bucket", &id))?;
        Ok(Created::new(id, outputs(cx, &key, &bucket, managed).await?))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = BucketKey::parse(id)?;
        match call::whole(cx, &key).await? {
            Some(whole) => Ok(Some(observed(cx, key, whole).await?)),
            None => Ok(None),
        }
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<R2BucketOutputs> {
        let (key, new) = (BucketKey::parse(id)?, &change.new);
        if change.touches("storage_class") {
            let class = HeaderValue::from_static(new.storage_class.as_str());
            let request = call::about(cx, &key, |http, path| http.patch(path), "").await?;
            let request = request.header(STORAGE_CLASS, class).idempotency(iac_http::Idempotency::Idempotent);
            envelope::send_empty(request).await.map_err(explained)?;
        }
        let settings = Settings::of(new);
        let settings = Settings {
            cors: settings.cors.filter(|_| change.touches("cors")),
            lifecycle: settings.lifecycle.filter(|_| change.touches("lifecycle")),
            lock: settings.lock.filter(|_| change.touches("lock")),
            public_access: settings.public_access.filter(|_| change.touches("public_access")),
        };
        settings.put(cx, &key).await?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let key = BucketKey::parse(id)?;
        let request = call::about(cx, &key, |http, path| http.delete(path), "").await?;
        envelope::delete(request).await.map_err(explained)
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (jurisdiction, answer, next) = call::page::<Buckets>(cx, &page).await?;
        let mut items = Vec::new();
        for bucket in answer.buckets {
            let key = BucketKey::new(jurisdiction, bucket.name);
            // One that is gone by now is left out.
            if let Some(whole) = call::whole(cx, &key).await? {
                items.push(observed(cx, key, whole).await?);
            }
        }
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &R2BucketInputs) -> Result<Vec<Id<Self>>> {
        let key = key_of(inputs)?;
        let found = call::get::<Bucket>(cx, &key, "").await?;
        Ok(found.map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::faults(inputs)
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        crate::cost::r2_bucket()
    }
}

/// What is set on a bucket by requests of their own; `None` is left as it is.
struct Settings {
    cors: Option<Vec<Cors>>,
    lifecycle: Option<Vec<Lifecycle>>,
    lock: Option<Vec<Lock>>,
    public_access: Option<bool>,
}

impl Settings {
    fn of(inputs: &R2BucketInputs) -> Self {
        Self {
            cors: Some(inputs.cors.iter().map(Cors::from).collect()),
            lifecycle: inputs.lifecycle.as_ref().map(|rules| rules.iter().map(Lifecycle::from).collect()),
            lock: Some(inputs.lock.iter().map(Lock::from).collect()),
            public_access: Some(inputs.public_access),
        }
    }

    async fn put(self, cx: &Cx<'_, Cloudflare>, key: &BucketKey) -> Result<()> {
        if let Some(rules) = self.cors {
            let request = if rules.is_empty() {
                call::about(cx, key, |http, path| http.delete(path), "/cors").await?
            } else {
                let request = call::about(cx, key, |http, path| http.put(path), "/cors").await?;
                request.json_body(&Rules { rules })
            };
            envelope::send_empty(request).await.map_err(|error| rule_fault(error, "cors"))?;
        }
        if let Some(rules) = self.lifecycle {
            let request = call::about(cx, key, |http, path| http.put(path), "/lifecycle").await?;
            let done = envelope::send_empty(request.json_body(&Rules { rules })).await;
            done.map_err(|error| rule_fault(error, "lifecycle"))?;
        }
        if let Some(rules) = self.lock {
            let request = call::about(cx, key, |http, path| http.put(path), "/lock").await?;
            let done = envelope::send_empty(request.json_body(&Rules { rules })).await;
            done.map_err(|error| rule_fault(error, "lock"))?;
        }
        if let Some(enabled) = self.public_access {
            let request = call::about(cx, key, |http, path| http.put(path), "/domains/managed").await?;
            envelope::send_empty(request.json_body(&Enabled { enabled })).await.map_err(explained)?;
        }
        Ok(())
    }
}

/// A refused rule is told with its field.
fn rule_fault(error: Error, field: &'static str) -> Error {
    match error.kind() {
        iac_core::ErrorKind::InvalidInput => error.field(field),
        _ => explained(error),
    }
}

fn key_of(inputs: &R2BucketInputs) -> Result<BucketKey> {
    Ok(BucketKey::new(inputs.jurisdiction, required_name(&inputs.name)?))
}

async fn outputs(
    cx: &Cx<'_, Cloudflare>,
    key: &BucketKey,
    bucket: &Bucket,
    managed: ManagedDomain,
) -> Result<R2BucketOutputs> {
    let account = cx.client().account_id(cx).await?;
    let host = match key.jurisdiction {
        R2Jurisdiction::Default => format!("{account}.r2.cloudflarestorage.com"),
        other => format!("{account}.{}.r2.cloudflarestorage.com", other.as_str()),
    };
    Ok(R2BucketOutputs {
        name: key.name.clone(),
        location: bucket.location.as_deref().map(str::to_ascii_lowercase),
        s3_endpoint: format!("https://{host}"),
        public_domain: managed.domain,
    })
}

async fn observed(cx: &Cx<'_, Cloudflare>, key: BucketKey, whole: Whole) -> Result<Observed<R2Bucket>> {
    let public_access = whole.managed.enabled;
    let outputs = outputs(cx, &key, &whole.bucket, whole.managed).await?;
    let inputs = R2BucketInputs {
        name: Some(key.name.clone()),
        location_hint: None,
        jurisdiction: whole.bucket.jurisdiction.unwrap_or(key.jurisdiction),
        storage_class: whole.bucket.storage_class.unwrap_or_default(),
        cors: whole.cors.into_iter().map(Into::into).collect(),
        lifecycle: Some(whole.lifecycle.into_iter().map(Into::into).collect()),
        lock: whole.lock.into_iter().map(Into::into).collect(),
        public_access,
    };
    Ok(Observed::new(key.id(), inputs, outputs))
}
