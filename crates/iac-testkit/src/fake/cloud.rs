//! [`FakeCloud`]: the objects, the record of calls, and the controls of a test. Knows nothing of
//! the engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iac_core::{Error, ErrorKind, Marker, Result, Value};
use tokio::sync::watch;

use super::call::{Call, CallOp, Fault, Hook, Matcher, Moment, Verdict};
use super::gate::Gate;
use super::object::Object;
use super::provider::Fake;

/// Objects on one page of a listing, unless a test says otherwise.
const PAGE_SIZE_DEFAULT: usize = 50;
/// Calls of one provider at once, unless a test says otherwise.
const PARALLELISM_DEFAULT: usize = 10;

/// An in-memory cloud. Clones are the same cloud.
#[derive(Clone)]
pub struct FakeCloud {
    world: Arc<Mutex<World>>,
    hung: Arc<watch::Sender<usize>>,
}

struct World {
    account: String,
    objects: BTreeMap<String, Object>,
    numbers: BTreeMap<&'static str, u32>,
    catalogue: BTreeMap<String, String>,
    created: Vec<Object>,
    calls: Vec<Call>,
    faults: Vec<Fault>,
    gates: Vec<Gate>,
    hook: Option<Hook>,
    page_size: usize,
    parallelism_max: usize,
    hidden_finds: usize,
    keeps_needed: bool,
    in_flight: usize,
    in_flight_max: usize,
}

impl Default for FakeCloud {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for FakeCloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FakeCloud({} objects)", self.lock().objects.len())
    }
}

impl FakeCloud {
    /// An empty cloud with the account `account-1`.
    pub fn new() -> Self {
        let world = World {
            account: "account-1".into(),
            objects: BTreeMap::new(),
            numbers: BTreeMap::new(),
            catalogue: BTreeMap::new(),
            created: Vec::new(),
            calls: Vec::new(),
            faults: Vec::new(),
            gates: Vec::new(),
            hook: None,
            page_size: PAGE_SIZE_DEFAULT,
            parallelism_max: PARALLELISM_DEFAULT,
            hidden_finds: 0,
            keeps_needed: false,
            in_flight: 0,
            in_flight_max: 0,
        };
        Self { world: Arc::new(Mutex::new(world)), hung: Arc::new(watch::Sender::new(0)) }
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cloud of its own with the same account, objects, data and settings. Logs, failures, gates
    /// and hooks stay behind.
    #[must_use]
    pub fn fork(&self) -> Self {
        let fork = Self::new();
        {
            let (world, mut new) = (self.lock(), fork.lock());
            new.account.clone_from(&world.account);
            new.objects.clone_from(&world.objects);
            new.numbers.clone_from(&world.numbers);
            new.catalogue.clone_from(&world.catalogue);
            new.page_size = world.page_size;
            new.parallelism_max = world.parallelism_max;
            new.hidden_finds = world.hidden_finds;
            new.keeps_needed = world.keeps_needed;
        }
        fork
    }

    /// Every object that was ever created, as it was then, in order; also what is gone.
    pub fn created(&self) -> Vec<Object> {
        self.lock().created.clone()
    }

    /// A provider whose client is this cloud.
    pub fn provider(&self) -> Fake {
        Fake::new(self.clone())
    }

    /// All objects, by id.
    pub fn inventory(&self) -> Vec<Object> {
        self.lock().objects.values().cloned().collect()
    }

    /// The object `id`.
    pub fn object(&self, id: &str) -> Option<Object> {
        self.lock().objects.get(id).cloned()
    }

    /// The objects of type `R`, by id.
    pub fn objects_of<R: iac_core::Resource>(&self) -> Vec<Object> {
        self.lock().objects.values().filter(|object| object.kind == R::TYPE).cloned().collect()
    }

    /// Every call since the last [`forget_calls`](FakeCloud::forget_calls), in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls matched.
    pub fn count(&self, matcher: &Matcher) -> usize {
        self.lock().calls.iter().filter(|call| matcher.matches(call)).count()
    }

    /// The calls that can change the cloud, as `op path`, in order of arrival.
    pub fn mutations(&self) -> Vec<String> {
        let world = self.lock();
        let mutations = world.calls.iter().filter(|call| call.mutates());
        mutations.map(|call| format!("{:?} {}", call.op, call.path).to_lowercase()).collect()
    }

    /// Starts the record of calls, and the most calls at once, anew.
    pub fn forget_calls(&self) {
        let mut world = self.lock();
        world.calls.clear();
        world.in_flight_max = world.in_flight;
    }

    /// The most calls that were ever under way at once.
    pub fn in_flight_max(&self) -> usize {
        self.lock().in_flight_max
    }

    /// Asks for a failure.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Takes back every failure, gate and hook.
    pub fn heal(&self) {
        let mut world = self.lock();
        world.faults.clear();
        world.hook = None;
        for gate in world.gates.drain(..) {
            gate.open();
        }
    }

    /// Holds every call that matches at `moment`.
    pub fn hold(&self, matcher: Matcher, moment: Moment) -> Gate {
        let gate = Gate::new(matcher, moment);
        self.lock().gates.push(gate.clone());
        gate
    }

    /// Lets `hook` decide about every call; replaces the one before.
    pub fn set_hook(&self, hook: Hook) {
        self.lock().hook = Some(hook);
    }

    /// Waits until a call hangs because a hook said [`Verdict::Hang`]. A test races it with the
    /// engine and drops the engine: that is a crash.
    pub async fn hung(&self) {
        let mut hung = self.hung.subscribe();
        hung.mark_unchanged();
        hung.changed().await.expect("the cloud holds its own sender");
    }

    /// Changes whose credentials the provider has.
    pub fn set_account(&self, account: &str) {
        self.lock().account = account.to_owned();
    }

    /// Objects on one page of a listing.
    pub fn set_page_size(&self, objects: usize) {
        self.lock().page_size = objects.max(1);
    }

    /// Most calls that a provider made from now on takes at once.
    pub fn set_parallelism_max(&self, calls: usize) {
        self.lock().parallelism_max = calls;
    }

    /// How many searches do not see an object that was just created: eventual consistency.
    pub fn set_hidden_finds(&self, finds: usize) {
        self.lock().hidden_finds = finds;
    }

    /// Whether deleting an object that another one refers to is refused.
    pub fn set_keeps_needed(&self, keeps: bool) {
        self.lock().keeps_needed = keeps;
    }

    /// Data that a [`Lookup`](super::Lookup) finds.
    pub fn set_data(&self, name: &str, value: &str) {
        self.lock().catalogue.insert(name.to_owned(), value.to_owned());
    }

    /// Changes a field behind the program's back.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn mutate(&self, id: &str, field: &str, value: Value) {
        let mut world = self.lock();
        let object = world.objects.get_mut(id).expect("the object to mutate exists");
        object.inputs = object.inputs.with(field, value);
        object.revision += 1;
    }

    /// Deletes an object behind the program's back.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn destroy(&self, id: &str) {
        self.lock().objects.remove(id).expect("the object to destroy exists");
    }

    /// Creates an object that no program made.
    pub fn plant<R: iac_core::Resource>(&self, inputs: Value) -> Object {
        self.lock().insert(R::TYPE, None, inputs)
    }
}

/// The provider's side.
impl FakeCloud {
    pub(super) fn parallelism_max(&self) -> usize {
        self.lock().parallelism_max
    }

    pub(super) fn account(&self) -> String {
        self.lock().account.clone()
    }

    pub(super) fn data(&self, name: &str) -> Option<String> {
        self.lock().catalogue.get(name).cloned()
    }

    /// Records a call that has arrived.
    pub(super) fn begin(&self, call: Call) -> Flight<'_> {
        let mut world = self.lock();
        world.calls.push(call.clone());
        world.in_flight += 1;
        world.in_flight_max = world.in_flight_max.max(world.in_flight);
        Flight { cloud: self, call }
    }

    /// Creates an object unless another one has its name or its slot, or it refers to one that
    /// does not exist.
    pub(super) fn insert(
        &self,
        kind: &'static str,
        marker: &Marker,
        inputs: Value,
        unique: &str,
    ) -> Result<Object> {
        let mut world = self.lock();
        world.check_unique(kind, "", &inputs, unique)?;
        world.check_references(&inputs)?;
        Ok(world.insert(kind, Some(marker), inputs))
    }

    pub(super) fn change(&self, id: &str, inputs: Value, unique: &str) -> Result<Object> {
        let mut world = self.lock();
        let Some(kind) = world.objects.get(id).map(|object| object.kind) else {
            return Err(Error::new(ErrorKind::NotFound, format!("{id} does not exist")));
        };
        world.check_unique(kind, id, &inputs, unique)?;
        world.check_references(&inputs)?;
        let object = world.objects.get_mut(id).expect("it was looked up under the same lock");
        object.inputs = inputs;
        object.revision += 1;
        Ok(object.clone())
    }

    pub(super) fn remove(&self, id: &str) -> Result<()> {
        let mut world = self.lock();
        let needed = world.keeps_needed && world.objects.contains_key(id);
        if let Some(user) = needed.then(|| world.user_of(id)).flatten() {
            return Err(Error::new(ErrorKind::Conflict, format!("{id} is still used by {user}")));
        }
        world.objects.remove(id);
        Ok(())
    }

    pub(super) fn page(&self, kind: &str, from: usize) -> (Vec<Object>, Option<usize>) {
        let world = self.lock();
        let mut all = world.objects.values().filter(|object| object.kind == kind).skip(from);
        let page: Vec<Object> = all.by_ref().take(world.page_size).cloned().collect();
        let next = from + page.len();
        (page, all.next().map(|_| next))
    }

    /// The objects that `wanted` describes and that a search sees.
    pub(super) fn search(&self, kind: &str, wanted: impl Fn(&Object) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        for object in self.lock().objects.values_mut().filter(|object| object.kind == kind) {
            if object.hidden_finds > 0 {
                object.hidden_finds -= 1;
            } else if wanted(object) {
                found.push(object.id.clone());
            }
        }
        found
    }
}

impl World {
    fn insert(&mut self, kind: &'static str, marker: Option<&Marker>, inputs: Value) -> Object {
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        let short = kind.rsplit(':').next().unwrap_or(kind);
        let object = Object {
            id: format!("{short}-{number:04}"),
            kind,
            token: marker.map(|marker| marker.token().to_owned()).unwrap_or_default(),
            urn_hash: marker.map(|marker| marker.urn_hash().to_owned()).unwrap_or_default(),
            inputs,
            revision: 0,
            number: *number,
            hidden_finds: self.hidden_finds,
        };
        self.objects.insert(object.id.clone(), object.clone());
        self.created.push(object.clone());
        object
    }

    fn check_unique(&self, kind: &str, own: &str, inputs: &Value, unique: &str) -> Result<()> {
        let wanted = inputs.get(unique);
        let taken = self
            .objects
            .values()
            .find(|object| object.kind == kind && object.id != own && object.inputs.get(unique) == wanted);
        match taken.filter(|_| *wanted != Value::Null) {
            Some(other) => Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{unique} {wanted:?} is taken by {}", other.id),
            )),
            None => Ok(()),
        }
    }

    /// Every field that is an id must be one of an object.
    fn check_references(&self, inputs: &Value) -> Result<()> {
        for (field, id) in references(inputs) {
            if !self.objects.contains_key(id) {
                return Err(Error::invalid(field, format!("{id} does not exist")));
            }
        }
        Ok(())
    }

    fn user_of(&self, id: &str) -> Option<&str> {
        let user = self.objects.values().find(|object| references(&object.inputs).any(|(_, on)| on == id));
        user.map(|user| user.id.as_str())
    }
}

/// Fields that hold ids of other objects.
const REFERENCE_FIELDS: &[&str] = &["parent", "host", "peers", "attached", "upstream", "node"];

/// Each id that `inputs` refer to, with its field.
fn references(inputs: &Value) -> impl Iterator<Item = (&'static str, &str)> {
    REFERENCE_FIELDS.iter().copied().flat_map(move |field| {
        let value = inputs.get(field);
        let many = value.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
        value.as_str().into_iter().chain(many).map(move |id| (field, id))
    })
}

/// A call under way. It ends when it is dropped.
pub(super) struct Flight<'a> {
    cloud: &'a FakeCloud,
    call: Call,
}

impl Flight<'_> {
    /// A moment of the call: it is held at gates, and fails or hangs as the test asks.
    pub(super) async fn at(&self, moment: Moment) -> Result<()> {
        let gates: Vec<Gate> = {
            let world = self.cloud.lock();
            let held = world.gates.iter().filter(|g| g.moment == moment && g.matcher.matches(&self.call));
            held.cloned().collect()
        };
        for gate in gates {
            gate.pass().await;
        }
        match self.verdict(moment) {
            Verdict::Go => Ok(()),
            Verdict::Fail(error) => Err(error),
            Verdict::Hang => {
                self.cloud.hung.send_modify(|count| *count += 1);
                std::future::pending().await
            }
        }
    }

    fn verdict(&self, moment: Moment) -> Verdict {
        let mut world = self.cloud.lock();
        let fault = world
            .faults
            .iter_mut()
            .find(|fault| fault.times > 0 && fault.moment == moment && fault.matcher.matches(&self.call));
        if let Some(fault) = fault {
            fault.times -= 1;
            return Verdict::Fail(fault.error.clone());
        }
        match &mut world.hook {
            Some(hook) => hook(&self.call, moment),
            None => Verdict::Go,
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.cloud.lock().in_flight -= 1;
    }
}

/// The account call, which has no resource.
pub(super) async fn ask_account(cloud: &FakeCloud) -> Result<String> {
    let flight = cloud.begin(Call::new(CallOp::Account, "", "", None));
    flight.at(Moment::Before).await?;
    Ok(cloud.account())
}
