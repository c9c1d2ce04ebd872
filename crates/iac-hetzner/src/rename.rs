//! Changes of name and labels, which most kinds of objects take in one request.
//! Knows nothing of any one kind.

use iac_core::{Change, Cx, Resource};
use serde::Serialize;

use crate::client::Hetzner;
use crate::label;

/// A change of name and labels, as far as they are touched. Labels are replaced as a whole.
#[derive(Serialize)]
pub(crate) struct Rename<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) labels: Option<label::Labels>,
}

/// The body that changes name and labels as far as they are touched; `None` if neither is.
pub(crate) fn body<'a, R: Resource>(
    cx: &Cx<'_, Hetzner>,
    change: &Change<R>,
    name: &'a Option<String>,
    labels: &label::Labels,
) -> Option<Rename<'a>> {
    let name = name.as_deref().filter(|_| change.touches("name"));
    let labels = change.touches("labels").then(|| label::marked(cx.marker(), labels));
    (name.is_some() || labels.is_some()).then_some(Rename { name, labels })
}
