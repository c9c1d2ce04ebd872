//! Owns what tests ask of a project and do to it behind the API's back. Knows no HTTP.
use super::certificate::Certificate;
use super::cloud::{BASE_PATH, HetznerSim};
use super::firewall::Firewall;
use super::floating_ip::FloatingIp;
use super::image::Image;
use super::kind::Kind;
use super::label::Labels;
use super::load_balancer::LoadBalancer;
use super::network::Network;
use super::placement_group::PlacementGroup;
use super::primary_ip::{self, PrimaryIp};
use super::relations;
use super::resource::Resource;
use super::routes::{PATHS, ROUTER};
use super::server::Server;
use super::ssh_key::SshKey;
use super::volume::Volume;
use super::zone::Zone;
use iac_testkit::sim::{Method, SimRequest, SimResponse};
use serde_json::Value;
use std::collections::BTreeMap;

/// One object of a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct InventoryItem {
    /// The object's type.
    pub kind: Kind,
    /// The object's id.
    pub id: u64,
    /// The object's name.
    pub name: String,
    /// The object's labels.
    pub labels: BTreeMap<String, String>,
}

impl HetznerSim {
    /// All objects of the project, sorted by type and id; no catalogue, no actions. A server whose
    /// deletion is running is not among them, what still holds on to it is.
    ///
    /// ```
    /// use iac_hetzner::sim::HetznerSim;
    /// use iac_testkit::sim::Method;
    /// use serde_json::json;
    ///
    /// let mut cloud = HetznerSim::default();
    /// let network = json!({ "name": "backend", "ip_range": "10.0.0.0/16", "labels": { "a": "b" } });
    /// let answer = cloud.call(Method::POST, "/networks", Some(&network));
    /// assert_eq!(answer.status.as_u16(), 201);
    /// let inventory = cloud.inventory();
    /// assert_eq!(inventory[0].name, "backend");
    /// assert_eq!(inventory[0].labels["a"], "b");
    /// ```
    pub fn inventory(&self) -> Vec<InventoryItem> {
        let mut items = Vec::new();
        self.list_into::<Certificate>(&mut items);
        self.list_into::<Firewall>(&mut items);
        self.list_into::<FloatingIp>(&mut items);
        self.list_into::<Image>(&mut items);
        self.list_into::<LoadBalancer>(&mut items);
        self.list_into::<Network>(&mut items);
        self.list_into::<PlacementGroup>(&mut items);
        self.list_into::<PrimaryIp>(&mut items);
        self.list_into::<Server>(&mut items);
        self.list_into::<SshKey>(&mut items);
        self.list_into::<Volume>(&mut items);
        self.list_into::<Zone>(&mut items);
        items.sort();
        items
    }

    fn list_into<T: Resource>(&self, items: &mut Vec<InventoryItem>) {
        items.extend(self.visible::<T>().map(|object| {
            let meta = object.meta();
            InventoryItem { kind: T::KIND, id: meta.id, name: meta.name.clone(), labels: meta.labels.clone() }
        }));
    }

    /// How many objects of a type there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.inventory().iter().filter(|item| item.kind == kind).count()
    }

    /// The id of the object of this type and name.
    pub fn id_of(&self, kind: Kind, name: &str) -> Option<u64> {
        self.inventory().into_iter().find(|item| item.kind == kind && item.name == name).map(|item| item.id)
    }

    /// The object as `GET /<collection>/<id>` shows it, without counting as a read of its actions;
    /// none when there is no such object.
    pub fn object(&mut self, kind: Kind, id: u64) -> Option<Value> {
        let path = format!("{BASE_PATH}/{}/{id}", kind.collection());
        let request = SimRequest::new(Method::GET, &path).at(self.now);
        let response = ROUTER.dispatch(self, &request).ok()?;
        let body = response.body.as_json()?;
        body.get(kind.singular()).cloned()
    }

    /// Another user of the project: a request below the base path such as `/servers/1`, without
    /// token, rate limit and faults, at the moment of the last request.
    pub fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> SimResponse {
        let mut request = SimRequest::new(method, &format!("{BASE_PATH}{path}")).at(self.now);
        if let Some(body) = body {
            request = request.with_json(body);
        }
        if PATHS.dispatch(&mut (), &request).is_err() {
            return super::error::unknown_path();
        }
        ROUTER.dispatch(self, &request).unwrap_or_else(|_| super::error::unknown_path())
    }

    /// Ends every running action now, with its effects.
    pub fn finish_actions(&mut self) {
        while !self.state.running.is_empty() {
            for id in self.state.running.clone() {
                self.finish_now(id);
            }
        }
    }

    /// Makes the next action of a command, such as `create_server`, end in error.
    pub fn fail_next_action(
        &mut self,
        command: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.failures.push((command.into(), code.into(), message.into()));
    }

    /// Drift: makes an object vanish at once, whatever protects or uses it, and lets everything
    /// else go of it. False when there is no such object.
    pub fn vanish(&mut self, kind: Kind, id: u64) -> bool {
        let state = &mut self.state;
        match kind {
            Kind::Firewall => state.firewalls.remove(&id).is_some(),
            Kind::Image => state.images.remove(&id).is_some(),
            Kind::Network => {
                let was_there = state.networks.remove(&id).is_some();
                relations::forget_network(state, id);
                was_there
            }
            Kind::PlacementGroup => {
                for server in state.servers.values_mut() {
                    server.placement_group = server.placement_group.filter(|group| *group != id);
                }
                state.placement_groups.remove(&id).is_some()
            }
            Kind::PrimaryIp => state.primary_ips.remove(&id).is_some(),
            Kind::Server => {
                let was_there = state.servers.remove(&id).is_some();
                relations::forget_server(state, id);
                primary_ip::release_all(state, id);
                was_there
            }
            Kind::SshKey => state.ssh_keys.remove(&id).is_some(),
            Kind::Volume => state.volumes.remove(&id).is_some(),
            _ => relations::vanish(state, kind, id),
        }
    }

    /// Drift: renames an object, whether or not the name is taken. False when there is none.
    pub fn rename(&mut self, kind: Kind, id: u64, name: impl Into<String>) -> bool {
        let name = name.into();
        relations::with_meta(&mut self.state, kind, id, |meta| meta.name = name)
    }

    /// Drift: replaces an object's labels. False when there is none.
    pub fn set_labels(
        &mut self,
        kind: Kind,
        id: u64,
        labels: impl IntoIterator<Item = (String, String)>,
    ) -> bool {
        let labels: Labels = labels.into_iter().collect();
        relations::with_meta(&mut self.state, kind, id, |meta| meta.labels = labels)
    }
}
