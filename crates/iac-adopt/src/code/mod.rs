//! Code that describes an object: a value and its field table in, Rust out. Pure; knows nothing of
//! where objects come from.

mod choose;
mod layout;
mod name;
mod print;

pub use name::{References, logical_name, variable};
pub use print::{CodeObject, CodeOptions, code, code_of_all};
