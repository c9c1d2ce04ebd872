//! Rules about single fields of types. Knows fields by their paths alone.

use super::walk::values_at;
use crate::policy::{PlannedResource, PolicyView, Violation};
use crate::value::Value;

/// What must hold for one field of one type: a row of a table that a provider crate or a program gives to
/// [`fields_hold`].
///
/// ```
/// use iac_core::policies::FieldRule;
///
/// let tls = FieldRule::new("hetzner:load_balancer_service", "protocol", "passes requests on without TLS")
///     .never(["http"]);
/// let https_only =
///     FieldRule::new("cloudflare:zone_setting", "always_use_https", "answers without TLS").only(["on"]);
/// # let _ = (tls, https_only);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FieldRule {
    type_token: String,
    path: String,
    message: String,
    verdict: Verdict,
}

#[derive(Debug, Clone)]
enum Verdict {
    Never(Vec<Value>),
    Only(Vec<Value>),
}

impl FieldRule {
    /// A rule for the field `path` of `type_token`, which nothing keeps yet; `message` says what a
    /// resource does that breaks it. In a path `[*]` stands for every item of a list:
    /// `listeners[*].protocol`.
    pub fn new(type_token: impl Into<String>, path: impl Into<String>, message: impl Into<String>) -> Self {
        let verdict = Verdict::Never(Vec::new());
        Self { type_token: type_token.into(), path: path.into(), message: message.into(), verdict }
    }

    /// None of these values.
    pub fn never<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.verdict = Verdict::Never(values.into_iter().map(Into::into).collect());
        self
    }

    /// One of these values; a field that is not set has none of them.
    pub fn only<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.verdict = Verdict::Only(values.into_iter().map(Into::into).collect());
        self
    }

    fn judge(&self, resource: &PlannedResource<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (at, value) in values_at(resource.inputs, &self.path) {
            let violation = match (&self.verdict, value) {
                (_, Value::Unknown) => {
                    Violation::warn(format!("only the apply decides whether it {}", self.message))
                }
                (Verdict::Never(values), value) if values.contains(value) => {
                    Violation::deny(self.message.as_str())
                }
                (Verdict::Only(values), value) if !values.contains(value) => {
                    Violation::deny(format!("{}; it must be {}", self.message, listed(values)))
                }
                _ => continue,
            };
            violations.push(violation.of(resource).field(at));
        }
        violations
    }
}

/// Every one of `rules` holds for every resource of its type.
///
/// ```
/// # use iac_core::{Stack, StackError, policies, policies::FieldRule};
/// # let stack = Stack::new("shop", "dev")?;
/// let rules = [FieldRule::new("hetzner:server", "public_net.ipv4", "has a public address").never([true])];
/// stack.policy("no-public-servers", policies::fields_hold(rules))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn fields_hold(
    rules: impl IntoIterator<Item = FieldRule>,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    let rules: Vec<FieldRule> = rules.into_iter().collect();
    move |plan| {
        let mut violations = Vec::new();
        for resource in plan.resources().filter(|resource| !resource.is_deleted()) {
            let of_type = rules.iter().filter(|rule| rule.type_token == resource.urn.type_token());
            violations.extend(of_type.flat_map(|rule| rule.judge(resource)));
        }
        violations
    }
}

/// The input `field` of every type that has it is one of `values` where it is set: regions, sizes.
///
/// ```
/// # use iac_core::{Stack, StackError, policies};
/// # let stack = Stack::new("shop", "dev")?;
/// stack.policy("in-germany", policies::values_among("location", ["nbg1", "fsn1"]))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn values_among<V: Into<Value>>(
    field: impl Into<String>,
    values: impl IntoIterator<Item = V>,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    let field: String = field.into();
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    move |plan| {
        let has_field = |resource: &&PlannedResource<'_>| {
            !resource.is_deleted() && resource.spec.is_some_and(|spec| spec.input(&field).is_some())
        };
        let mut violations = Vec::new();
        for resource in plan.resources().filter(has_field) {
            let violation = match resource.inputs.get(&field) {
                Value::Null => continue,
                Value::Unknown => {
                    Violation::warn(format!("only the apply decides whether it is {}", listed(&values)))
                }
                value if values.contains(value) => continue,
                value => Violation::deny(format!("is {}; it must be {}", shown(value), listed(&values))),
            };
            violations.push(violation.of(resource).field(field.as_str()));
        }
        violations
    }
}

fn listed(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(" or ")
}

fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("`{text}`"),
        None => value.to_redacted_json().to_string(),
    }
}
