//! The resource type of zone settings. Knows nothing of any one setting.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Idempotency, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::value::Setting;
use crate::check::Checker;
use crate::client::Cloudflare;
use crate::zone::Zone;
use crate::{change, cost, envelope};

/// The longest time that anything is kept, in seconds.
const YEAR_S: i64 = 31_536_000;
/// The shortest time that a passed challenge lets in, in seconds.
const CHALLENGE_S_MIN: i64 = 300;
const UPLOADS_MB: RangeInclusive<i64> = 100..=1_000;
const READ_TIMEOUTS_S: RangeInclusive<i64> = 1..=6_000;

/// A setting of a [`Zone`](crate::Zone) that the stack pins.
///
/// A setting is always there: creating this sets it, and deleting it leaves the value as it is, since
/// nobody knows what it was before. There is one of each for a zone; two resources for the same one
/// change it back and forth.
///
/// ```
/// use iac_cloudflare::{Setting, SslMode, TlsVersion, Zone, ZoneSetting};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// for (name, setting) in [
///     ("ssl", Setting::Ssl(SslMode::Strict)),
///     ("https", Setting::AlwaysUseHttps(true)),
///     ("tls", Setting::MinTlsVersion(TlsVersion::V1_2)),
/// ] {
///     stack.add(name, ZoneSetting::args().zone(&zone).setting(setting))?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ZoneSetting;

/// Inputs of a [`ZoneSetting`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = ZoneSetting)]
pub struct ZoneSettingInputs {
    /// The zone.
    #[field(replace)]
    pub zone: Id<Zone>,
    /// The setting and its value. Another value changes it in place; another setting replaces.
    pub setting: Setting,
}

/// Outputs of a [`ZoneSetting`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ZoneSettingOutputs {
    /// The name of the setting.
    #[field(stable)]
    pub name: String,
    /// Whether the zone's plan lets it be changed.
    pub editable: bool,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    value: Json,
    #[serde(default = "yes")]
    editable: bool,
}

fn yes() -> bool {
    true
}

#[derive(Serialize)]
struct Edit {
    value: Json,
}

#[async_trait]
impl Resource for ZoneSetting {
    const TYPE: &'static str = "cloudflare:zone_setting";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    const SETTING: bool = true;
    type Provider = Cloudflare;
    type Inputs = ZoneSettingInputs;
    type Outputs = ZoneSettingOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: ZoneSettingInputs) -> Result<Created<Self>> {
        let key = Key { zone: inputs.zone.as_str().to_owned(), name: inputs.setting.name() };
        let made = key.set(cx, &inputs.setting).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => error.with_kind(ErrorKind::InvalidInput).field("zone"),
            _ => error,
        })?;
        cx.checkpoint(&key.id()).await?;
        Ok(Created::new(key.id(), key.outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::parse(id)?;
        let Some(body) = envelope::get::<Body>(key.request(cx, |http, path| http.get(path))).await? else {
            return Ok(None);
        };
        let setting = Setting::from_wire(&key.name, &body.value)?;
        let inputs = ZoneSettingInputs { zone: Id::new(key.zone.as_str()), setting };
        Ok(Some(Observed::new(key.id(), inputs, key.outputs(&body))))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<ZoneSettingOutputs> {
        let key = Key::parse(id)?;
        let made = key.set(cx, &change.new.setting).await?;
        Ok(key.outputs(&made))
    }

    /// Only a look: a token for another account must not end the management of what it cannot see.
    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = Key::parse(id)?.request(cx, |http, path| http.get(path));
        envelope::get::<Body>(request).await.map(drop)
    }

    /// Unsupported: one by one is one request for each setting that a stack pins; all of them would be
    /// one for each setting of every zone.
    async fn list(_: &Cx<'_, Cloudflare>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "zone settings are read one by one"))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &ZoneSettingInputs) -> Result<Vec<Id<Self>>> {
        let key = Key { zone: inputs.zone.as_str().to_owned(), name: inputs.setting.name() };
        let found = envelope::get::<Body>(key.request(cx, |http, path| http.get(path))).await?;
        Ok(found.map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "setting" if !same_setting(change.old, change.new) => OnChange::Replace,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs)
            .nested("setting", |setting| {
                setting
                    .number("browser_cache_ttl", 0..=YEAR_S)
                    .number("challenge_ttl", CHALLENGE_S_MIN..=YEAR_S)
                    .number("max_upload", UPLOADS_MB)
                    .number("proxy_read_timeout", READ_TIMEOUTS_S)
                    .nested("security_header", |header| header.number("max_age", 0..=YEAR_S))
            })
            .finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "zone setting")
    }
}

/// Whether both are values of one setting. One that is not known yet may be any.
fn same_setting(old: &Value, new: &Value) -> bool {
    let name = |value: &Value| value.as_map().and_then(|entries| entries.keys().next().cloned());
    match (name(old), name(new)) {
        (Some(old), Some(new)) => old == new,
        _ => false,
    }
}

struct Key {
    zone: String,
    name: String,
}

impl Key {
    fn parse(id: &Id<ZoneSetting>) -> Result<Self> {
        match id.as_str().split_once('/') {
            Some((zone, name)) if !zone.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { zone: zone.to_owned(), name: name.to_owned() })
            }
            _ => Err(Error::invalid(
                "id",
                format!("`{id}` is no id of a zone setting: write `<zone id>/<setting>`"),
            )),
        }
    }

    fn id(&self) -> Id<ZoneSetting> {
        Id::new(format!("{}/{}", self.zone, self.name))
    }

    fn request(
        &self,
        cx: &Cx<'_, Cloudflare>,
        method: impl FnOnce(&iac_http::Client, &'static str) -> Request,
    ) -> Request {
        method(&cx.client().http(cx), "/zones/{zone}/settings/{setting}")
            .segment("zone", &self.zone)
            .segment("setting", &self.name)
    }

    async fn set(&self, cx: &Cx<'_, Cloudflare>, setting: &Setting) -> Result<Body> {
        // The same value again changes nothing.
        let request = self.request(cx, |http, path| http.patch(path)).idempotency(Idempotency::Idempotent);
        envelope::send(request.json_body(&Edit { value: setting.to_wire() })).await.map_err(|error| {
            match error.api_code() {
                Some("1006" | "1008") => error
                    .with_kind(ErrorKind::PermissionDenied)
                    .field("setting")
                    .hint("the zone's plan does not let this setting be changed"),
                Some("1007") => error.with_kind(ErrorKind::InvalidInput).field("setting"),
                _ => error,
            }
        })
    }

    fn outputs(&self, body: &Body) -> ZoneSettingOutputs {
        ZoneSettingOutputs { name: self.name.clone(), editable: body.editable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_setting_replaces_and_another_value_does_not() {
        let value = |name: &'static str, value: &str| Value::map([(name, Value::from(value))]);
        assert!(same_setting(&value("ssl", "full"), &value("ssl", "strict")));
        assert!(!same_setting(&value("ssl", "full"), &value("polish", "off")));
        assert!(!same_setting(&value("ssl", "full"), &Value::Unknown));
    }

    #[test]
    fn times_have_bounds() {
        let faults = |name: &'static str, value: i64| {
            let setting = Value::map([(name, Value::Int(value))]);
            ZoneSetting::check(&Value::map([("setting", setting)]))
                .into_iter()
                .map(|fault| fault.field)
                .collect::<Vec<_>>()
        };
        assert!(faults("browser_cache_ttl", 0).is_empty());
        assert_eq!(faults("challenge_ttl", 7), ["setting.challenge_ttl"]);
        assert_eq!(faults("max_upload", 2_000), ["setting.max_upload"]);
    }
}
