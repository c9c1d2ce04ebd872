//! From a typed [`Resource`] or [`DataSource`] to its erased form. Knows nothing of the engine.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Context, Driver, DriverChange, Observation, ObservationPage, Reader, TypeSpec};
use crate::cost::{Cost, PriceList};
use crate::error::{Error, Result};
use crate::field::FieldType;
use crate::id::Id;
use crate::resource::{Change, DataSource, Fault, FieldChange, Observed, OnChange, PageToken, Resource};
use crate::value::{Value, ValueError, from_value, to_value};

/// The driver of a resource type.
pub fn driver<R: Resource>() -> Arc<dyn Driver> {
    Arc::new(DriverOf::<R> {
        spec: TypeSpec::new(
            R::TYPE,
            <R::Inputs as FieldType>::FIELDS,
            <R::Outputs as FieldType>::FIELDS,
            R::RECOVERY,
        )
        .replace_order(R::REPLACE)
        .holds_data(R::HOLDS_DATA)
        .local(R::LOCAL)
        .typical(R::TYPICAL)
        .setting(R::SETTING)
        .rust(std::any::type_name::<R>()),
        resource: PhantomData,
    })
}

/// The reader of a data source.
pub fn reader<D: DataSource>() -> Arc<dyn Reader> {
    Arc::new(ReaderOf::<D>(PhantomData))
}

struct DriverOf<R> {
    spec: TypeSpec,
    resource: PhantomData<fn() -> R>,
}

fn inputs_of<T: FieldType>(value: &Value) -> Result<T> {
    from_value(value).map_err(|error| Error::new(crate::ErrorKind::InvalidInput, error.to_string()))
}

fn defect(error: ValueError) -> Error {
    Error::internal(format!("the provider's answer cannot be stored: {error}"))
}

fn observation<R: Resource>(observed: Observed<R>) -> Result<Observation> {
    Ok(Observation::new(
        observed.id.as_str(),
        to_value(&observed.inputs).map_err(defect)?,
        to_value(&observed.outputs).map_err(defect)?,
    ))
}

#[async_trait]
impl<R: Resource> Driver for DriverOf<R> {
    fn spec(&self) -> &TypeSpec {
        &self.spec
    }

    async fn create(&self, cx: &Context, inputs: &Value) -> Result<Observation> {
        let created = R::create(&cx.typed()?, inputs_of(inputs)?).await?;
        let outputs = to_value(&created.outputs).map_err(defect)?;
        Ok(Observation::new(created.id.as_str(), inputs.clone(), outputs))
    }

    async fn read(&self, cx: &Context, id: &str) -> Result<Option<Observation>> {
        R::read(&cx.typed()?, &Id::new(id)).await?.map(observation).transpose()
    }

    async fn update(&self, cx: &Context, id: &str, change: DriverChange) -> Result<Value> {
        let change = Change::<R> {
            old: inputs_of(&change.old)?,
            new: inputs_of(&change.new)?,
            outputs: inputs_of(&change.outputs)?,
            changed: change.changed,
        };
        to_value(&R::update(&cx.typed()?, &Id::new(id), change).await?).map_err(defect)
    }

    async fn delete(&self, cx: &Context, id: &str) -> Result<()> {
        R::delete(&cx.typed()?, &Id::new(id)).await
    }

    async fn list(&self, cx: &Context, page: PageToken) -> Result<ObservationPage> {
        let page = R::list(&cx.typed()?, page).await?;
        let items = page.items.into_iter().map(observation).collect::<Result<_>>()?;
        Ok(ObservationPage::new(items, page.next))
    }

    async fn find(&self, cx: &Context, inputs: &Value) -> Result<Vec<String>> {
        let found = R::find(&cx.typed()?, &inputs_of(inputs)?).await?;
        Ok(found.into_iter().map(|id| id.as_str().to_owned()).collect())
    }

    fn on_change(&self, change: &FieldChange<'_>) -> OnChange {
        R::on_change(change)
    }

    fn check(&self, inputs: &Value) -> Vec<Fault> {
        let mut faults = R::check(inputs);
        if faults.is_empty()
            && !inputs.has_unknown()
            && let Err(error) = from_value::<R::Inputs>(inputs)
        {
            let text = error.to_string();
            let (field, message) = match text.strip_prefix('`').and_then(|rest| rest.split_once("`: ")) {
                Some((field, message)) => (field.to_owned(), message.to_owned()),
                None => (String::new(), text),
            };
            faults.push(Fault { field, message });
        }
        faults
    }

    fn cost(&self, inputs: &Value, prices: &PriceList) -> Cost {
        R::cost(inputs, prices)
    }
}

struct ReaderOf<D>(PhantomData<fn() -> D>);

#[async_trait]
impl<D: DataSource> Reader for ReaderOf<D> {
    fn type_token(&self) -> &'static str {
        D::TYPE
    }
    async fn read(&self, cx: &Context, query: &Value) -> Result<Value> {
        to_value(&D::read(&cx.typed()?, inputs_of(query)?).await?).map_err(defect)
    }
}
