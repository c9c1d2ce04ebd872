//! The resource type of Neon's projects. Knows nothing of what is in them.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, Fault, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery, Resource,
    Result, Value,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{self, Neon};
use super::listing::{Answer, Body, listed};
use super::marked;

/// Pages that a search reads at most.
const PAGES_MAX: usize = 100;

/// A project: what branches, and with them databases, are in. It has a branch `main` from the beginning.
#[derive(Debug)]
pub(crate) struct NeonProject;

/// Inputs of a [`NeonProject`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = NeonProject)]
pub(crate) struct NeonProjectInputs {
    /// The name for people, up to 27 characters: the marker takes the others.
    pub(crate) name: String,
    /// Where it runs, for example `aws-us-west-2`.
    #[field(replace)]
    pub(crate) region: String,
    /// The version of Postgres.
    #[field(replace)]
    pub(crate) pg_version: u32,
}

/// Outputs of a [`NeonProject`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct NeonProjectOutputs {
    /// The name for people.
    pub(crate) name: String,
}

#[async_trait]
impl Resource for NeonProject {
    const TYPE: &'static str = "neon:project";
    const RECOVERY: Recovery = Recovery::Label;
    const HOLDS_DATA: bool = true;
    type Provider = Neon;
    type Inputs = NeonProjectInputs;
    type Outputs = NeonProjectOutputs;

    async fn create(cx: &Cx<'_, Neon>, inputs: NeonProjectInputs) -> Result<Created<Self>> {
        let name = marked::with(cx.marker(), &inputs.name);
        let body = json!({ "project": {
            "name": name, "region_id": inputs.region, "pg_version": inputs.pg_version,
        } });
        // The answer has the password of the first role.
        let request = cx.client().http(cx).post("/projects").json_body(&body).sensitive_response();
        let made: Answer = request.send().await?.into_body();
        let id = Id::new(made.project.id.as_str());
        cx.checkpoint(&id).await?;
        client::settled(cx, id.as_str(), &made.operations).await?;
        Ok(Created::new(id, NeonProjectOutputs { name: inputs.name }))
    }

    async fn read(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let Some(body) = get(cx, id).await? else { return Ok(None) };
        client::settled(cx, id.as_str(), &[]).await?;
        Ok(Some(observed(body)))
    }

    async fn update(cx: &Cx<'_, Neon>, id: &Id<Self>, change: Change<Self>) -> Result<NeonProjectOutputs> {
        // The marker stays as it was made.
        let now = get(cx, id).await?.map(|body| body.name).unwrap_or_default();
        let name = match now.strip_prefix(marked::split(&now).0) {
            Some(marker) => format!("{}{marker}", change.new.name),
            None => change.new.name.clone(),
        };
        let request = cx.client().http(cx).patch("/projects/{project}").segment("project", id);
        request.json_body(&json!({ "project": { "name": name } })).send_empty().await?;
        client::settled(cx, id.as_str(), &[]).await?;
        Ok(NeonProjectOutputs { name: change.new.name })
    }

    async fn delete(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<()> {
        let request = cx.client().http(cx).delete("/projects/{project}").segment("project", id);
        client::if_found(request.send_empty().await).map(drop)
    }

    async fn list(cx: &Cx<'_, Neon>, page: PageToken) -> Result<Page<Self>> {
        let (projects, next) = listed(cx, page.0, None).await?;
        Ok(Page::new(projects.into_iter().map(observed).collect(), next.map(|next| PageToken(Some(next)))))
    }

    async fn find(cx: &Cx<'_, Neon>, _: &NeonProjectInputs) -> Result<Vec<Id<Self>>> {
        let token = cx.marker().token();
        let (mut found, mut next) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let (projects, after) = listed(cx, next, Some(token)).await?;
            let ours = projects.into_iter().filter(|body| marked::split(&body.name).1 == Some(token));
            found.extend(ours.map(|body| Id::new(body.id)));
            match after {
                Some(after) => next = Some(after),
                None => return Ok(found),
            }
        }
        Err(Error::internal(format!("the account has more than {PAGES_MAX} pages of projects")))
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let is_long = |name: &str| name.is_empty() || name.chars().count() > marked::NAME_LENGTH_MAX;
        let name = inputs.get("name").as_str().filter(|name| is_long(name));
        let fault = |_| Fault::new("name", format!("must have 1 to {} characters", marked::NAME_LENGTH_MAX));
        name.map(fault).into_iter().collect()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        // A project of the free plan; what other plans bill is use, which no input tells.
        Cost::Free
    }
}

async fn get(cx: &Cx<'_, Neon>, id: &Id<NeonProject>) -> Result<Option<Body>> {
    let request = cx.client().http(cx).get("/projects/{project}").segment("project", id);
    Ok(client::if_found(request.send::<Answer>().await)?.map(|answer| answer.project))
}

fn observed(body: Body) -> Observed<NeonProject> {
    let name = marked::split(&body.name).0.to_owned();
    let inputs =
        NeonProjectInputs { name: name.clone(), region: body.region_id, pg_version: body.pg_version };
    Observed::new(Id::new(body.id), inputs, NeonProjectOutputs { name })
}
