//! The bodies of the API's bucket operations, and their rules from and to a program's. Sends nothing.

use serde::{Deserialize, Serialize};

use super::bucket::{R2Jurisdiction, R2Location, R2StorageClass};
use super::rule::{R2CorsMethod, R2CorsRule, R2LifecycleRule, R2LockRule};
use crate::setting::TlsVersion;

/// The one class that objects are moved to.
const INFREQUENT_ACCESS: &str = "InfrequentAccess";

#[derive(Debug, Deserialize)]
pub(super) struct Bucket {
    pub(super) name: String,
    /// In upper case, sometimes.
    #[serde(default)]
    pub(super) location: Option<String>,
    #[serde(default)]
    pub(super) jurisdiction: Option<R2Jurisdiction>,
    #[serde(default)]
    pub(super) storage_class: Option<R2StorageClass>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Buckets {
    #[serde(default)]
    pub(super) buckets: Vec<Bucket>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateBucket<'a> {
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location_hint: Option<R2Location>,
    pub(super) storage_class: R2StorageClass,
}

#[derive(Debug, Deserialize)]
pub(super) struct ManagedDomain {
    pub(super) domain: String,
    pub(super) enabled: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Enabled {
    pub(super) enabled: bool,
}

/// Rules of one kind.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rules<T> {
    #[serde(default = "Vec::new")]
    pub(super) rules: Vec<T>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cors {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    allowed: Allowed,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expose_headers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Allowed {
    origins: Vec<String>,
    methods: Vec<R2CorsMethod>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<String>,
}

impl From<&R2CorsRule> for Cors {
    fn from(rule: &R2CorsRule) -> Self {
        Self {
            id: rule.id.clone(),
            allowed: Allowed {
                origins: rule.allowed_origins.clone(),
                methods: rule.allowed_methods.clone(),
                headers: rule.allowed_headers.clone(),
            },
            expose_headers: rule.expose_headers.clone(),
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

impl From<Cors> for R2CorsRule {
    fn from(rule: Cors) -> Self {
        Self {
            id: rule.id,
            allowed_origins: rule.allowed.origins,
            allowed_methods: rule.allowed.methods,
            allowed_headers: rule.allowed.headers,
            expose_headers: rule.expose_headers,
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
enum When {
    Age {
        #[serde(rename = "maxAge")]
        max_age: u64,
    },
    Date {
        date: String,
    },
}

impl When {
    fn of(age: Option<u64>, date: Option<&String>) -> Option<Self> {
        age.map(|max_age| Self::Age { max_age })
            .or_else(|| date.map(|date| Self::Date { date: date.clone() }))
    }

    fn parts(self) -> (Option<u64>, Option<String>) {
        match self {
            Self::Age { max_age } => (Some(max_age), None),
            Self::Date { date } => (None, Some(date)),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Transition {
    condition: When,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClassTransition {
    condition: When,
    storage_class: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Conditions {
    #[serde(default)]
    prefix: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lifecycle {
    id: String,
    enabled: bool,
    #[serde(default)]
    conditions: Conditions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delete_objects_transition: Option<Transition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abort_multipart_uploads_transition: Option<Transition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    storage_class_transitions: Vec<ClassTransition>,
}

impl From<&R2LifecycleRule> for Lifecycle {
    fn from(rule: &R2LifecycleRule) -> Self {
        let moved = When::of(rule.infrequent_access_after_seconds, rule.infrequent_access_on.as_ref());
        let class = |condition| ClassTransition { condition, storage_class: INFREQUENT_ACCESS.to_owned() };
        Self {
            id: rule.id.clone(),
            enabled: rule.enabled,
            conditions: Conditions { prefix: rule.prefix.clone().unwrap_or_default() },
            delete_objects_transition: When::of(rule.delete_after_seconds, rule.delete_on.as_ref())
                .map(|condition| Transition { condition }),
            abort_multipart_uploads_transition: When::of(rule.abort_multipart_after_seconds, None)
                .map(|condition| Transition { condition }),
            storage_class_transitions: moved.map(class).into_iter().collect(),
        }
    }
}

impl From<Lifecycle> for R2LifecycleRule {
    fn from(rule: Lifecycle) -> Self {
        let parts = |transition: Option<Transition>| {
            transition.map(|transition| transition.condition.parts()).unwrap_or_default()
        };
        let (delete_after_seconds, delete_on) = parts(rule.delete_objects_transition);
        let (abort_multipart_after_seconds, _) = parts(rule.abort_multipart_uploads_transition);
        let moved = rule.storage_class_transitions.into_iter().next();
        let (infrequent_access_after_seconds, infrequent_access_on) =
            moved.map(|moved| moved.condition.parts()).unwrap_or_default();
        Self {
            id: rule.id,
            enabled: rule.enabled,
            prefix: given(rule.conditions.prefix),
            delete_after_seconds,
            delete_on,
            infrequent_access_after_seconds,
            infrequent_access_on,
            abort_multipart_after_seconds,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Held {
    Age {
        #[serde(rename = "maxAgeSeconds")]
        max_age_seconds: u64,
    },
    Date {
        date: String,
    },
    Indefinite,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lock {
    id: String,
    enabled: bool,
    #[serde(default)]
    prefix: String,
    condition: Held,
}

impl From<&R2LockRule> for Lock {
    fn from(rule: &R2LockRule) -> Self {
        let condition = match (rule.retain_seconds, &rule.retain_until) {
            (Some(max_age_seconds), _) => Held::Age { max_age_seconds },
            (None, Some(date)) => Held::Date { date: date.clone() },
            (None, None) => Held::Indefinite,
        };
        let prefix = rule.prefix.clone().unwrap_or_default();
        Self { id: rule.id.clone(), enabled: rule.enabled, prefix, condition }
    }
}

impl From<Lock> for R2LockRule {
    fn from(rule: Lock) -> Self {
        let (retain_seconds, retain_until, indefinitely) = match rule.condition {
            Held::Age { max_age_seconds } => (Some(max_age_seconds), None, false),
            Held::Date { date } => (None, Some(date), false),
            Held::Indefinite => (None, None, true),
        };
        Self {
            id: rule.id,
            enabled: rule.enabled,
            prefix: given(rule.prefix),
            retain_seconds,
            retain_until,
            indefinitely,
        }
    }
}

/// The API shows an empty prefix for none.
fn given(prefix: String) -> Option<String> {
    Some(prefix).filter(|prefix| !prefix.is_empty())
}

/// A domain of a bucket.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Domain {
    pub(super) domain: String,
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) zone_id: Option<String>,
    #[serde(default, rename = "minTLS")]
    pub(super) min_tls: Option<TlsVersion>,
    #[serde(default)]
    pub(super) ciphers: Option<Vec<String>>,
    #[serde(default)]
    pub(super) status: DomainStatus,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct DomainStatus {
    #[serde(default)]
    pub(super) ownership: String,
    #[serde(default)]
    pub(super) ssl: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Domains {
    #[serde(default)]
    pub(super) domains: Vec<Domain>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutDomain<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zone_id: Option<&'a str>,
    pub(super) enabled: bool,
    #[serde(rename = "minTLS")]
    pub(super) min_tls: TlsVersion,
    pub(super) ciphers: &'a [String],
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// What the API gives becomes a rule and the same again.
    fn round<W, R>(wire: Value) -> R
    where
        W: Serialize + for<'de> Deserialize<'de> + for<'r> From<&'r R>,
        R: From<W>,
    {
        let rule = R::from(serde_json::from_value::<W>(wire.clone()).unwrap());
        assert_eq!(serde_json::to_value(W::from(&rule)).unwrap(), wire);
        rule
    }

    #[test]
    fn rules_read_back_as_they_were_given() {
        let cors: R2CorsRule = round::<Cors, _>(json!({
            "id": "site", "allowed": {"origins": ["https://a.org"], "methods": ["GET", "HEAD"], "headers": ["x-a"]},
            "exposeHeaders": ["etag"], "maxAgeSeconds": 60
        }));
        assert_eq!(cors.allowed_methods, [R2CorsMethod::Get, R2CorsMethod::Head]);
        let lifecycle: R2LifecycleRule = round::<Lifecycle, _>(json!({
            "id": "logs", "enabled": true, "conditions": {"prefix": "logs/"},
            "deleteObjectsTransition": {"condition": {"type": "Date", "date": "2027-01-01T00:00:00Z"}},
            "abortMultipartUploadsTransition": {"condition": {"type": "Age", "maxAge": 604800}},
            "storageClassTransitions":
                [{"condition": {"type": "Age", "maxAge": 60}, "storageClass": "InfrequentAccess"}],
        }));
        assert_eq!(lifecycle.delete_on.as_deref(), Some("2027-01-01T00:00:00Z"));
        assert_eq!(lifecycle.infrequent_access_after_seconds, Some(60));
        for condition in [
            json!({"type": "Age", "maxAgeSeconds": 5}),
            json!({"type": "Date", "date": "2027-01-01T00:00:00Z"}),
            json!({"type": "Indefinite"}),
        ] {
            let lock: R2LockRule = round::<Lock, _>(
                json!({"id": "keep", "enabled": false, "prefix": "", "condition": condition}),
            );
            assert!(!lock.enabled && lock.prefix.is_none());
        }
    }
}
