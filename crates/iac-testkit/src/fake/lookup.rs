//! [`Lookup`]: the fake data source.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Error, ErrorKind, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use super::call::{Call, CallOp, Moment};
use super::provider::Fake;

/// Data of the fake cloud, by name; see [`FakeCloud::set_data`](super::FakeCloud::set_data).
#[derive(Debug)]
pub struct Lookup;

/// The query of a [`Lookup`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Lookup)]
pub struct LookupInputs {
    /// The name.
    pub name: String,
}

/// The data of a [`Lookup`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct LookupData {
    /// The value under the name.
    pub value: String,
}

#[async_trait]
impl DataSource for Lookup {
    const TYPE: &'static str = "fake:lookup";
    type Provider = Fake;
    type Query = LookupInputs;
    type Data = LookupData;

    async fn read(cx: &Cx<'_, Fake>, query: LookupInputs) -> Result<LookupData> {
        let cloud = cx.client().cloud();
        let flight = cloud.begin(Call::new(CallOp::Data, Self::TYPE, cx.urn().path(), None));
        flight.at(Moment::Before).await?;
        let value = cloud.data(&query.name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no data called {:?}", query.name))
                .hint("set it with `FakeCloud::set_data`")
        })?;
        Ok(LookupData { value })
    }
}
