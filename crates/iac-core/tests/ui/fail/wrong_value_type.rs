//! A number for text, text for a number.

#[path = "../cloud.rs"]
mod cloud;

use cloud::*;

fn main() {
    let _ = Network::args().ip_range(16);
    let _ = Rule::args().port("443");
}
