//! Lists of addresses, networks' numbers, host names or redirects, which rules refer to.

mod bulk;
mod check;
mod item;
mod resource;
mod turn;
mod wire;

pub(crate) use turn::Turns;

pub use item::{
    ListHostname, ListHostnameArgs, ListItem, ListItemArgs, ListKind, ListRedirect, ListRedirectArgs,
};
pub use resource::{List, ListArgs, ListAttributes, ListInputs, ListOutputs};
