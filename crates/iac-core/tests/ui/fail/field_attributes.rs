//! Attributes that no field has.

use iac_core::{Inputs, Outputs};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Inputs)]
struct Misspelt {
    #[field(replaces)]
    size: u32,
}

#[derive(Serialize, Deserialize, Inputs)]
struct Spelling {
    #[field(eq = ip)]
    range: String,
}

#[derive(Serialize, Deserialize, Outputs)]
struct NotAnInput {
    #[field(replace)]
    size: u32,
}

#[derive(Serialize, Deserialize, Inputs)]
#[inputs(name = Other)]
struct Container {
    size: u32,
}

fn main() {}
