//! Owns what a visitor of a simulated site sees. Runs no functions and applies no `_headers`.
use super::super::cloud::CloudflareSim;
use super::super::edge::Visit;
use super::asset::Asset;
use super::deployment::{Deployment, alias_of};
use super::project::Project;
use crate::pages::asset_hash;
use iac_testkit::sim::{Method, SimResponse};
use std::collections::BTreeMap;

const BINARY: &str = "application/octet-stream";
const INDEX: &str = "index.html";
const NOT_FOUND: &str = "404.html";

/// The answer to a visitor of one of a project's domains.
pub(crate) fn site(cloud: &mut CloudflareSim, visit: &Visit<'_>) -> Option<SimResponse> {
    let pages = &cloud.state.pages;
    let deployment = pages.projects.values().find_map(|project| shown(project, visit.host))?;
    if !matches!(visit.request.method, Method::GET | Method::HEAD) {
        return Some(SimResponse::bytes(405, "text/plain", "Method Not Allowed"));
    }
    // A domain that is there and shows nothing yet.
    let Some(deployment) = deployment else {
        return Some(SimResponse::bytes(522, "text/plain; charset=utf-8", "error code: 522"));
    };
    Some(page(deployment, &pages.assets, visit.path))
}

/// What a host shows: `None` if it is none of this project's, nothing inside if it shows nothing yet.
fn shown<'a>(project: &'a Project, host: &str) -> Option<Option<&'a Deployment>> {
    let find = |is: &dyn Fn(&Deployment) -> bool| project.deployments.iter().rev().find(|one| is(one));
    let subdomain = project.subdomain();
    if host == subdomain || project.domains.contains_key(host) {
        let canonical = project.canonical.as_deref();
        return Some(find(&|one| Some(one.id.as_str()) == canonical));
    }
    let label = host.strip_suffix(&subdomain)?.strip_suffix('.')?;
    Some(find(&|one| one.is_done() && (one.short_id() == label || alias_of(&one.branch) == label)))
}

fn page(deployment: &Deployment, assets: &BTreeMap<String, Asset>, path: &str) -> SimResponse {
    let file = |path: &str| deployment.manifest.get(path).map(|hash| served(assets, hash, path, 200));
    let redirect = |to: String| SimResponse::empty(308).with_header("location", to);
    // A page has one address: without `index.html` and `.html`.
    if let Some(folder) = path.strip_suffix(INDEX).filter(|folder| folder.ends_with('/')) {
        return redirect(folder.to_owned());
    }
    if path.ends_with('/') {
        return file(&format!("{path}{INDEX}")).unwrap_or_else(|| nothing(deployment, assets, path));
    }
    if let Some(found) = file(path).or_else(|| file(&format!("{path}.html"))) {
        return found;
    }
    match deployment.manifest.contains_key(&format!("{path}/{INDEX}")) {
        true => redirect(format!("{path}/")),
        false => nothing(deployment, assets, path),
    }
}

/// The nearest page for what is not there; without any, the site is one that finds its own way.
fn nothing(deployment: &Deployment, assets: &BTreeMap<String, Asset>, path: &str) -> SimResponse {
    let mut folder = path;
    while let Some((parent, _)) = folder.rsplit_once('/') {
        let page = format!("{parent}/{NOT_FOUND}");
        if let Some(hash) = deployment.manifest.get(&page) {
            return served(assets, hash, &page, 404);
        }
        folder = parent;
    }
    let index = format!("/{INDEX}");
    match deployment.manifest.get(&index) {
        Some(hash) => served(assets, hash, &index, 200),
        None => SimResponse::empty(404),
    }
}

/// A content under a name that is not made as the store wants it cannot be served.
fn served(assets: &BTreeMap<String, Asset>, hash: &str, path: &str, status: u16) -> SimResponse {
    let Some(asset) = assets.get(hash) else { return SimResponse::empty(500) };
    let content = asset.bytes();
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension =
        name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, extension)| extension);
    if asset_hash(&content, extension) != hash {
        return SimResponse::empty(500);
    }
    SimResponse::bytes(status, BINARY, content)
        .with_header("content-type", &asset.content_type)
        .with_header("etag", format!("\"{hash}\""))
}
