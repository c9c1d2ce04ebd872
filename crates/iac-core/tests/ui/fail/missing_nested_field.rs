//! A nested struct without a required field.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;

fn main() {
    let rule = Rule::args().source("0.0.0.0/0");
    let _ = Firewall::args().rules([rule]);
}
