//! Owns what all objects of a project share: id, name, labels, and the routes that follow from
//! them. Knows no single type.
use super::cloud::HetznerSim;
use super::error::{Answer, invalid_input, limit_exceeded, not_found, uniqueness};
use super::input::Input;
use super::kind::Kind;
use super::label::Labels;
use super::paging::{self, Entry};
use super::state::State;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const NAME_CHARACTERS_MAX: usize = 128;

/// The fields that every object has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) created: SimTime,
}

impl Meta {
    /// The fields as the API shows them.
    pub(crate) fn view(&self) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("id".to_owned(), json!(self.id));
        view.insert("name".to_owned(), json!(self.name));
        view.insert("labels".to_owned(), json!(self.labels));
        view.insert("created".to_owned(), json!(self.created.to_rfc3339()));
        view
    }

    /// These fields and `more`, which must be an object.
    pub(crate) fn view_with(&self, more: Value) -> Value {
        let mut view = self.view();
        if let Value::Object(more) = more {
            view.extend(more);
        }
        Value::Object(view)
    }
}

/// A type of object that the project keeps in a map of its own.
pub(crate) trait Resource: Sized + 'static {
    const KIND: Kind;

    fn meta(&self) -> &Meta;

    fn meta_mut(&mut self) -> &mut Meta;

    fn all(state: &State) -> &BTreeMap<u64, Self>;

    fn all_mut(state: &mut State) -> &mut BTreeMap<u64, Self>;

    /// The object as the API shows it.
    fn view(&self, sim: &HetznerSim) -> Value;

    /// False for one that is gone for clients while others still hold on to it.
    fn visible(&self) -> bool {
        true
    }
}

/// The part of `impl Resource` that is the same for every type: its kind, its field `meta` and the
/// project's map that it is kept in.
macro_rules! kept_in {
    ($kind:ident, $map:ident) => {
        const KIND: $crate::sim::kind::Kind = $crate::sim::kind::Kind::$kind;

        fn meta(&self) -> &$crate::sim::resource::Meta {
            &self.meta
        }

        fn meta_mut(&mut self) -> &mut $crate::sim::resource::Meta {
            &mut self.meta
        }

        fn all(state: &$crate::sim::state::State) -> &::std::collections::BTreeMap<u64, Self> {
            &state.$map
        }

        fn all_mut(state: &mut $crate::sim::state::State) -> &mut ::std::collections::BTreeMap<u64, Self> {
            &mut state.$map
        }
    };
}
pub(crate) use kept_in;

impl<T: Resource> Entry for &T {
    fn id(&self) -> u64 {
        self.meta().id
    }

    fn name(&self) -> &str {
        &self.meta().name
    }

    fn labels(&self) -> Option<&Labels> {
        Some(&self.meta().labels)
    }

    fn created(&self) -> SimTime {
        self.meta().created
    }
}

/// What a list of objects can be sorted by.
pub(crate) const SORTABLE: [&str; 3] = ["id", "name", "created"];

impl HetznerSim {
    /// All visible objects of a type, by id.
    pub(crate) fn visible<T: Resource>(&self) -> impl Iterator<Item = &T> {
        T::all(&self.state).values().filter(|object| object.visible())
    }

    /// The object with this id.
    pub(crate) fn find<T: Resource>(&self, id: u64) -> Result<&T, SimResponse> {
        let object = T::all(&self.state).get(&id).filter(|object| object.visible());
        object.ok_or_else(|| not_found(T::KIND.title(), id))
    }

    /// The object with this id, to be changed.
    pub(crate) fn find_mut<T: Resource>(&mut self, id: u64) -> Result<&mut T, SimResponse> {
        let object = T::all_mut(&mut self.state).get_mut(&id).filter(|object| object.visible());
        object.ok_or_else(|| not_found(T::KIND.title(), id))
    }

    /// The object that the path's `{id}` names.
    pub(crate) fn find_at<T: Resource>(&self, params: &Params) -> Result<&T, SimResponse> {
        match params.parse("id") {
            Some(id) => self.find(id),
            None => Err(not_found(T::KIND.title(), params.get("id").unwrap_or_default())),
        }
    }

    /// The id of the object that the path's `{id}` names, which exists.
    pub(crate) fn id_at<T: Resource>(&self, params: &Params) -> Result<u64, SimResponse> {
        self.find_at::<T>(params).map(|object| object.meta().id)
    }

    /// The object with this id or, failing that, this name.
    pub(crate) fn find_by_id_or_name<T: Resource>(&self, wanted: &str) -> Option<&T> {
        let by_id = wanted.parse().ok().and_then(|id: u64| self.find::<T>(id).ok());
        by_id.or_else(|| self.visible::<T>().find(|object| object.meta().name == wanted))
    }

    /// The common fields of a new object: a free name, valid labels, room in the quota.
    pub(crate) fn new_meta<T: Resource>(&mut self, input: &Input) -> Result<Meta, SimResponse> {
        let name = input.require("name", read_name(input)?)?;
        let labels = input.labels()?.unwrap_or_default();
        self.require_free_name::<T>(&name, None)?;
        self.require_quota::<T>(1)?;
        Ok(Meta { id: self.state.next_id(), name, labels, created: self.now })
    }

    /// Refuses a name that another object of the type has.
    pub(crate) fn require_free_name<T: Resource>(
        &self,
        name: &str,
        own_id: Option<u64>,
    ) -> Result<(), SimResponse> {
        let taken =
            self.visible::<T>().any(|object| object.meta().name == name && Some(object.meta().id) != own_id);
        if taken {
            return Err(uniqueness(format!("{} name is already used", T::KIND.title()), "name"));
        }
        Ok(())
    }

    /// Refuses when `more` objects would be too many.
    pub(crate) fn require_quota<T: Resource>(&self, more: usize) -> Result<(), SimResponse> {
        let Some(objects_max) = self.config.quotas.get(&T::KIND) else {
            return Ok(());
        };
        if self.visible::<T>().count() + more > *objects_max as usize {
            return Err(limit_exceeded(T::KIND));
        }
        Ok(())
    }

    /// Changes name and labels as the body of a PUT says.
    pub(crate) fn update_meta<T: Resource>(&mut self, id: u64, input: &Input) -> Result<(), SimResponse> {
        let name = read_name(input)?;
        let labels = input.labels()?;
        if let Some(name) = &name {
            self.require_free_name::<T>(name, Some(id))?;
        }
        let meta = self.find_mut::<T>(id)?.meta_mut();
        if let Some(name) = name {
            meta.name = name;
        }
        if let Some(labels) = labels {
            meta.labels = labels;
        }
        Ok(())
    }

    /// `{"ssh_key": {…}}` of an object that exists.
    pub(crate) fn show<T: Resource>(&self, status: u16, id: u64) -> Answer {
        let object = self.find::<T>(id)?;
        Ok(SimResponse::json(status, json!({ T::KIND.singular(): object.view(self) })))
    }
}

fn read_name(input: &Input) -> Result<Option<String>, SimResponse> {
    Ok(input.text_within("name", 1..=NAME_CHARACTERS_MAX)?.map(str::to_owned))
}

/// A name as hostnames are: letters, digits, hyphens and dots, with alphanumeric ends of labels.
pub(crate) fn require_hostname(name: &str) -> Result<(), SimResponse> {
    const HOSTNAME_CHARACTERS_MAX: usize = 253;
    const LABEL_CHARACTERS_MAX: usize = 63;
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let label = |label: &str| {
        let bytes = label.as_bytes();
        label.len() <= LABEL_CHARACTERS_MAX
            && alphanumeric(bytes.first())
            && alphanumeric(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    if name.len() <= HOSTNAME_CHARACTERS_MAX && name.split('.').all(label) {
        return Ok(());
    }
    Err(invalid_input("name", "must be a valid hostname as per RFC 1123"))
}

/// `GET /<collection>`.
pub(crate) fn list<T: Resource>(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let view = |object: &&T| object.view(sim);
    paging::answer(request, T::KIND.collection(), &SORTABLE, sim.visible::<T>(), view)
}

/// `GET /<collection>/{id}`.
pub(crate) fn get<T: Resource>(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<T>(params)?;
    sim.show::<T>(200, id)
}

/// `PUT /<collection>/{id}` where only name and labels can change.
pub(crate) fn update<T: Resource>(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<T>(params)?;
    let input = Input::read(request)?;
    sim.update_meta::<T>(id, &input)?;
    sim.show::<T>(200, id)
}
