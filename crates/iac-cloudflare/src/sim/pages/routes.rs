//! Owns the table of routes about Pages. Knows no handler's inside.
use super::super::routes::Routes;
use super::{asset, deployment, domain, project};

const PROJECTS: &str = "/accounts/{account_id}/pages/projects";
const PROJECT: &str = "/accounts/{account_id}/pages/projects/{project_name}";
const DEPLOYMENT: &str = "/accounts/{account_id}/pages/projects/{project_name}/deployments/{deployment_id}";
const DOMAIN: &str = "/accounts/{account_id}/pages/projects/{project_name}/domains/{domain_name}";

pub(in super::super) fn routes(router: Routes) -> Routes {
    router
        .route(&format!("GET {PROJECTS}"), project::list)
        .route(&format!("POST {PROJECTS}"), project::create)
        .route(&format!("GET {PROJECT}"), project::get)
        .route(&format!("PATCH {PROJECT}"), project::patch)
        .route(&format!("DELETE {PROJECT}"), project::delete)
        .route(&format!("GET {PROJECT}/deployments"), deployment::list)
        .route(&format!("POST {PROJECT}/deployments"), deployment::create)
        .route(&format!("GET {DEPLOYMENT}"), deployment::get)
        .route(&format!("DELETE {DEPLOYMENT}"), deployment::delete)
        .route(&format!("POST {DEPLOYMENT}/rollback"), deployment::rollback)
        .route(&format!("GET {PROJECT}/domains"), domain::list)
        .route(&format!("POST {PROJECT}/domains"), domain::create)
        .route(&format!("GET {DOMAIN}"), domain::get)
        .route(&format!("PATCH {DOMAIN}"), domain::patch)
        .route(&format!("DELETE {DOMAIN}"), domain::delete)
        .route(&format!("GET {PROJECT}/upload-token"), asset::upload_token)
        .route("POST /pages/assets/check-missing", asset::check_missing)
        .route("POST /pages/assets/upload", asset::upload)
        .route("POST /pages/assets/upsert-hashes", asset::upsert_hashes)
}
