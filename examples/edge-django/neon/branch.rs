//! The resource type of Neon's branches, each with the endpoint that clients connect to.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    Resource, Result, Value,
};
use iac_http::Request;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{self, Neon, Operation};
use super::project::NeonProject;

/// A branch: a copy of the project's data that goes its own way, with an endpoint for reading and writing.
#[derive(Debug)]
pub(crate) struct NeonBranch;

/// Inputs of a [`NeonBranch`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = NeonBranch)]
pub(crate) struct NeonBranchInputs {
    /// The project that it is in.
    #[field(replace)]
    pub(crate) project: Id<NeonProject>,
    /// The name, unique in the project. Renames in place.
    pub(crate) name: String,
}

/// Outputs of a [`NeonBranch`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct NeonBranchOutputs {
    /// The host name of its endpoint.
    #[field(stable)]
    pub(crate) host: String,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Endpoint {
    host: String,
}

#[derive(Deserialize)]
struct Answer {
    branch: Body,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Branches {
    branches: Vec<Body>,
}

#[derive(Deserialize)]
struct Endpoints {
    endpoints: Vec<Endpoint>,
}

#[async_trait]
impl Resource for NeonBranch {
    const TYPE: &'static str = "neon:branch";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const HOLDS_DATA: bool = true;
    type Provider = Neon;
    type Inputs = NeonBranchInputs;
    type Outputs = NeonBranchOutputs;

    async fn create(cx: &Cx<'_, Neon>, inputs: NeonBranchInputs) -> Result<Created<Self>> {
        let project = inputs.project.as_str();
        let body = json!({ "branch": { "name": inputs.name }, "endpoints": [{ "type": "read_write" }] });
        let request = cx.client().http(cx).post("/projects/{project}/branches").segment("project", project);
        let made: Answer = request.json_body(&body).sensitive_response().send().await?.into_body();
        let id = Id::new(format!("{project}/{}", made.branch.id));
        cx.checkpoint(&id).await?;
        client::settled(cx, project, &made.operations).await?;
        Ok(Created::new(id, outputs(made.endpoints)?))
    }

    async fn read(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let [project, _] = client::parts(id.as_str())?;
        let Some(Answer { branch, .. }) =
            client::if_found(at(cx.client().http(cx).get(PATH), id)?.send().await)?
        else {
            return Ok(None);
        };
        client::settled(cx, project, &[]).await?;
        let request = at(cx.client().http(cx).get(format!("{PATH}/endpoints")), id)?;
        let Some(Endpoints { endpoints }) = client::if_found(request.send().await)? else { return Ok(None) };
        let inputs = NeonBranchInputs { project: Id::new(project), name: branch.name };
        Ok(Some(Observed::new(id.clone(), inputs, outputs(endpoints)?)))
    }

    async fn update(cx: &Cx<'_, Neon>, id: &Id<Self>, change: Change<Self>) -> Result<NeonBranchOutputs> {
        let request = at(cx.client().http(cx).patch(PATH), id)?;
        request.json_body(&json!({ "branch": { "name": change.new.name } })).send_empty().await?;
        client::settled(cx, change.new.project.as_str(), &[]).await?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<()> {
        let [project, _] = client::parts(id.as_str())?;
        let request = at(cx.client().http(cx).delete(PATH), id)?;
        match client::if_found(request.send::<client::Operations>().await)? {
            Some(begun) => client::settled(cx, project, &begun.operations).await,
            None => Ok(()),
        }
    }

    async fn list(_: &Cx<'_, Neon>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "the API lists the branches of one project only"))
    }

    async fn find(cx: &Cx<'_, Neon>, inputs: &NeonBranchInputs) -> Result<Vec<Id<Self>>> {
        let project = inputs.project.as_str();
        let request = cx.client().http(cx).get("/projects/{project}/branches").segment("project", project);
        let found = client::if_found(request.query(&[("search", &inputs.name)]).send::<Branches>().await)?;
        let branches = found.into_iter().flat_map(|found| found.branches);
        let same = branches.filter(|branch| branch.name == inputs.name);
        Ok(same.map(|branch| Id::new(format!("{project}/{}", branch.id))).collect())
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

const PATH: &str = "/projects/{project}/branches/{branch}";

/// The request with the parts of the id in its path.
fn at(request: Request, id: &Id<NeonBranch>) -> Result<Request> {
    let [project, branch] = client::parts(id.as_str())?;
    Ok(request.segment("project", project).segment("branch", branch))
}

fn outputs(endpoints: Vec<Endpoint>) -> Result<NeonBranchOutputs> {
    let first = endpoints.into_iter().next();
    let endpoint = first.ok_or_else(|| Error::internal("the branch has no endpoint"))?;
    Ok(NeonBranchOutputs { host: endpoint.host })
}
