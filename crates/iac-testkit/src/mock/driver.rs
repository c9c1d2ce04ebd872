//! Drivers and readers that stand in for a provider's own. They keep the parts that are pure
//! (field table, checks, what a change makes) and replace the calls.

use std::sync::Arc;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::provider::{Context, Driver, DriverChange, Observation, ObservationPage, Reader, TypeSpec};
use iac_core::{
    Error, ErrorKind, Fault, FieldChange, OnChange, PageToken, Provider, ProviderInstance, Result, Types,
    Value,
};

use super::mocks::Mocks;

/// The account that every mocked provider has.
const ACCOUNT: &str = "mock";

/// An instance of provider `P` under its own name, with every type it registers mocked. Nothing of
/// `P` is built, so no credentials are needed.
///
/// ```
/// use iac_core::{Stack, StackError};
/// use iac_testkit::fake::{Fake, Node};
/// use iac_testkit::mock::{self, Mocks};
///
/// let stack = Stack::new("philotes", "test")?;
/// stack.provider_instance(mock::instance::<Fake>(&Mocks::new()))?;
/// stack.add("web", Node::args().size(1u32).image("a"))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn instance<P: Provider>(mocks: &Mocks) -> ProviderInstance {
    let real = P::types();
    let mut types = Types::new();
    if let Some(list) = real.price_list() {
        types = types.prices(Arc::new(list.clone()));
    }
    for driver in real.drivers() {
        types = types.driver(Arc::new(MockDriver { real: Arc::clone(driver), mocks: mocks.clone() }));
    }
    for reader in real.readers() {
        let type_token = reader.type_token();
        types = types.reader(Arc::new(MockReader { type_token, mocks: mocks.clone() }));
    }
    ProviderInstance::with_types(MockClient, types, P::NAME)
}

/// Stands where a provider's client would; no mocked driver looks at it.
struct MockClient;

#[async_trait]
impl Provider for MockClient {
    const NAME: &'static str = "mock";
    fn types() -> Types {
        Types::new()
    }
    async fn account(&self) -> Result<String> {
        Ok(ACCOUNT.into())
    }
}

struct MockDriver {
    real: Arc<dyn Driver>,
    mocks: Mocks,
}

#[async_trait]
impl Driver for MockDriver {
    fn spec(&self) -> &TypeSpec {
        self.real.spec()
    }
    async fn create(&self, cx: &Context, inputs: &Value) -> Result<Observation> {
        let created = self.mocks.create(self.spec(), cx.urn(), cx.marker().token(), inputs)?;
        cx.checkpoint(&created.id).await?;
        Ok(created)
    }
    async fn read(&self, _: &Context, id: &str) -> Result<Option<Observation>> {
        Ok(self.mocks.read(id))
    }
    async fn update(&self, cx: &Context, id: &str, change: DriverChange) -> Result<Value> {
        self.mocks.update(self.spec(), cx.urn(), id, &change.new)
    }
    async fn delete(&self, cx: &Context, id: &str) -> Result<()> {
        self.mocks.delete(cx.urn(), id);
        Ok(())
    }
    async fn list(&self, _: &Context, _: PageToken) -> Result<ObservationPage> {
        Err(Error::new(ErrorKind::Unsupported, "a mock has no listing"))
    }
    async fn find(&self, cx: &Context, _: &Value) -> Result<Vec<String>> {
        Ok(self.mocks.find(cx.marker().token()))
    }
    fn on_change(&self, change: &FieldChange<'_>) -> OnChange {
        self.real.on_change(change)
    }
    fn check(&self, inputs: &Value) -> Vec<Fault> {
        self.real.check(inputs)
    }
    fn cost(&self, inputs: &Value, prices: &PriceList) -> Cost {
        self.real.cost(inputs, prices)
    }
}

struct MockReader {
    type_token: &'static str,
    mocks: Mocks,
}

#[async_trait]
impl Reader for MockReader {
    fn type_token(&self) -> &'static str {
        self.type_token
    }
    async fn read(&self, cx: &Context, query: &Value) -> Result<Value> {
        self.mocks.look_up(self.type_token, cx.urn(), query)
    }
}
