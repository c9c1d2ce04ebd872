//! The resource type of Neon's roles: users of Postgres in one branch, with passwords that Neon makes.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    Resource, Result, Secret, Value,
};
use iac_http::Request;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::branch::NeonBranch;
use super::client::{self, Neon, Operation};

/// A role of one branch.
#[derive(Debug)]
pub(crate) struct NeonRole;

/// Inputs of a [`NeonRole`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = NeonRole)]
pub(crate) struct NeonRoleInputs {
    /// The branch that it is in.
    #[field(replace)]
    pub(crate) branch: Id<NeonBranch>,
    /// The name, unique in the branch.
    #[field(replace)]
    pub(crate) name: String,
}

/// Outputs of a [`NeonRole`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct NeonRoleOutputs {
    /// The name.
    #[field(stable)]
    pub(crate) name: String,
    /// The password that Neon made.
    pub(crate) password: Secret<String>,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct Answer {
    role: Role,
    #[serde(default)]
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Revealed {
    password: String,
}

#[async_trait]
impl Resource for NeonRole {
    const TYPE: &'static str = "neon:role";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    type Provider = Neon;
    type Inputs = NeonRoleInputs;
    type Outputs = NeonRoleOutputs;

    async fn create(cx: &Cx<'_, Neon>, inputs: NeonRoleInputs) -> Result<Created<Self>> {
        let [project, branch] = client::parts(inputs.branch.as_str())?;
        let request = cx.client().http(cx).post("/projects/{project}/branches/{branch}/roles");
        let request = request.segment("project", project).segment("branch", branch);
        let request = request.json_body(&json!({ "role": { "name": inputs.name } })).sensitive_response();
        let made: Answer = request.send().await?.into_body();
        let id = Id::new(format!("{}/{}", inputs.branch.as_str(), made.role.name));
        cx.checkpoint(&id).await?;
        client::settled(cx, project, &made.operations).await?;
        let outputs = revealed(cx, &id).await?;
        Ok(Created::new(id, outputs.ok_or_else(|| Error::internal("the role went away as it was made"))?))
    }

    async fn read(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let [project, branch, _] = client::parts(id.as_str())?;
        let Some(Answer { role, .. }) =
            client::if_found(at(cx.client().http(cx).get(PATH), id)?.send().await)?
        else {
            return Ok(None);
        };
        client::settled(cx, project, &[]).await?;
        let branch = Id::new(format!("{project}/{branch}"));
        let inputs = NeonRoleInputs { branch, name: role.name };
        Ok(revealed(cx, id).await?.map(|outputs| Observed::new(id.clone(), inputs, outputs)))
    }

    async fn update(_: &Cx<'_, Neon>, _: &Id<Self>, change: Change<Self>) -> Result<NeonRoleOutputs> {
        // Every field replaces.
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Neon>, id: &Id<Self>) -> Result<()> {
        let [project, _, _] = client::parts(id.as_str())?;
        let request = at(cx.client().http(cx).delete(PATH), id)?.sensitive_response();
        match client::if_found(request.send::<client::Operations>().await)? {
            Some(begun) => client::settled(cx, project, &begun.operations).await,
            None => Ok(()),
        }
    }

    async fn list(_: &Cx<'_, Neon>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "the API lists the roles of one branch only"))
    }

    async fn find(cx: &Cx<'_, Neon>, inputs: &NeonRoleInputs) -> Result<Vec<Id<Self>>> {
        let id = Id::new(format!("{}/{}", inputs.branch.as_str(), inputs.name));
        let found = client::if_found(at(cx.client().http(cx).get(PATH), &id)?.send::<Answer>().await)?;
        Ok(found.map(|_| id).into_iter().collect())
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

const PATH: &str = "/projects/{project}/branches/{branch}/roles/{role}";

/// The request with the parts of the id in its path.
fn at(request: Request, id: &Id<NeonRole>) -> Result<Request> {
    let [project, branch, role] = client::parts(id.as_str())?;
    Ok(request.segment("project", project).segment("branch", branch).segment("role", role))
}

/// The outputs: name and password.
async fn revealed(cx: &Cx<'_, Neon>, id: &Id<NeonRole>) -> Result<Option<NeonRoleOutputs>> {
    let [_, _, name] = client::parts(id.as_str())?;
    let request = at(cx.client().http(cx).get(format!("{PATH}/reveal_password")), id)?.sensitive_response();
    let found = client::if_found(request.send::<Revealed>().await)?;
    Ok(found.map(|found| NeonRoleOutputs { name: name.to_owned(), password: Secret::new(found.password) }))
}
