//! Compares recorded resources with the cloud: by listing a type where that is fewer calls than
//! reading each, and records what is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::error::EngineError;
use super::recover::{apply_to, observed_row};
use super::session::{NoPort, READ_TIMEOUT, Session, context, within};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Reporter};
use crate::graph::Graph;
use crate::plan::drifted;
use crate::provider::{Context, Driver, Observation};
use crate::resource::PageToken;
use crate::state::{ResourceRecord, Write};

/// Rows written in one commit.
const COMMIT_ROWS_MAX: usize = 500;
/// From this many rows of a type on, listing is tried before reading.
const LIST_FROM: usize = 2;

/// What a refresh found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct RefreshReport {
    /// Resources compared.
    pub resources: usize,
    /// Resources that differ from what is recorded.
    pub drifted: usize,
    /// Resources that are gone.
    pub missing: usize,
    /// Calls made to providers: reads, and pages of listings.
    pub calls: usize,
}

/// The rows of one type in one provider instance.
struct Group {
    driver: Arc<dyn Driver>,
    cx: Context,
    rows: Vec<Arc<ResourceRecord>>,
    limit: Arc<Semaphore>,
}

/// What was found for one row.
type Finding = (Arc<ResourceRecord>, Arc<dyn Driver>, Option<Observation>);

impl Session<'_> {
    pub(super) async fn refresh(
        &mut self,
        graph: &Graph,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<RefreshReport, EngineError> {
        self.refresh_rows(graph, reporter, |_| true).await
    }

    /// Compares the rows that `wanted` picks.
    pub(super) async fn refresh_rows(
        &mut self,
        graph: &Graph,
        reporter: &mut (dyn Reporter + Send),
        wanted: fn(&ResourceRecord) -> bool,
    ) -> Result<RefreshReport, EngineError> {
        let groups = self.groups(graph, wanted)?;
        let mut report = RefreshReport {
            resources: groups.iter().map(|group| group.rows.len()).sum(),
            ..Default::default()
        };
        if groups.is_empty() {
            return Ok(report);
        }
        reporter.report(&Event::Refreshing { resources: report.resources });
        let mut running: FuturesUnordered<_> = groups.into_iter().map(compare).collect();
        let mut findings: Vec<Finding> = Vec::with_capacity(report.resources);
        while let Some(result) = running.next().await {
            let (found, calls) = result?;
            report.calls += calls;
            findings.extend(found);
        }
        drop(running);
        // Groups end in any order; rows are written in the order of their URNs.
        findings.sort_by(|a, b| a.0.urn.cmp(&b.0.urn));
        self.record(graph, findings, &mut report).await?;
        reporter.report(&Event::Refreshed {
            drifted: report.drifted,
            missing: report.missing,
            calls: report.calls,
        });
        Ok(report)
    }

    fn groups(&self, graph: &Graph, wanted: fn(&ResourceRecord) -> bool) -> Result<Vec<Group>, EngineError> {
        let mut by_type: BTreeMap<(&str, &str), Vec<Arc<ResourceRecord>>> = BTreeMap::new();
        for row in self.snapshot.resources.values().filter(|row| wanted(row)) {
            by_type.entry((&row.provider, &row.type_token)).or_default().push(Arc::clone(row));
        }
        let mut limits: BTreeMap<&str, Arc<Semaphore>> = BTreeMap::new();
        let mut groups = Vec::new();
        for ((provider, type_token), rows) in by_type {
            // A row whose provider left the program cannot be compared; planning says so.
            let Some(driver) = graph.driver_for(provider, type_token) else { continue };
            let Some(first) = rows.first().filter(|_| !driver.spec().local) else { continue };
            let cx = context(graph, provider, &first.urn, "", Arc::new(NoPort), READ_TIMEOUT)
                .map_err(|error| EngineError::Resource { urn: first.urn.clone(), error })?;
            let instance = graph.providers.get(provider);
            let parallel = instance.map_or(1, |instance| instance.parallelism_max);
            let limit = limits.entry(provider).or_insert_with(|| Arc::new(Semaphore::new(parallel)));
            groups.push(Group { driver, cx, rows, limit: Arc::clone(limit) });
        }
        Ok(groups)
    }

    async fn record(
        &mut self,
        graph: &Graph,
        findings: Vec<Finding>,
        report: &mut RefreshReport,
    ) -> Result<(), EngineError> {
        let now = self.engine.clock.now_ms();
        let mut writes = Vec::with_capacity(findings.len().min(COMMIT_ROWS_MAX));
        let seen = findings.iter().filter_map(|(row, _, found)| Some((row, found.as_ref()?)));
        let mut first_reads = self.first_reads(graph, seen, now);
        for (row, driver, observation) in findings {
            let fresh = match observation {
                Some(_) if row.is_unread() => first_reads.remove(&row.urn).unwrap_or((*row).clone()),
                Some(observation) => observed_row(&*driver, (*row).clone(), observation, now),
                None if row.is_unread() => self.never_found(&row, now),
                None => ResourceRecord { missing: true, refreshed_at: now, ..(*row).clone() },
            };
            report.missing += usize::from(fresh.missing);
            let observed = fresh.observed.as_ref();
            let differs = observed.is_some_and(|now| !drifted(&*driver, &fresh.inputs, now).is_empty());
            report.drifted += usize::from(differs);
            writes.push(Write::Put(Box::new(fresh)));
            if writes.len() == COMMIT_ROWS_MAX {
                self.write(std::mem::take(&mut writes)).await?;
            }
        }
        if !writes.is_empty() {
            self.write(writes).await?;
        }
        Ok(())
    }

    async fn write(&mut self, writes: Vec<Write>) -> Result<(), EngineError> {
        self.commit(writes.clone()).await?;
        apply_to(&mut self.snapshot, writes);
        Ok(())
    }
}

/// Finds every row of a group, by listing as far as that pays and by reading the rest.
async fn compare(group: Group) -> Result<(Vec<Finding>, usize), EngineError> {
    let mut calls = 0;
    let mut found: HashMap<String, Observation> = HashMap::new();
    if group.rows.len() >= LIST_FROM {
        calls += list(&group, &mut found).await?;
    }
    let mut findings: Vec<Finding> = Vec::with_capacity(group.rows.len());
    let mut unread = Vec::new();
    for row in &group.rows {
        match found.remove(&row.id) {
            Some(observation) => {
                findings.push((Arc::clone(row), Arc::clone(&group.driver), Some(observation)))
            }
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

/// Lists pages until every row is found, the listing ends, or reading would have been cheaper.
async fn list(group: &Group, found: &mut HashMap<String, Observation>) -> Result<usize, EngineError> {
    let mut wanted: std::collections::HashSet<&str> = group.rows.iter().map(|row| row.id.as_str()).collect();
    let mut page = PageToken::default();
    for call in 1..=group.rows.len() {
        let _permit = group.limit.acquire().await.expect("the semaphore is never closed");
        let listed = match within(READ_TIMEOUT, group.driver.list(&group.cx, page)).await {
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
    Ok(group.rows.len())
}

async fn read(group: &Group, row: Arc<ResourceRecord>) -> Result<Finding, EngineError> {
    let _permit = group.limit.acquire().await.expect("the semaphore is never closed");
    let mut cx = group.cx.clone();
    cx.urn = row.urn.clone();
    cx.deadline = tokio::time::Instant::now() + READ_TIMEOUT;
    let observation: Result<_, Error> = within(READ_TIMEOUT, group.driver.read(&cx, &row.id)).await;
    match observation {
        Ok(observation) => Ok((row, Arc::clone(&group.driver), observation)),
        Err(error) => Err(EngineError::Resource { urn: row.urn.clone(), error }),
    }
}
