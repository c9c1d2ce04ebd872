//! The guide: one page for each thing the engine does, with programs that run.

#[doc = include_str!("adopt.md")]
pub mod adopt {}
#[doc = include_str!("import.md")]
pub mod import {}
