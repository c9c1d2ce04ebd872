//! Reads the resources of one type in one provider instance: by listing as far as that pays, and the
//! rest one by one. Knows nothing of what is recorded about them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::error::EngineError;
use super::session::{READ_TIMEOUT, within};
use crate::error::{Error, ErrorKind};
use crate::provider::{Context, Driver, Observation};
use crate::resource::PageToken;
use crate::state::ResourceRecord;

/// Pages are listed for at most one in so many rows. An account may have thousands of objects that
/// are not ours, and nothing tells beforehand how many: this bounds what looking for ours among them
/// can cost to half as many calls again as reading each.
const ROWS_PER_PAGE_MIN: usize = 2;

/// The rows of one type in one provider instance that are to be compared.
pub(super) struct Group {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) cx: Context,
    pub(super) rows: Vec<Arc<ResourceRecord>>,
    /// Whether these are all rows of the type.
    pub(super) whole: bool,
    pub(super) limit: Arc<Semaphore>,
}

/// What was found for one row.
pub(super) struct Finding {
    pub(super) row: Arc<ResourceRecord>,
    pub(super) driver: Arc<dyn Driver>,
    /// `None` if it is gone.
    pub(super) observation: Option<Observation>,
    /// Whether all rows of its type are being compared.
    pub(super) whole: bool,
}

impl Group {
    fn finding(&self, row: Arc<ResourceRecord>, observation: Option<Observation>) -> Finding {
        Finding { row, driver: Arc::clone(&self.driver), observation, whole: self.whole }
    }
}

/// Finds every row of a group. Answers how many calls it took, too.
pub(super) async fn compare(group: Group) -> Result<(Vec<Finding>, usize), EngineError> {
    let mut found: HashMap<String, Observation> = HashMap::new();
    let mut calls = list(&group, &mut found).await?;
    let mut findings: Vec<Finding> = Vec::with_capacity(group.rows.len());
    let mut unread = Vec::new();
    for row in &group.rows {
        match found.remove(&row.id) {
            Some(observation) => findings.push(group.finding(Arc::clone(row), Some(observation))),
            // Also where the listing came to its end: a listing may be behind, a read is not.
            None => unread.push(Arc::clone(row)),
        }
    }
    calls += unread.len();
    let group = &group;
    let mut reads: FuturesUnordered<_> = unread.into_iter().map(|row| read(group, row)).collect();
    while let Some(finding) = reads.next().await {
        findings.push(finding?);
    }
    drop(reads);
    Ok((findings, calls))
}

/// Lists pages until every row is found, the listing ends, or it has cost enough.
async fn list(group: &Group, found: &mut HashMap<String, Observation>) -> Result<usize, EngineError> {
    let pages_max = group.rows.len() / ROWS_PER_PAGE_MIN;
    let mut wanted: HashSet<&str> = group.rows.iter().map(|row| row.id.as_str()).collect();
    let mut page = PageToken::default();
    for call in 1..=pages_max {
        let _permit = group.limit.acquire().await.expect("the semaphore is never closed");
        let mut cx = group.cx.clone();
        cx.deadline = tokio::time::Instant::now() + READ_TIMEOUT;
        let listed = match within(READ_TIMEOUT, group.driver.list(&cx, page)).await {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(0),
            Err(error) => return Err(EngineError::Resource { urn: group.cx.urn.clone(), error }),
        };
        for item in listed.items {
            if wanted.remove(item.id.as_str()) {
                found.insert(item.id.clone(), item);
            }
        }
        match listed.next {
            Some(next) if !wanted.is_empty() => page = next,
            _ => return Ok(call),
        }
    }
    Ok(pages_max)
}

async fn read(group: &Group, row: Arc<ResourceRecord>) -> Result<Finding, EngineError> {
    let _permit = group.limit.acquire().await.expect("the semaphore is never closed");
    let mut cx = group.cx.clone();
    cx.urn = row.urn.clone();
    cx.deadline = tokio::time::Instant::now() + READ_TIMEOUT;
    let observation: Result<_, Error> = within(READ_TIMEOUT, group.driver.read(&cx, &row.id)).await;
    match observation {
        Ok(observation) => Ok(group.finding(row, observation)),
        Err(error) => Err(EngineError::Resource { urn: row.urn.clone(), error }),
    }
}
