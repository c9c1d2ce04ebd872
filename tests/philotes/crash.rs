//! The platform on the simulated cloud, explored: cut off at every boundary, and with every request
//! gone wrong. Each time the next run must bring cloud, state and program together again.

use iac::{Stack, StackError};
use iac_hetzner::sim;
use iac_testkit::explore::{Exploration, Explore, explore};

use crate::platform::philotes;
use crate::settings::{Overrides, Settings};

/// Every how many cuts and troubles one is made, unless `IAC_CRASH_STRIDE` says otherwise; 1 makes
/// all.
const STRIDE_DEFAULT: usize = 9;

fn platform(image: &'static str) -> impl Fn(&Stack) -> Result<(), StackError> + Send + Sync {
    move |stack| {
        let mut settings = Settings::new("dev", &Overrides::default(), false).map_err(StackError::program)?;
        settings.image = image.to_owned();
        philotes(stack, &settings)
    }
}

/// The order of concurrent requests, unless `IAC_CRASH_SEED` says otherwise.
const SEED_DEFAULT: u64 = 1;

fn options() -> Explore {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let stride = number("IAC_CRASH_STRIDE").and_then(|stride| usize::try_from(stride).ok());
    Explore::new()
        .cloud(sim::world())
        .stack("philotes", "dev")
        .seed(number("IAC_CRASH_SEED").unwrap_or(SEED_DEFAULT))
        .every(stride.unwrap_or(STRIDE_DEFAULT))
}

#[test]
fn every_cut_of_up_change_and_destroy_comes_together() {
    let exploration =
        explore(platform("ubuntu-24.04"), options().up().change(platform("debian-13")).destroy());
    exploration.assert();
    for phase in ["up", "change", "destroy"] {
        assert_boundaries(&exploration, phase);
    }
}

fn assert_boundaries(exploration: &Exploration, phase: &str) {
    let boundaries = exploration.phase(phase).map_or(0, |phase| phase.boundaries.len());
    assert!(boundaries > 100, "{phase} has suspiciously few boundaries: {boundaries}");
}
