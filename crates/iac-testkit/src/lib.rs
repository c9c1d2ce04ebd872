//! Test equipment for stacks and for providers. Knows no vendor.
//!
//! | module | feature | what |
//! |---|---|---|
//! | [`mock`] | | stands in for any provider, for unit tests of stacks |
//! | [`fake`] | | a cloud of its own that fails, hangs and loses answers on request |
//! | `explore` | `explore` | every crash of a stack, explored in virtual time |
//! | `sim` | `sim` | the kit that simulated clouds are written on |
//! | `conformance` | `openapi` | what every resource type of a provider must keep to |
//! | `openapi` | `openapi` | checks of recorded exchanges against the vendors' published descriptions |
//!
//! The guide explains [unit tests](../iac/guide/testing/index.html) and
//! [testing for crashes](../iac/guide/testing_crashes/index.html).

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
