//! DNS records: one for each name, type and value. A record has an id of its own, which is only
//! unique with its zone's.

mod check;
mod content;
mod data;
mod key;
mod record_type;
mod resource;
mod wire;

#[cfg(feature = "sim")]
pub(crate) use data::wire_name;
#[cfg(feature = "sim")]
pub(crate) use wire::unmarked;

pub use data::{RecordData, RecordDataArgs};
pub use record_type::RecordType;
pub use resource::{DnsRecord, DnsRecordArgs, DnsRecordAttributes, DnsRecordInputs, DnsRecordOutputs};
