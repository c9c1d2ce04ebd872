//! Record sets: all DNS records of one name and type in a zone. A set has no number: zone, name
//! and type identify it.

mod check;
mod key;
mod resource;
mod wire;

pub use resource::{RecordSet, RecordSetArgs, RecordSetAttributes, RecordSetInputs, RecordSetOutputs};
