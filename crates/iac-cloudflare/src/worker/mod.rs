//! Workers: scripts with their bindings, the routes and domains that lead to them, and secrets that
//! are kept apart from them.

mod await_script;
mod binding;
mod check;
mod code;
mod content;
mod delete;
mod domain;
pub(crate) mod foreign;
mod inputs;
mod migration;
mod observe;
mod route;
mod script;
mod secret;
mod upload;
mod wire;

#[cfg(feature = "sim")]
pub(crate) use check::{binding_name, script_name};
#[cfg(feature = "sim")]
pub(crate) use code::digest;

pub use binding::{
    DurableObjectBinding, DurableObjectBindingArgs, R2Binding, R2BindingArgs, ServiceBinding,
    ServiceBindingArgs,
};
pub use code::WorkerCode;
pub use domain::{
    WorkerDomain, WorkerDomainArgs, WorkerDomainAttributes, WorkerDomainInputs, WorkerDomainOutputs,
};
pub use inputs::{WorkerScriptArgs, WorkerScriptAttributes, WorkerScriptInputs, WorkerScriptOutputs};
pub use migration::{
    RenamedClass, RenamedClassArgs, TransferredClass, TransferredClassArgs, WorkerMigration,
    WorkerMigrationArgs,
};
pub use route::{WorkerRoute, WorkerRouteArgs, WorkerRouteAttributes, WorkerRouteInputs, WorkerRouteOutputs};
pub use script::WorkerScript;
pub use secret::{
    WorkerSecret, WorkerSecretArgs, WorkerSecretAttributes, WorkerSecretInputs, WorkerSecretOutputs,
};
