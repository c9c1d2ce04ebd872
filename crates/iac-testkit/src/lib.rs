//! Test equipment for providers: the kit simulated clouds are written on, and checks of recorded
//! exchanges against the vendors' published API descriptions.
#[cfg(feature = "openapi")]
pub mod conformance;
#[cfg(feature = "explore")]
pub mod explore;
pub mod fake;
pub mod mock;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "sim")]
pub mod sim;
