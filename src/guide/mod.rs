//! The guide: one page for each thing that a program or a person does. Knows nothing of code beyond
//! the examples on its pages, which are compiled and run as tests.

#[doc = include_str!("keys.md")]
pub mod keys {}
#[doc = include_str!("random-values.md")]
#[cfg(feature = "random-keys")]
pub mod random_values {}
