//! A small Neon of this program's own, over real HTTP: as strict as the real one in what the provider uses.
//! A request that begins operations locks its project until they were looked at twice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iac_testkit::sim::{Cloud, Params, Router, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fake_wire::{body, host, name, password, refusal, shown, text};

/// The path below which every route lies.
pub(crate) const BASE_PATH: &str = "/api/v2";
/// How many looks an operation takes.
const LOOKS: u32 = 2;

type Answer = Result<SimResponse, SimResponse>;

/// A simulated account.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct NeonSim {
    projects: BTreeMap<String, Project>,
    numbers: u64,
    /// The only key that is taken; any, if there is none.
    #[serde(skip)]
    key: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) pg_version: u64,
    branches: BTreeMap<String, Branch>,
    operations: Vec<Operation>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Branch {
    name: String,
    roles: Vec<String>,
    /// Owners by name of the database.
    databases: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Operation {
    id: String,
    action: String,
    looks_left: u32,
}

static ROUTER: LazyLock<Router<NeonSim>> = LazyLock::new(|| {
    const BRANCH: &str = "/projects/{project}/branches/{branch}";
    Router::under(BASE_PATH)
        .route("GET /users/me", |_, _, _| Ok(SimResponse::json(200, json!({ "id": "simulated-user" }))))
        .route("GET /projects", NeonSim::list_projects)
        .route("POST /projects", NeonSim::create_project)
        .route("GET /projects/{project}", NeonSim::get_project)
        .route("PATCH /projects/{project}", NeonSim::rename_project)
        .route("DELETE /projects/{project}", NeonSim::delete_project)
        .route("GET /projects/{project}/operations", NeonSim::list_operations)
        .route("GET /projects/{project}/branches", NeonSim::list_branches)
        .route("POST /projects/{project}/branches", NeonSim::create_branch)
        .route(&format!("GET {BRANCH}"), NeonSim::get_branch)
        .route(&format!("PATCH {BRANCH}"), NeonSim::rename_branch)
        .route(&format!("DELETE {BRANCH}"), NeonSim::delete_branch)
        .route(&format!("GET {BRANCH}/endpoints"), NeonSim::list_endpoints)
        .route(&format!("POST {BRANCH}/roles"), NeonSim::create_role)
        .route(&format!("GET {BRANCH}/roles/{{role}}"), NeonSim::get_role)
        .route(&format!("DELETE {BRANCH}/roles/{{role}}"), NeonSim::delete_role)
        .route(&format!("GET {BRANCH}/roles/{{role}}/reveal_password"), NeonSim::reveal_password)
        .route(&format!("POST {BRANCH}/databases"), NeonSim::create_database)
        .route(&format!("GET {BRANCH}/databases/{{database}}"), NeonSim::get_database)
        .route(&format!("PATCH {BRANCH}/databases/{{database}}"), NeonSim::change_database)
        .route(&format!("DELETE {BRANCH}/databases/{{database}}"), NeonSim::delete_database)
});

impl Cloud for NeonSim {
    fn name(&self) -> &'static str {
        "neon"
    }

    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        let given = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        if given.is_none() || self.key.as_deref().is_some_and(|key| given != Some(key)) {
            return refusal(401, "", "supplied credentials do not pass authentication");
        }
        let answer = ROUTER.dispatch(self, request);
        answer.unwrap_or_else(|_| refusal(404, "", "this route does not exist"))
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).expect("the state has only string keys")
    }

    fn load(&mut self, saved: Value) -> Result<(), String> {
        let key = self.key.take();
        *self = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        self.key = key;
        Ok(())
    }
}

impl NeonSim {
    /// Takes this key alone.
    #[cfg_attr(not(test), expect(dead_code, reason = "for tests; a run takes any key"))]
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Everything that a stack can own, as type, id and name. Branches that come with projects are left out.
    #[cfg_attr(not(test), expect(dead_code, reason = "for tests"))]
    pub(crate) fn inventory(&self) -> Vec<(&'static str, String, String)> {
        let mut found = Vec::new();
        for (project_id, project) in &self.projects {
            found.push(("neon:project", project_id.clone(), project.name.clone()));
            for (id, branch) in project.branches.iter().filter(|(_, branch)| branch.name != "main") {
                let id = format!("{project_id}/{id}");
                found.push(("neon:branch", id.clone(), branch.name.clone()));
                let roles = branch.roles.iter().map(|role| ("neon:role", role));
                let databases = branch.databases.keys().map(|database| ("neon:database", database));
                let parts = roles.chain(databases);
                found.extend(parts.map(|(kind, name)| (kind, format!("{id}/{name}"), name.clone())));
            }
        }
        found
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn project(&mut self, params: &Params) -> Result<&mut Project, SimResponse> {
        let found = params.get("project").and_then(|id| self.projects.get_mut(id));
        found.ok_or_else(|| refusal(404, "", "project not found"))
    }

    /// The project for a change: one at a time.
    fn unlocked(&mut self, params: &Params) -> Result<&mut Project, SimResponse> {
        let project = self.project(params)?;
        if project.operations.iter().any(|operation| operation.looks_left > 0) {
            return Err(refusal(
                423,
                "",
                "project already has running operations, scheduling of new ones is prohibited",
            ));
        }
        Ok(project)
    }

    fn branch(&mut self, params: &Params) -> Result<&mut Branch, SimResponse> {
        let id = params.get("branch").unwrap_or_default().to_owned();
        self.project(params)?.branches.get_mut(&id).ok_or_else(|| refusal(404, "", "branch not found"))
    }

    fn begin(&mut self, params: &Params, action: &str) -> Result<Value, SimResponse> {
        let id = format!("operation-{}", self.number());
        let project = self.project(params)?;
        let operation = Operation { id, action: action.to_owned(), looks_left: LOOKS };
        let shown = json!([{ "id": operation.id, "action": action, "status": "scheduling" }]);
        project.operations.push(operation);
        Ok(shown)
    }

    fn list_projects(&mut self, request: &SimRequest, _: &Params) -> Answer {
        let limit: usize = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(10);
        let after = request.query("cursor").unwrap_or_default();
        let search = request.query("search").unwrap_or_default();
        let fits = |(id, project): &(&String, &Project)| id.as_str() > after && project.name.contains(search);
        let found: Vec<_> = self.projects.iter().filter(fits).take(limit).collect();
        let cursor = found.last().map(|(id, _)| id.as_str());
        let shown: Vec<Value> = found.iter().map(|(id, project)| shown(id, project)).collect();
        Ok(SimResponse::json(200, json!({ "projects": shown, "pagination": { "cursor": cursor } })))
    }

    fn create_project(&mut self, request: &SimRequest, _: &Params) -> Answer {
        let wanted = body(request, "project", &["name", "region_id", "pg_version"], &[])?;
        let region = text(&wanted, "region_id")?;
        if !region.starts_with("aws-") && !region.starts_with("azure-") {
            return Err(refusal(400, "", "region_id: region is not supported"));
        }
        let pg_version = wanted["pg_version"].as_u64().filter(|version| (14..=18).contains(version));
        let pg_version = pg_version.ok_or_else(|| refusal(400, "", "pg_version: must be 14 to 18"))?;
        let number = self.number();
        let main = Branch { name: "main".to_owned(), roles: Vec::new(), databases: BTreeMap::new() };
        let project = Project {
            name: name(&wanted)?,
            region,
            pg_version,
            branches: BTreeMap::from([(format!("br-main-{number}"), main)]),
            operations: vec![Operation {
                id: format!("operation-0-{number}"),
                action: "create_timeline".to_owned(),
                looks_left: LOOKS,
            }],
        };
        let id = format!("quiet-field-{number:08}");
        let operations = json!([{ "id": format!("operation-0-{number}"), "action": "create_timeline", "status": "running" }]);
        let answer = json!({ "project": shown(&id, &project), "operations": operations });
        self.projects.insert(id, project);
        Ok(SimResponse::json(201, answer))
    }

    fn get_project(&mut self, _: &SimRequest, params: &Params) -> Answer {
        let id = params.get("project").unwrap_or_default().to_owned();
        Ok(SimResponse::json(200, json!({ "project": shown(&id, self.project(params)?) })))
    }

    fn rename_project(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let wanted = name(&body(request, "project", &["name"], &[])?)?;
        self.unlocked(params)?.name = wanted;
        self.get_project(request, params)
    }

    fn delete_project(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let answer = self.get_project(request, params)?;
        self.projects.remove(params.get("project").unwrap_or_default());
        Ok(answer)
    }

    fn list_operations(&mut self, _: &SimRequest, params: &Params) -> Answer {
        let project = self.project(params)?;
        for operation in &mut project.operations {
            operation.looks_left = operation.looks_left.saturating_sub(1);
        }
        let shown: Vec<Value> = project
            .operations
            .iter()
            .rev()
            .map(|operation| {
                let status = if operation.looks_left == 0 { "finished" } else { "running" };
                json!({ "id": operation.id, "action": operation.action, "status": status })
            })
            .collect();
        Ok(SimResponse::json(200, json!({ "operations": shown })))
    }

    fn list_branches(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let search = request.query("search").unwrap_or_default();
        let branches =
            self.project(params)?.branches.iter().filter(|(_, branch)| branch.name.contains(search));
        let shown: Vec<Value> =
            branches.map(|(id, branch)| json!({ "id": id, "name": branch.name })).collect();
        Ok(SimResponse::json(200, json!({ "branches": shown })))
    }

    fn create_branch(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let wanted = name(&body(request, "branch", &["name"], &["endpoints"])?)?;
        let id = format!("br-{:08}", self.number());
        let project = self.unlocked(params)?;
        if project.branches.values().any(|branch| branch.name == wanted) {
            return Err(refusal(
                409,
                "BRANCH_ALREADY_EXISTS",
                "branch with the provided name already exists",
            ));
        }
        let branch = Branch { name: wanted.clone(), roles: Vec::new(), databases: BTreeMap::new() };
        project.branches.insert(id.clone(), branch);
        let operations = self.begin(params, "create_branch")?;
        let answer = json!({
            "branch": { "id": id, "name": wanted }, "endpoints": [{ "host": host(&id) }], "operations": operations,
        });
        Ok(SimResponse::json(201, answer))
    }

    fn get_branch(&mut self, _: &SimRequest, params: &Params) -> Answer {
        let branch = self.branch(params)?;
        Ok(SimResponse::json(200, json!({ "branch": { "id": params.get("branch"), "name": branch.name } })))
    }

    fn rename_branch(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let wanted = name(&body(request, "branch", &["name"], &[])?)?;
        self.unlocked(params)?;
        self.branch(params)?.name = wanted;
        self.get_branch(request, params)
    }

    fn delete_branch(&mut self, _: &SimRequest, params: &Params) -> Answer {
        self.branch(params)?;
        let id = params.get("branch").unwrap_or_default().to_owned();
        self.unlocked(params)?.branches.remove(&id);
        Ok(SimResponse::json(200, json!({ "operations": self.begin(params, "delete_timeline")? })))
    }

    fn list_endpoints(&mut self, _: &SimRequest, params: &Params) -> Answer {
        self.branch(params)?;
        let host = host(params.get("branch").unwrap_or_default());
        Ok(SimResponse::json(200, json!({ "endpoints": [{ "host": host }] })))
    }

    fn create_role(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let wanted = name(&body(request, "role", &["name"], &[])?)?;
        self.branch(params)?;
        self.unlocked(params)?;
        let branch = self.branch(params)?;
        if branch.roles.contains(&wanted) {
            return Err(refusal(409, "ROLE_ALREADY_EXISTS", "role already exists"));
        }
        branch.roles.push(wanted.clone());
        let role = json!({ "name": wanted, "password": password(params, &wanted) });
        Ok(SimResponse::json(201, json!({ "role": role, "operations": self.begin(params, "apply_config")? })))
    }

    fn role(&mut self, params: &Params) -> Result<String, SimResponse> {
        let name = params.get("role").unwrap_or_default().to_owned();
        let found = self.branch(params)?.roles.contains(&name);
        found.then_some(name).ok_or_else(|| refusal(404, "", "role not found"))
    }

    fn get_role(&mut self, _: &SimRequest, params: &Params) -> Answer {
        Ok(SimResponse::json(200, json!({ "role": { "name": self.role(params)? } })))
    }

    fn reveal_password(&mut self, _: &SimRequest, params: &Params) -> Answer {
        let role = self.role(params)?;
        Ok(SimResponse::json(200, json!({ "password": password(params, &role) })))
    }

    fn delete_role(&mut self, _: &SimRequest, params: &Params) -> Answer {
        let role = self.role(params)?;
        self.unlocked(params)?;
        let branch = self.branch(params)?;
        if branch.databases.values().any(|owner| *owner == role) {
            return Err(refusal(422, "", "role owns databases"));
        }
        branch.roles.retain(|other| *other != role);
        Ok(SimResponse::json(200, json!({ "operations": self.begin(params, "apply_config")? })))
    }

    fn create_database(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let wanted = body(request, "database", &["name", "owner_name"], &[])?;
        let (name, owner) = (name(&wanted)?, text(&wanted, "owner_name")?);
        self.branch(params)?;
        self.unlocked(params)?;
        let branch = self.branch(params)?;
        if branch.databases.contains_key(&name) {
            return Err(refusal(409, "DATABASE_ALREADY_EXISTS", "database already exists"));
        }
        if !branch.roles.contains(&owner) {
            return Err(refusal(404, "", "role not found"));
        }
        branch.databases.insert(name.clone(), owner.clone());
        let database = json!({ "name": name, "owner_name": owner });
        let operations = self.begin(params, "apply_config")?;
        Ok(SimResponse::json(201, json!({ "database": database, "operations": operations })))
    }

    fn database(&mut self, params: &Params) -> Result<&mut String, SimResponse> {
        let name = params.get("database").unwrap_or_default().to_owned();
        self.branch(params)?.databases.get_mut(&name).ok_or_else(|| refusal(404, "", "database not found"))
    }

    fn get_database(&mut self, _: &SimRequest, params: &Params) -> Answer {
        let owner = self.database(params)?.clone();
        let database = json!({ "name": params.get("database"), "owner_name": owner });
        Ok(SimResponse::json(200, json!({ "database": database })))
    }

    fn change_database(&mut self, request: &SimRequest, params: &Params) -> Answer {
        let owner = text(&body(request, "database", &["owner_name"], &[])?, "owner_name")?;
        self.database(params)?;
        self.unlocked(params)?;
        if !self.branch(params)?.roles.contains(&owner) {
            return Err(refusal(404, "", "role not found"));
        }
        *self.database(params)? = owner.clone();
        let database = json!({ "name": params.get("database"), "owner_name": owner });
        let operations = self.begin(params, "apply_config")?;
        Ok(SimResponse::json(200, json!({ "database": database, "operations": operations })))
    }

    fn delete_database(&mut self, _: &SimRequest, params: &Params) -> Answer {
        self.database(params)?;
        self.unlocked(params)?;
        let name = params.get("database").unwrap_or_default().to_owned();
        self.branch(params)?.databases.remove(&name);
        Ok(SimResponse::json(200, json!({ "operations": self.begin(params, "apply_config")? })))
    }
}
