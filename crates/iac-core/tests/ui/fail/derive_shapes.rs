//! The derives need structs with named fields.

use iac_core::{Inputs, Outputs};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Inputs)]
struct Pair(u32, u32);

#[derive(Serialize, Deserialize, Inputs)]
enum Choice {
    One,
}

#[derive(Serialize, Deserialize, Outputs)]
struct Single(String);

fn main() {}
