//! The whole stack on all four clouds, explored: cut off at every boundary, and with every request gone
//! wrong. Each time the next run must bring clouds, state and program together again.

use iac::{ProviderInstance, Result, Secret, Stack, StackError};
use iac_testkit::explore::{Exploration, Explore, Item, SimLink, SimWorld, explore};
use iac_testkit::sim::{Method, SimRequest};

use crate::doppler::Doppler;
use crate::doppler::fake::{self as doppler_fake, DopplerSim};
use crate::neon::Neon;
use crate::neon::fake::{self as neon_fake, NeonSim};
use crate::product::edge;
use crate::world::settings;

/// Every how many cuts and troubles one is made, unless `IAC_CRASH_STRIDE` says otherwise; 1 makes all.
const STRIDE_DEFAULT: usize = 23;
/// The order of concurrent requests, unless `IAC_CRASH_SEED` says otherwise.
const SEED_DEFAULT: u64 = 1;

#[derive(Clone)]
struct NeonWorld;

impl SimWorld for NeonWorld {
    type Cloud = NeonSim;

    fn cloud(&self) -> NeonSim {
        NeonSim::default()
    }

    fn providers(&self, link: &SimLink) -> Result<Vec<ProviderInstance>> {
        let (link, endpoint) = (link.clone(), format!("http://neon.localhost{}", neon_fake::BASE_PATH));
        let neon = Neon::new(&endpoint, &Secret::new("key".to_owned()), move |http| link.attach(http))?;
        Ok(vec![ProviderInstance::new(neon)])
    }

    fn inventory(&self, cloud: &mut NeonSim) -> Vec<Item> {
        let items = cloud.inventory().into_iter().map(|(kind, id, name)| {
            let item = Item::new(kind, id).named(name.clone());
            match name.rsplit_once(" iac:") {
                Some((_, token)) => item.marker(token),
                None => item,
            }
        });
        items.collect()
    }

    fn is_listing(&self, request: &SimRequest) -> bool {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        request.method == Method::GET && ["projects", "branches"].contains(&last)
    }
}

#[derive(Clone)]
struct DopplerWorld;

impl SimWorld for DopplerWorld {
    type Cloud = DopplerSim;

    fn cloud(&self) -> DopplerSim {
        DopplerSim::default()
    }

    fn providers(&self, link: &SimLink) -> Result<Vec<ProviderInstance>> {
        let (link, endpoint) = (link.clone(), format!("http://doppler.localhost{}", doppler_fake::BASE_PATH));
        let doppler =
            Doppler::new(&endpoint, &Secret::new("token".to_owned()), move |http| link.attach(http))?;
        Ok(vec![ProviderInstance::new(doppler)])
    }

    fn inventory(&self, cloud: &mut DopplerSim) -> Vec<Item> {
        cloud.inventory().into_iter().map(|id| Item::new("doppler:secret", id)).collect()
    }
}

fn product(image: &'static str) -> impl Fn(&Stack) -> std::result::Result<(), StackError> + Send + Sync {
    move |stack| {
        let mut settings = settings("dev");
        settings.image = image.to_owned();
        settings.protect_volume = false;
        edge(stack, &settings)
    }
}

fn options() -> Explore {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let stride = number("IAC_CRASH_STRIDE").and_then(|stride| usize::try_from(stride).ok());
    let cloudflare = iac::cloudflare::sim::SimConfig::new().paid();
    Explore::new()
        .cloud(iac::hetzner::sim::world())
        .cloud(iac::cloudflare::sim::world().config(cloudflare))
        .cloud(NeonWorld)
        .cloud(DopplerWorld)
        .stack("edge", "dev")
        .seed(number("IAC_CRASH_SEED").unwrap_or(SEED_DEFAULT))
        .every(stride.unwrap_or(STRIDE_DEFAULT))
}

#[test]
fn every_cut_of_up_change_and_destroy_comes_together() {
    let exploration = explore(product("ubuntu-24.04"), options().up().change(product("debian-13")).destroy());
    exploration.assert();
    for phase in ["up", "change", "destroy"] {
        assert_boundaries(&exploration, phase);
    }
}

fn assert_boundaries(exploration: &Exploration, phase: &str) {
    let boundaries = exploration.phase(phase).map_or(0, |phase| phase.boundaries.len());
    assert!(boundaries > 50, "{phase} has suspiciously few boundaries: {boundaries}");
}
