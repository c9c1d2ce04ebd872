//! [`Mocks`]: what mocked resources answer, and the objects they have. Knows nothing of drivers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iac_core::provider::{Observation, TypeSpec};
use iac_core::{
    DataSource, Error, ErrorKind, FieldSpec, Resource, Result, Urn, Value, ValueError, from_value, to_value,
};

type Answer = Arc<dyn Fn(&Urn, &Value) -> std::result::Result<Value, ValueError> + Send + Sync>;
type Fallback = Arc<dyn Fn(&str, &Urn, &Value) -> Option<Value> + Send + Sync>;

/// What mocked resources and data sources answer. Clones share the objects.
///
/// Without an answer of its own a resource's outputs are made up: an output called like an input
/// has the input's value, any other one is the text `<name>-<output>`. Where a program needs a
/// number, a list or a certain text, say so with [`resource`](Mocks::resource).
///
/// ```
/// use iac_core::Secret;
/// use iac_testkit::fake::{Node, NodeOutputs};
/// use iac_testkit::mock::Mocks;
///
/// let mocks = Mocks::new().resource::<Node>(|urn, inputs| NodeOutputs {
///     address: format!("192.0.2.{}", urn.name().len()),
///     image: inputs.image,
///     revision: 0,
///     echo: None,
///     size: inputs.size,
///     token: Secret::new("t".into()),
/// });
/// # let _ = mocks;
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Mocks {
    answers: BTreeMap<&'static str, Answer>,
    data: BTreeMap<&'static str, Answer>,
    fallback: Option<Fallback>,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    objects: BTreeMap<String, Observation>,
    /// Which incarnation made which object.
    tokens: BTreeMap<String, String>,
    calls: Vec<String>,
    created: usize,
    fail: BTreeMap<String, Error>,
}

impl Mocks {
    /// No answers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The outputs of type `R`, from its URN and inputs.
    pub fn resource<R: Resource>(
        mut self,
        outputs: impl Fn(&Urn, R::Inputs) -> R::Outputs + Send + Sync + 'static,
    ) -> Self {
        let answer: Answer = Arc::new(move |urn, inputs| to_value(&outputs(urn, from_value(inputs)?)));
        self.answers.insert(R::TYPE, answer);
        self
    }

    /// The data of source `D`, from its query.
    pub fn data<D: DataSource>(
        mut self,
        data: impl Fn(&Urn, D::Query) -> D::Data + Send + Sync + 'static,
    ) -> Self {
        let answer: Answer = Arc::new(move |urn, query| to_value(&data(urn, from_value(query)?)));
        self.data.insert(D::TYPE, answer);
        self
    }

    /// Outputs (or data) of any type that has no answer of its own: from type token, URN and
    /// inputs. `None` makes them up. A value that is a map is laid over what would be made up.
    pub fn outputs(
        mut self,
        outputs: impl Fn(&str, &Urn, &Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        self.fallback = Some(Arc::new(outputs));
        self
    }

    /// Lets every create and update of the resource at `path` fail.
    pub fn fail(self, path: &str, error: Error) -> Self {
        self.lock().fail.insert(path.to_owned(), error);
        self
    }

    /// Takes back all failures.
    pub fn heal(&self) {
        self.lock().fail.clear();
    }

    /// The calls that changed something, as `create edge/web`, in order.
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// How many objects there are.
    pub fn objects(&self) -> usize {
        self.lock().objects.len()
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn create(
        &self,
        spec: &TypeSpec,
        urn: &Urn,
        token: &str,
        inputs: &Value,
    ) -> Result<Observation> {
        self.note("create", urn)?;
        let outputs = self.answer(spec, urn, inputs)?;
        let mut world = self.lock();
        world.created += 1;
        let id = format!("mock-{}", world.created);
        let observation = Observation::new(id.clone(), inputs.clone(), outputs);
        world.objects.insert(id.clone(), observation.clone());
        world.tokens.insert(token.to_owned(), id);
        Ok(observation)
    }

    pub(super) fn update(&self, spec: &TypeSpec, urn: &Urn, id: &str, inputs: &Value) -> Result<Value> {
        self.note("update", urn)?;
        let outputs = self.answer(spec, urn, inputs)?;
        let observation = Observation::new(id, inputs.clone(), outputs.clone());
        self.lock().objects.insert(id.to_owned(), observation);
        Ok(outputs)
    }

    pub(super) fn delete(&self, urn: &Urn, id: &str) {
        let mut world = self.lock();
        world.calls.push(format!("delete {}", urn.path()));
        world.objects.remove(id);
    }

    pub(super) fn read(&self, id: &str) -> Option<Observation> {
        self.lock().objects.get(id).cloned()
    }

    pub(super) fn find(&self, token: &str) -> Vec<String> {
        let world = self.lock();
        world.tokens.get(token).filter(|id| world.objects.contains_key(*id)).cloned().into_iter().collect()
    }

    pub(super) fn look_up(&self, type_token: &str, urn: &Urn, query: &Value) -> Result<Value> {
        let own = self.data.get(type_token).map(|answer| answer(urn, query).map_err(mistyped));
        let fallback = || self.fallback.as_ref()?(type_token, urn, query).map(Ok);
        own.or_else(fallback).unwrap_or_else(|| {
            Err(Error::new(ErrorKind::NotFound, format!("no mock answers for data source {type_token}"))
                .hint("say what it answers with `Mocks::data`"))
        })
    }

    fn note(&self, call: &str, urn: &Urn) -> Result<()> {
        let mut world = self.lock();
        if let Some(error) = world.fail.get(urn.path()) {
            return Err(error.clone());
        }
        world.calls.push(format!("{call} {}", urn.path()));
        Ok(())
    }

    fn answer(&self, spec: &TypeSpec, urn: &Urn, inputs: &Value) -> Result<Value> {
        if let Some(answer) = self.answers.get(spec.type_token) {
            return answer(urn, inputs).map_err(mistyped);
        }
        let made_up =
            Value::map(spec.outputs.iter().map(|output| (output.name, made_up(output, urn, inputs))));
        let own = self.fallback.as_ref().and_then(|fallback| fallback(spec.type_token, urn, inputs));
        let own = own.unwrap_or_default();
        let entries = own.as_map().into_iter().flatten();
        Ok(entries.fold(made_up, |outputs, (name, value)| outputs.with(name, value.clone())))
    }
}

fn mistyped(error: ValueError) -> Error {
    Error::internal(format!("the mock's answer does not fit its type: {error}"))
}

/// The value of an output that nobody has said anything about.
fn made_up(output: &FieldSpec, urn: &Urn, inputs: &Value) -> Value {
    let value = match inputs.get(output.name) {
        Value::Null if output.fields.is_empty() => format!("{}-{}", urn.name(), output.name).into(),
        Value::Null => {
            Value::map(output.fields.iter().map(|field| (field.name, made_up(field, urn, &Value::Null))))
        }
        value => value.clone(),
    };
    if output.secret && output.fields.is_empty() { Value::secret(value) } else { value }
}
