//! A cloud whose objects exist by arithmetic: no memory, no cost, and as much latency as asked for.
//! Knows nothing of the engine's operations.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use iac_core::{
    Change, Created, Cx, Error, Id, Inputs, Observed, Outputs, Page, PageToken, Provider, Recovery, Resource,
    Result, Types,
};
use serde::{Deserialize, Serialize};

use crate::shape::Shape;
use crate::timer::Timer;

/// Objects on one page of a listing.
const PAGE_LENGTH: u32 = 50;
/// The spread of lognormal latencies: the standard deviation of their logarithm.
const LATENCY_SIGMA: f64 = 0.6;

/// How long a call takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Latency {
    None,
    Fixed(f64),
    Lognormal { median_ms: f64 },
}

impl FromStr for Latency {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number = |text: &str| match text.parse::<f64>() {
            Ok(ms) if ms.is_finite() && ms >= 0.0 => Ok(ms),
            _ => Err(format!("{text:?} is no time in milliseconds")),
        };
        match text.split_once(':') {
            Some(("fixed", ms)) => Ok(Self::Fixed(number(ms)?)),
            Some(("lognormal", ms)) => Ok(Self::Lognormal { median_ms: number(ms)? }),
            None if text == "0" => Ok(Self::None),
            _ => Err("give 0, fixed:MS or lognormal:MEDIAN_MS".into()),
        }
    }
}

impl Latency {
    /// The time a call for resource `index` takes, the same in every run.
    pub(crate) fn ms(self, index: u32) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Fixed(ms) => ms,
            Self::Lognormal { median_ms } => median_ms * (LATENCY_SIGMA * normal(index)).exp(),
        }
    }
}

/// A normally distributed number made from `index` (Box-Muller).
fn normal(index: u32) -> f64 {
    let uniform = |salt: u64| (mix(u64::from(index) << 1 | salt) >> 11) as f64 / (1_u64 << 53) as f64;
    (-2.0 * (1.0 - uniform(0)).ln()).sqrt() * (std::f64::consts::TAU * uniform(1)).cos()
}

/// SplitMix64.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The provider of [`Null`] objects.
#[derive(Debug, Clone)]
pub(crate) struct NullCloud {
    shape: Shape,
    latency: Latency,
    timer: Option<Timer>,
    parallelism: usize,
    calls: Arc<AtomicUsize>,
}

impl NullCloud {
    pub(crate) fn new(shape: Shape, latency: Latency, parallelism: usize) -> Self {
        let timer = (latency != Latency::None).then(Timer::new);
        Self { shape, latency, timer, parallelism, calls: Arc::default() }
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn call(&self, index: u32) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(timer) = &self.timer {
            timer.wait(Duration::from_secs_f64(self.latency.ms(index) / 1000.0)).await;
        }
    }

    /// The object as the generated stack describes it.
    fn observed(&self, index: u32) -> Observed<Null> {
        let needs = self.shape.needs(index).into_iter().map(id).collect();
        let inputs = NullInputs { name: name(index), size: SIZE, needs };
        Observed::new(id(index), inputs, NullOutputs { address: address(index) })
    }
}

/// The size that every resource is made with.
pub(crate) const SIZE: u32 = 1;

/// The name of resource `index`.
pub(crate) fn name(index: u32) -> String {
    format!("null-{index:07}")
}

fn id(index: u32) -> Id<Null> {
    Id::new(name(index))
}

fn address(index: u32) -> String {
    let [a, b, c, d] = index.to_be_bytes();
    format!("{}.{b}.{c}.{d}", 10 + a)
}

fn index(name: &str) -> Result<u32> {
    let digits = name.strip_prefix("null-").and_then(|digits| digits.parse().ok());
    digits.ok_or_else(|| Error::internal(format!("{name} is no name of a generated resource")))
}

#[async_trait]
impl Provider for NullCloud {
    const NAME: &'static str = "null";
    fn types() -> Types {
        Types::new().resource::<Null>()
    }
    async fn account(&self) -> Result<String> {
        Ok("nowhere".into())
    }
    fn parallelism_max(&self) -> usize {
        self.parallelism
    }
}

/// A resource that costs nothing.
#[derive(Debug)]
pub(crate) struct Null;

/// Inputs of a [`Null`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Null)]
pub(crate) struct NullInputs {
    /// Its name.
    #[field(replace)]
    pub(crate) name: String,
    /// Changes in place.
    pub(crate) size: u32,
    /// What it needs.
    #[serde(default)]
    pub(crate) needs: Vec<Id<Null>>,
}

/// Outputs of a [`Null`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct NullOutputs {
    /// Its address, for life.
    #[field(stable)]
    pub(crate) address: String,
}

#[async_trait]
impl Resource for Null {
    const TYPE: &'static str = "null:resource";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    type Provider = NullCloud;
    type Inputs = NullInputs;
    type Outputs = NullOutputs;

    async fn create(cx: &Cx<'_, NullCloud>, inputs: NullInputs) -> Result<Created<Self>> {
        let index = index(&inputs.name)?;
        cx.client().call(index).await;
        Ok(Created::new(id(index), NullOutputs { address: address(index) }))
    }
    async fn read(cx: &Cx<'_, NullCloud>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let index = index(id.as_str())?;
        cx.client().call(index).await;
        Ok(Some(cx.client().observed(index)))
    }
    async fn update(cx: &Cx<'_, NullCloud>, id: &Id<Self>, change: Change<Self>) -> Result<NullOutputs> {
        cx.client().call(index(id.as_str())?).await;
        Ok(change.outputs)
    }
    async fn delete(cx: &Cx<'_, NullCloud>, id: &Id<Self>) -> Result<()> {
        cx.client().call(index(id.as_str())?).await;
        Ok(())
    }
    async fn list(cx: &Cx<'_, NullCloud>, page: PageToken) -> Result<Page<Self>> {
        let begin: u32 =
            page.0.as_deref().unwrap_or("0").parse().map_err(|_| Error::internal("no such page"))?;
        let cloud = cx.client();
        cloud.call(begin).await;
        let end = begin.saturating_add(PAGE_LENGTH).min(cloud.shape.len());
        let next = (end < cloud.shape.len()).then(|| PageToken(Some(end.to_string())));
        Ok(Page::new((begin..end).map(|index| cloud.observed(index)).collect(), next))
    }
    /// A create is found by nothing: made again, it is the same object.
    async fn find(_: &Cx<'_, NullCloud>, _: &NullInputs) -> Result<Vec<Id<Self>>> {
        Ok(Vec::new())
    }
}
