//! Projects, their domains and what they show.
use iac_cloudflare::{KvNamespace, PagesDeployment, PagesDomain, PagesFiles, PagesProject};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

const SITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sites");

/// A project to put things into.
fn project(_: &Ids) -> Value {
    json!({ "name": "shop-site" })
}

fn projects() -> Vec<Case> {
    vec![
        Case::of::<PagesProject>("plain", project)
            .update("another branch", |_| json!({ "production_branch": "release" }))
            .update("a build", |_| json!({ "build": { "command": "make", "output_dir": "dist", "caching": true } }))
            .update("another build", |_| json!({ "build": { "command": "make site", "root_dir": "web" } }))
            .update("no build", |_| json!({ "build": null }))
            .update("an environment", |_| json!({ "production": { "env": { "A": "1", "B": "2" } } }))
            .update("another one", |_| {
                json!({ "production": { "env": { "A": "3" }, "compatibility_date": "2026-01-31",
                                        "compatibility_flags": ["nodejs_compat"], "fail_open": false } })
            })
            .update("secrets", |_| {
                json!({ "production_secrets": { "KEY": "canary-production-key" },
                        "preview_secrets": { "KEY": "canary-preview-key" } })
            })
            .update("other secrets", |_| json!({ "production_secrets": { "OTHER": "canary-other-key" } }))
            .update("previews", |_| {
                json!({ "preview": { "env": { "A": "4" }, "d1_databases": { "DB": "17" },
                                     "r2_buckets": { "FILES": "files/eu" }, "queues": { "JOBS": "jobs" },
                                     "services": { "INTAKE": "intake" } } })
            })
            .needs::<KvNamespace>("kv", |_| json!({ "title": "sessions" }))
        .update("sessions", |ids| json!({ "preview": { "kv_namespaces": { "SESSIONS": ids["kv"] } } }))
        .update("empty previews", |_| json!({ "preview": {} }))
            .invalid("name", |_| json!({ "name": "Shop" }))
            .invalid("production", |_| json!({ "production": { "env": { "1": "x" } } })),
        Case::of::<PagesProject>("with everything", |_| {
            json!({
                "name": "shop-app", "production_branch": "release",
                "build": { "command": "npm run build", "output_dir": "dist", "root_dir": "app", "caching": true },
                "production": { "env": { "API_URL": "https://api.example.com" },
                                "compatibility_date": "2026-10-01", "r2_buckets": { "FILES": "files" } },
                "preview": { "env": { "API_URL": "https://dev.api.example.com" }, "fail_open": true },
                "production_secrets": { "API_KEY": "canary-secret-of-production" },
                "preview_secrets": { "API_KEY": "canary-secret-of-previews" },
            })
        })
        .update("all at once", |_| {
            json!({ "production_branch": "main", "build": null, "production_secrets": null,
                    "production": { "env": { "OTHER": "x" } } })
        }),
    ]
}

fn built() -> Case {
    let source = |more: Value| {
        let mut source = json!({ "host": "github", "owner": "example", "repository": "shop" });
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "source": source })
    };
    Case::of::<PagesProject>("built from a repository", move |_| {
        let mut inputs = source(json!({}));
        inputs["name"] = json!("shop-docs");
        inputs
    })
    .update("no comments", move |_| source(json!({ "comments": false, "previews": "none" })))
    .update("some previews", move |_| {
        source(json!({ "previews": "custom", "preview_branches": ["next", "feature/*"], "paths": ["docs/*"],
                       "preview_branches_left_out": ["wip/*"], "paths_left_out": ["docs/drafts/*"] }))
    })
    .update("nothing by itself", move |_| source(json!({ "production_deployments": false })))
    .update("another branch", |_| json!({ "production_branch": "release" }))
}

fn domains() -> Vec<Case> {
    let domain = |ids: &Ids| json!({ "project": ids["project"], "domain": "www.example.com" });
    vec![
        Case::of::<PagesDomain>("plain", domain)
            .needs::<PagesProject>("project", project)
            .exempt("wait", "it only matters in the moment of the create")
            .passing("status")
            .invalid("domain", |_| json!({ "domain": "www.example.com." }))
            .invalid("project", |_| json!({ "project": "no-such-project" })),
        Case::of::<PagesDomain>("not waited for", move |ids| {
            let mut inputs = domain(ids);
            inputs["wait"] = json!(false);
            inputs
        })
        .needs::<PagesProject>("project", project)
        .passing("status"),
    ]
}

/// The inputs of a site's content.
fn content(site: &str) -> Value {
    let files = PagesFiles::read(format!("{SITES}/{site}")).unwrap();
    json!({ "directory": files.directory(), "digest": files.digest() })
}

fn deployment(ids: &Ids, site: &str) -> Value {
    let mut inputs = content(site);
    inputs["project"] = json!(ids["project"]);
    inputs
}

fn deployments() -> Vec<Case> {
    let exempt = "it only says where the files are read from";
    vec![
        Case::of::<PagesDeployment>("production", |ids| deployment(ids, "first"))
            .needs::<PagesProject>("project", project)
            .update("another content", |_| content("second"))
            .update("the old one again", |_| content("first"))
            .exempt("directory", exempt)
            .passing("aliases")
            .invalid("digest", |_| json!({ "digest": "main" }))
            .invalid("digest", |_| json!({ "digest": "0".repeat(40) }))
            .invalid("directory", |_| json!({ "directory": "/no/such/folder" }))
            .invalid("project", |_| json!({ "project": "no-such-project" })),
        Case::of::<PagesDeployment>("preview", |ids| {
            let mut inputs = deployment(ids, "second");
            inputs["branch"] = json!("feature/menu");
            inputs
        })
        .needs::<PagesProject>("project", project)
        .passing("aliases")
        .update("another content", |_| content("first")),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    projects().into_iter().chain([built()]).chain(domains()).chain(deployments()).collect()
}

#[tokio::test]
async fn pages_projects() {
    crate::hold(projects().into_iter().chain([built()]).collect()).await;
}

#[tokio::test]
async fn pages_domains() {
    crate::hold(domains()).await;
}

#[tokio::test]
async fn pages_deployments() {
    crate::hold(deployments()).await;
}
