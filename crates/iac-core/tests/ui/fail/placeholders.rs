//! Fewer and more arguments than placeholders.

use iac_core::{interpolate, interpolate_secret};

fn main() {
    let _ = interpolate!("https://{}:{}", "host");
    let _ = interpolate_secret!("no placeholder", 1u32);
}
