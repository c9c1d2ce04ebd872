//! Parameters of rules that lead requests elsewhere or change them: redirects, rewrites, origins,
//! executed rulesets, error pages. Knows nothing of caching.

use iac_core::{FieldType, Inputs};
use serde::{Deserialize, Serialize};

use super::switch::Switch;

/// Where a redirect leads: an address, an expression that makes one, or a list of redirects.
///
/// ```
/// use iac_cloudflare::Redirect;
///
/// let to_apex = Redirect::args()
///     .target_expression(r#"concat("https://example.com", http.request.uri.path)"#)
///     .status_code(301u16)
///     .preserve_query_string(true);
/// # let _ = to_apex;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct Redirect {
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_url: Option<String>,
    /// An expression that makes the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_expression: Option<String>,
    /// The status: 301, 302, 303, 307 or 308. Default 302.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Whether the query of the request is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preserve_query_string: bool,
    /// The name of a [`List`](crate::List) of redirects; only in the phase `HttpRequestRedirect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// What is looked up in the list, such as `http.request.full_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_key: Option<String>,
}

/// What is changed in a request or in its response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct Rewrite {
    /// The new path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// An expression that makes the new path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_expression: Option<String>,
    /// The new query; an empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// An expression that makes the new query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_expression: Option<String>,
    /// Headers that are changed, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub headers: Vec<HeaderRewrite>,
}

/// A change of one header.
///
/// ```
/// use iac_cloudflare::{HeaderOperation, HeaderRewrite};
///
/// let header = HeaderRewrite::args()
///     .name("X-Frame-Options")
///     .operation(HeaderOperation::Set)
///     .value("DENY");
/// # let _ = header;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct HeaderRewrite {
    /// The header.
    #[field(eq = case_insensitive)]
    pub name: String,
    /// What happens to it.
    pub operation: HeaderOperation,
    /// The value to add or set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// An expression that makes the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}

/// What happens to a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HeaderOperation {
    /// It is added to others of its name.
    Add,
    /// It takes the place of others of its name.
    Set,
    /// It is taken away.
    Remove,
}

/// Where a request is sent in place of the zone's origin. At least one field is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct OriginOverride {
    /// The header `Host` that the origin gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_header: Option<String>,
    /// The name that is resolved to find the origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The origin's port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The name that the origin's certificate is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
}

/// A ruleset that is executed, and what of it is overridden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct Execute {
    /// The ruleset's id: 32 hexadecimal digits.
    pub id: String,
    /// What is overridden in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<ExecuteOverrides>,
    /// How matched payloads are encrypted in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_data: Option<MatchedData>,
}

/// The key for matched payloads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct MatchedData {
    /// The public key.
    pub public_key: String,
}

/// What is overridden in an executed ruleset: in all of it, in categories, in single rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ExecuteOverrides {
    /// The action of all rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Whether all rules are in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Switch>,
    /// How sensitive all rules are: `default`, `medium`, `low` or `eoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity_level: Option<String>,
    /// Overrides of the rules with a tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryOverride>,
    /// Overrides of single rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleOverride>,
}

/// An override of the rules with a tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CategoryOverride {
    /// The tag.
    pub category: String,
    /// The action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Whether they are in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Switch>,
    /// How sensitive they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity_level: Option<String>,
}

/// An override of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RuleOverride {
    /// The rule's id.
    pub id: String,
    /// The action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Whether it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Switch>,
    /// From which score on it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_threshold: Option<u32>,
    /// How sensitive it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity_level: Option<String>,
}

/// A page that is served for an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ServeError {
    /// The type of the content: `text/html`, `text/plain`, `application/json` or `text/xml`.
    pub content_type: String,
    /// The content. Either this or `asset_name` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The name of a custom error asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_name: Option<String>,
    /// The status. Left out, that of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
}
