//! What the methods of all fake resource types do alike. Knows nothing of their fields.

use iac_core::{
    Change, Created, Cx, Error, Id, Observed, Page, PageToken, Resource, Result, Value, from_value, to_value,
};

use super::call::{Call, CallOp, Moment};
use super::object::Object;
use super::provider::Fake;

/// What the shared methods need to know of a type.
pub(super) trait FakeType: Resource<Provider = Fake> {
    /// The field that no two objects may have alike.
    const UNIQUE: &'static str = "name";
    /// The outputs of an object.
    fn outputs(object: &Object, inputs: &Self::Inputs) -> Self::Outputs;
    /// What the cloud fills in where a request leaves it out.
    fn complete(inputs: Value) -> Value {
        inputs
    }
}

fn defect(error: iac_core::ValueError) -> Error {
    Error::internal(format!("the fake cloud cannot hold this: {error}"))
}

fn call<R: FakeType>(cx: &Cx<'_, Fake>, op: CallOp, id: Option<&Id<R>>) -> Call {
    Call::new(op, R::TYPE, cx.urn().path(), id.map(Id::as_str))
}

fn observed<R: FakeType>(object: &Object) -> Result<Observed<R>> {
    let inputs: R::Inputs = from_value(&object.inputs).map_err(defect)?;
    let outputs = R::outputs(object, &inputs);
    Ok(Observed::new(Id::new(object.id.as_str()), inputs, outputs))
}

pub(super) async fn create<R: FakeType>(cx: &Cx<'_, Fake>, inputs: R::Inputs) -> Result<Created<R>> {
    let cloud = cx.client().cloud();
    let flight = cloud.begin(call::<R>(cx, CallOp::Create, None));
    flight.at(Moment::Before).await?;
    let fields = R::complete(to_value(&inputs).map_err(defect)?);
    let object = cloud.insert(R::TYPE, cx.marker(), fields, R::UNIQUE)?;
    flight.at(Moment::Effect).await?;
    let id = Id::new(object.id.as_str());
    cx.checkpoint(&id).await?;
    cx.progress(format!("{} to be ready", object.id), Some(50));
    flight.at(Moment::Checkpointed).await?;
    let observed = observed::<R>(&object)?;
    Ok(Created::new(id, observed.outputs))
}

pub(super) async fn read<R: FakeType>(cx: &Cx<'_, Fake>, id: &Id<R>) -> Result<Option<Observed<R>>> {
    let cloud = cx.client().cloud();
    let flight = cloud.begin(call(cx, CallOp::Read, Some(id)));
    flight.at(Moment::Before).await?;
    cloud.object(id.as_str()).filter(|object| object.kind == R::TYPE).as_ref().map(observed).transpose()
}

pub(super) async fn update<R: FakeType>(
    cx: &Cx<'_, Fake>,
    id: &Id<R>,
    change: Change<R>,
) -> Result<R::Outputs> {
    let cloud = cx.client().cloud();
    let flight = cloud.begin(call(cx, CallOp::Update, Some(id)));
    flight.at(Moment::Before).await?;
    let mut fields = to_value(&change.new).map_err(defect)?;
    if let Some(now) = cloud.object(id.as_str()) {
        for field in <R::Inputs as iac_core::FieldType>::FIELDS.iter().filter(|field| field.default_from_api)
        {
            if *fields.get(field.name) == Value::Null {
                fields = fields.with(field.name, now.inputs.get(field.name).clone());
            }
        }
    }
    let object = cloud.change(id.as_str(), fields, R::UNIQUE)?;
    flight.at(Moment::Effect).await?;
    Ok(observed::<R>(&object)?.outputs)
}

pub(super) async fn delete<R: FakeType>(cx: &Cx<'_, Fake>, id: &Id<R>) -> Result<()> {
    let cloud = cx.client().cloud();
    let flight = cloud.begin(call(cx, CallOp::Delete, Some(id)));
    flight.at(Moment::Before).await?;
    cloud.remove(id.as_str())?;
    flight.at(Moment::Effect).await
}

pub(super) async fn list<R: FakeType>(cx: &Cx<'_, Fake>, page: PageToken) -> Result<Page<R>> {
    let cloud = cx.client().cloud();
    let flight = cloud.begin(call::<R>(cx, CallOp::List, None));
    flight.at(Moment::Before).await?;
    let from = page.0.and_then(|token| token.parse().ok()).unwrap_or_default();
    let (objects, next) = cloud.page(R::TYPE, from);
    let items = objects.iter().map(observed).collect::<Result<Vec<_>>>()?;
    Ok(Page::new(items, next.map(|next| PageToken(Some(next.to_string())))))
}

pub(super) async fn find<R: FakeType>(
    cx: &Cx<'_, Fake>,
    wanted: impl Fn(&Object) -> bool + Send,
) -> Result<Vec<Id<R>>> {
    let cloud = cx.client().cloud();
    let flight = cloud.begin(call::<R>(cx, CallOp::Find, None));
    flight.at(Moment::Before).await?;
    Ok(cloud.search(R::TYPE, wanted).into_iter().map(Id::new).collect())
}
