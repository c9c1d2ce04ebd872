//! A field of a type that the engine does not know.

use iac_core::Inputs;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Size(u32);

#[derive(Serialize, Deserialize, Inputs)]
struct Nested {
    size: Size,
}

fn main() {}
