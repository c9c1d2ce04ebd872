//! Neon's projects as its API writes them, one and by pages.

use iac_core::{Cx, Result};
use serde::Deserialize;

use super::client::{Neon, Operation};

/// Projects on one page.
const PER_PAGE: usize = 100;

#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) region_id: String,
    pub(super) pg_version: u32,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) project: Body,
    #[serde(default)]
    pub(super) operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Listing {
    projects: Vec<Body>,
    pagination: Option<Cursor>,
}

#[derive(Deserialize)]
struct Cursor {
    cursor: Option<String>,
}

/// One page: its projects, and where the next page begins.
pub(super) async fn listed(
    cx: &Cx<'_, Neon>,
    cursor: Option<String>,
    search: Option<&str>,
) -> Result<(Vec<Body>, Option<String>)> {
    let request = cx.client().http(cx).get("/projects").query(&[("limit", PER_PAGE)]);
    let listing: Listing =
        request.query_opt("cursor", cursor).query_opt("search", search).send().await?.into_body();
    // The last page has a cursor, too.
    let is_full = listing.projects.len() == PER_PAGE;
    Ok((listing.projects, listing.pagination.and_then(|page| page.cursor).filter(|_| is_full)))
}
