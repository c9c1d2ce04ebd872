//! The resource type of Neon's databases.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    Resource, Result, Value,
};
use iac_http::Request;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::branch::NeonBranch;
use super::client::{self, Neon, Operation, Operations};

/// A database of one branch.
#[derive(Debug)]
pub(crate) struct NeonDatabase;

/// Inputs of a [`NeonDatabase`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = NeonDatabase)]
pub(crate) struct NeonDatabaseInputs {
    /// The branch that it is in.
    #[field(replace)]
    pub(crate) branch: Id<NeonBranch>,
    /// The name, unique in the branch. A rename would cut its clients off, so it replaces.
    #[field(replace)]
    pub(crate) name: String,
    /// The role that owns it.
    pub(crate) owner: String,
}

/// Outputs of a [`NeonDatabase`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct NeonDatabaseOutputs {
    /// The name.
    #[field(stable)]
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Body {
    name: String,
    owner_name: String,
}

#[derive(Deserialize)]
struct Answer {
    database: Body,
    #[serde(default)]
    operations: Vec<Operation>,
}

#[async_trait]
impl Resource for NeonDatabase {
    const TYPE: &'static str = "neon:database";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const HOLDS_DATA: bool = true;
    type Provider = Neon;
    type Inputs = NeonDatabaseInputs;
    type Outputs = NeonDatabaseOutputs;

    async fn create(cx: &Cx<'_, Neon>, inputs: NeonDatabaseInputs) -> Result<Created<Self>> {
        let [project, branch] = client::parts(inputs.branch.as_str())?;
        let request = cx.client().http(cx).post("/projects/{project}/branches/{branch}/databases");
        let request = request.segment("project", project).segment("branch", branch);
        let body = json!({ "database": { "name": inputs.name, "owner_name": inputs.owner } });
        let made: Answer = request.json_body(&body).send().await?.into_body();
        let id = Id::new(format!("{}/{}", inputs.branch.as_str(), made.database.name));
        cx.checkpoint(&id).await?;
        client::settled(cx, project, &made.operations).await?;
        Ok(Created::new(id, NeonDatabaseOutputs { name: made.database.name }))
    }

    async fn read(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let [project, branch, _] = client::parts(id.as_str())?;
        let found = client::if_found(at(cx.client().http(cx).get(PATH), id)?.send::<Answer>().await)?;
        let Some(Answer { database, .. }) = found else { return Ok(None) };
        client::settled(cx, project, &[]).await?;
        let branch = Id::new(format!("{project}/{branch}"));
        let outputs = NeonDatabaseOutputs { name: database.name.clone() };
        let inputs = NeonDatabaseInputs { branch, name: database.name, owner: database.owner_name };
        Ok(Some(Observed::new(id.clone(), inputs, outputs)))
    }

    async fn update(cx: &Cx<'_, Neon>, id: &Id<Self>, change: Change<Self>) -> Result<NeonDatabaseOutputs> {
        let [project, _, _] = client::parts(id.as_str())?;
        let body = json!({ "database": { "owner_name": change.new.owner } });
        let request = at(cx.client().http(cx).patch(PATH), id)?.json_body(&body);
        let changed: Answer = request.send().await?.into_body();
        client::settled(cx, project, &changed.operations).await?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<()> {
        let [project, _, _] = client::parts(id.as_str())?;
        let request = at(cx.client().http(cx).delete(PATH), id)?;
        match client::if_found(request.send::<Operations>().await)? {
            Some(begun) => client::settled(cx, project, &begun.operations).await,
            None => Ok(()),
        }
    }

    async fn list(_: &Cx<'_, Neon>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "the API lists the databases of one branch only"))
    }

    async fn find(cx: &Cx<'_, Neon>, inputs: &NeonDatabaseInputs) -> Result<Vec<Id<Self>>> {
        let id = Id::new(format!("{}/{}", inputs.branch.as_str(), inputs.name));
        let found = client::if_found(at(cx.client().http(cx).get(PATH), &id)?.send::<Answer>().await)?;
        Ok(found.map(|_| id).into_iter().collect())
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

const PATH: &str = "/projects/{project}/branches/{branch}/databases/{database}";

/// The request with the parts of the id in its path.
fn at(request: Request, id: &Id<NeonDatabase>) -> Result<Request> {
    let [project, branch, database] = client::parts(id.as_str())?;
    Ok(request.segment("project", project).segment("branch", branch).segment("database", database))
}
