//! What other tools' resources about Pages are here. Knows nothing of files or of requests.

use iac_core::provider::{ForeignClaim, ForeignObject};

use super::domain::PagesDomain;
use super::project::PagesProject;
use crate::foreign::claim;

pub(crate) fn project(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    let name = object.text("name");
    name.map(|name| claim::<PagesProject>(name.clone(), [("name", Some(name))])).into_iter().collect()
}

/// Version 5 of Terraform's provider calls the domain `name`, version 4 `domain`.
pub(crate) fn domain(object: &ForeignObject<'_>) -> Vec<ForeignClaim> {
    let domain = object.text("name").or_else(|| object.text("domain"));
    let (Some(project), Some(domain)) = (object.text("project_name"), domain) else { return Vec::new() };
    let id = format!("{project}/{domain}");
    vec![claim::<PagesDomain>(id, [("project", Some(project)), ("domain", Some(domain))])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_generations_are_known() {
        for attributes in [
            json!({ "project_name": "shop", "name": "www.example.com" }),
            json!({ "project_name": "shop", "domain": "www.example.com" }),
        ] {
            let claims = domain(&ForeignObject::new("x", &attributes, &[]));
            assert!(
                matches!(&claims[..], [ForeignClaim::Object { id, .. }] if id == "shop/www.example.com"),
                "{claims:?}"
            );
        }
        let claims = project(&ForeignObject::new("account/shop", &json!({ "name": "shop" }), &[]));
        assert!(matches!(&claims[..], [ForeignClaim::Object { id, .. }] if id == "shop"), "{claims:?}");
    }
}
