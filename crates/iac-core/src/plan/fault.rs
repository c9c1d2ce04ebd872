//! Why there is no plan: faults, each with its resource and its way out. Knows nothing of how plans
//! are made.

use std::collections::BTreeMap;
use std::fmt;

use super::step::Plan;
use crate::state::ResourceRecord;
use crate::urn::Urn;

/// One reason why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanFault {
    /// The resource, if the fault is about one.
    pub urn: Option<Urn>,
    /// The field, if it is about one.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub way_out: Option<String>,
}

impl PlanFault {
    pub(crate) fn new(urn: &Urn, message: impl Into<String>) -> Self {
        Self { urn: Some(urn.clone()), field: None, message: message.into(), way_out: None }
    }
    pub(crate) fn way_out(mut self, text: impl Into<String>) -> Self {
        self.way_out = Some(text.into());
        self
    }
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}: ")?;
        }
        if let Some(field) = self.field.as_ref().filter(|field| !field.is_empty()) {
            write!(f, "field `{field}`: ")?;
        }
        f.write_str(&self.message)?;
        match &self.way_out {
            Some(way_out) => write!(f, "\n  to go on: {way_out}"),
            None => Ok(()),
        }
    }
}

/// Why there is no plan: every fault that was found, not just the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// The faults, in the order of the graph.
    pub faults: Vec<PlanFault>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanError {}

/// The fault of a row whose object lives in another account than the credentials are for.
pub(crate) fn other_account(accounts: &BTreeMap<String, String>, row: &ResourceRecord) -> Option<PlanFault> {
    let account = accounts.get(&row.provider).filter(|account| **account != row.account)?;
    // What was adopted by its id alone gets its account when it is read.
    if row.is_unread() {
        return None;
    }
    let message = format!(
        "it belongs to account {:?}, and the credentials of provider instance {:?} are for {account:?}",
        row.account, row.provider
    );
    Some(PlanFault::new(&row.urn, message).way_out("use the credentials of the account it was created with"))
}

/// The faults of a plan that was made for other accounts than the credentials are for now.
pub(crate) fn other_accounts(accounts: &BTreeMap<String, String>, plan: &Plan) -> Vec<PlanFault> {
    let moved = plan.accounts.iter().filter_map(|(instance, planned)| {
        let found = accounts.get(instance).filter(|found| *found != planned)?;
        Some(PlanFault {
            urn: None,
            field: None,
            message: format!(
                "the plan was made for account {planned:?} of provider instance {instance:?}, and its credentials are for {found:?} now"
            ),
            way_out: Some("use the same credentials, or plan again".into()),
        })
    });
    moved.collect()
}

/// The fault of a row that must be deleted by a provider the program does not register.
pub(super) fn unregistered(row: &ResourceRecord) -> PlanFault {
    let message = format!(
        "it must be deleted, and the program registers no provider instance {:?} with type {}",
        row.provider, row.type_token
    );
    PlanFault::new(&row.urn, message)
        .way_out("register the provider as before, or forget the resource with `state rm`")
}
