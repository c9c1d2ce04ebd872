//! Compares recorded resources with the cloud and records what differs; on request takes what the
//! cloud has as the recorded state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::compare::{Finding, Group, compare};
use super::error::EngineError;
use super::recover::{apply_to, observed_row};
use super::session::{Session, while_leased};
use super::{ApplyOptions, Engine};
use crate::event::{Event, Reporter};
use crate::graph::Graph;
use crate::plan::{
    Drift, NotCompared, Op, Plan, PlanError, PlanOptions, is_refreshed, not_compared, plan, unknown_names,
};
use crate::state::{CheckRecord, ResourceRecord, RunKind, RunStatus, Write};

/// Rows written in one commit.
const COMMIT_ROWS_MAX: usize = 500;

/// What to refresh, and what to do about differences.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[must_use]
pub struct RefreshOptions {
    /// Exactly these resources (URN or path); empty for all.
    pub targets: Vec<String>,
    /// Not these resources (URN or path).
    pub excludes: Vec<String>,
    /// Take what the cloud has as the recorded state: changed values become the recorded ones, and
    /// what is gone is dropped. Without it differences are noted beside what was applied last.
    pub accept: bool,
}

impl RefreshOptions {
    /// Compares everything and accepts nothing.
    pub fn new() -> Self {
        Self::default()
    }
    /// Only this resource, a URN or a path; repeatable.
    pub fn target(mut self, resource: impl Into<String>) -> Self {
        self.targets.push(resource.into());
        self
    }
    /// Takes what the cloud has as the recorded state.
    pub fn accept(mut self) -> Self {
        self.accept = true;
        self
    }

    fn plan_options(&self) -> PlanOptions {
        let mut options = PlanOptions::new().refresh_only();
        options.targets.clone_from(&self.targets);
        options.excludes.clone_from(&self.excludes);
        options
    }
}

/// What a refresh found.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
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
    /// What differs, field by field, and what is gone. Where it was accepted: what differed before.
    pub drift: Vec<Drift>,
    /// Resources that were not compared, and why.
    pub not_compared: Vec<NotCompared>,
    /// Resources whose values in the cloud were accepted.
    pub accepted: usize,
    /// Resources that are gone and were dropped from the state.
    pub dropped: usize,
}

impl Engine {
    /// Compares the state with the cloud and notes beside each resource what is there. What was
    /// applied last stays recorded, so that a plan can tell what somebody else changed from what the
    /// program changes.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub async fn refresh(
        &self,
        graph: &Graph,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<RefreshReport, EngineError> {
        self.refresh_with(graph, &RefreshOptions::new(), reporter).await
    }

    /// Like [`refresh`](Engine::refresh), for a part of the stack, or accepting what the cloud has.
    ///
    /// ```
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{Engine, NoReporter, RefreshOptions, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = Stack::new("philotes", "dev")?.freeze()?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let report = engine.refresh_with(&graph, &RefreshOptions::new().accept(), &mut NoReporter).await?;
    /// assert_eq!((report.accepted, report.dropped), (0, 0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`EngineError`]; a target that neither the program nor the state knows.
    pub async fn refresh_with(
        &self,
        graph: &Graph,
        options: &RefreshOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<RefreshReport, EngineError> {
        let mut session = Session::open(self, graph.stack_id(), reporter).await?;
        let heartbeat = session.heartbeat();
        let refreshed = async {
            session.read_accounts(graph).await?;
            session.recover(graph, reporter).await?;
            session.begin_run(RunKind::Refresh).await?;
            let report = session.refresh_run(graph, options, reporter).await;
            let status = if report.is_ok() { RunStatus::Succeeded } else { RunStatus::Failed };
            // The first error is the one to tell.
            let ended = session.end_run(status).await;
            let report = report?;
            ended?;
            Ok(report)
        };
        let refreshed = while_leased(heartbeat, refreshed).await;
        session.close(refreshed).await
    }
}

impl Session<'_> {
    async fn refresh_run(
        &mut self,
        graph: &Graph,
        options: &RefreshOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<RefreshReport, EngineError> {
        let scope = options.plan_options();
        let mut report = self.refresh(graph, &scope, reporter).await?;
        let plan: Plan = plan(graph, &self.snapshot, &scope)?;
        report.drift.clone_from(&plan.drift);
        if options.accept && plan.has_changes() {
            let count = |op: Op| plan.steps.iter().filter(|step| step.op == op).count();
            let (accepted, dropped) = (count(Op::Accept), count(Op::Forget));
            let outcome = self.apply(graph, &plan, ApplyOptions::new(), reporter).await?;
            // A step that only writes the state fails with the whole run or not at all.
            debug_assert!(outcome.succeeded(), "{:?}", outcome.failures);
            (report.accepted, report.dropped) = (accepted, dropped);
        }
        Ok(report)
    }

    /// Compares the rows that `scope` names, and writes those that differ from what is recorded of
    /// the cloud.
    pub(super) async fn refresh(
        &mut self,
        graph: &Graph,
        scope: &PlanOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<RefreshReport, EngineError> {
        let faults = unknown_names(graph, &self.snapshot, scope);
        if !faults.is_empty() {
            return Err(PlanError { faults }.into());
        }
        let mut report = RefreshReport::default();
        // What configures a provider is looked at before what lives in it.
        let depths = graph.providers.keys().map(|provider| self.depth(graph, provider));
        for depth in 0..=depths.max().unwrap_or(0) {
            if depth > 0 {
                self.read_accounts(graph).await?;
            }
            self.refresh_at(graph, scope, depth, &mut report, reporter).await?;
        }
        let rows = self.snapshot.resources.values().filter(|row| is_refreshed(scope, &row.urn));
        report.not_compared = rows
            .filter_map(|row| Some(NotCompared { urn: row.urn.clone(), why: not_compared(graph, row)? }))
            .collect();
        if report.resources > 0 {
            reporter.report(&Event::Refreshed {
                drifted: report.drifted,
                missing: report.missing,
                calls: report.calls,
            });
        }
        Ok(report)
    }

    /// Compares what lives in providers of this depth.
    async fn refresh_at(
        &mut self,
        graph: &Graph,
        scope: &PlanOptions,
        depth: usize,
        report: &mut RefreshReport,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<(), EngineError> {
        let (groups, lost) = self.groups(graph, scope, depth)?;
        let resources = groups.iter().map(|group| group.rows.len()).sum::<usize>() + lost.len();
        if resources == 0 {
            return Ok(());
        }
        report.resources += resources;
        reporter.report(&Event::Refreshing { resources });
        let mut running: FuturesUnordered<_> = groups.into_iter().map(compare).collect();
        let mut findings: Vec<Finding> = lost;
        while let Some(result) = self.ear.next(&mut running, &self.snapshot, reporter).await {
            let (found, calls) = result?;
            report.calls += calls;
            findings.extend(found);
        }
        drop(running);
        // Groups end in any order; rows are written in the order of their URNs.
        findings.sort_by(|a, b| a.row.urn.cmp(&b.row.urn));
        self.record(graph, findings, report).await
    }

    /// The rows to compare, and those that are gone together with what their provider lives in.
    fn groups(
        &self,
        graph: &Graph,
        scope: &PlanOptions,
        depth: usize,
    ) -> Result<(Vec<Group>, Vec<Finding>), EngineError> {
        let mut by_type: BTreeMap<(&str, &str), OfType> = BTreeMap::new();
        for row in self.snapshot.resources.values() {
            let of_type = by_type.entry((&row.provider, &row.type_token)).or_default();
            if !is_refreshed(scope, &row.urn) {
                of_type.partial = true;
            } else if not_compared(graph, row).is_none() {
                of_type.rows.push(Arc::clone(row));
            }
        }
        let mut limits: BTreeMap<&str, Arc<Semaphore>> = BTreeMap::new();
        let (mut groups, mut lost) = (Vec::new(), Vec::new());
        for ((provider, type_token), OfType { rows, partial }) in by_type {
            if self.depth(graph, provider) != depth {
                continue;
            }
            let (Some(driver), Some(first)) = (graph.driver_for(provider, type_token), rows.first()) else {
                continue;
            };
            let instance = graph.providers.get(provider);
            if instance.is_some_and(|instance| self.lost_its_ground(graph, instance)) {
                let gone =
                    |row| Finding { row, driver: Arc::clone(&driver), observation: None, whole: !partial };
                lost.extend(rows.into_iter().map(gone));
                continue;
            }
            let cx = self
                .read_context(provider, &first.urn, "")
                .map_err(|error| EngineError::Resource { urn: first.urn.clone(), error })?;
            let parallel = instance.map_or(1, |instance| instance.parallelism_max);
            let limit = limits.entry(provider).or_insert_with(|| Arc::new(Semaphore::new(parallel)));
            groups.push(Group { driver, cx, rows, whole: !partial, limit: Arc::clone(limit) });
        }
        Ok((groups, lost))
    }

    /// Writes the rows of which something else is known now. That the others are as they were is one
    /// record for each type, whatever their number, and no change of the state.
    async fn record(
        &mut self,
        graph: &Graph,
        findings: Vec<Finding>,
        report: &mut RefreshReport,
    ) -> Result<(), EngineError> {
        let now = self.engine.clock.now_ms();
        let whole = findings.iter().filter(|finding| finding.whole);
        let whole: BTreeSet<(&str, &str)> =
            whole.map(|finding| (&*finding.row.provider, &*finding.row.type_token)).collect();
        let checks: Vec<Write> = whole
            .into_iter()
            .map(|(provider, type_token)| CheckRecord {
                provider: provider.to_owned(),
                type_token: type_token.to_owned(),
                at: now,
            })
            .map(Write::Checked)
            .collect();
        let mut writes = Vec::new();
        let seen = findings.iter().filter_map(|finding| Some((&finding.row, finding.observation.as_ref()?)));
        let mut first_reads = self.first_reads(graph, seen, now);
        for Finding { row, driver, observation, whole } in findings {
            let fresh = match observation {
                Some(_) if row.is_unread() => first_reads.remove(&row.urn).unwrap_or((*row).clone()),
                Some(observation) => observed_row(&*driver, (*row).clone(), observation, now),
                None if row.is_unread() => self.never_found(&row, now),
                None => ResourceRecord { missing: true, refreshed_at: now, ..(*row).clone() },
            };
            report.missing += usize::from(fresh.missing);
            let observed = fresh.observed.as_ref();
            let differs =
                observed.is_some_and(|seen| !crate::plan::drifted(&*driver, &fresh.inputs, seen).is_empty());
            report.drifted += usize::from(differs && !fresh.missing);
            if !is_known(&row, &fresh) {
                writes.push(Write::Put(Box::new(fresh)));
            } else if !whole {
                writes.push(Write::Seen { urn: row.urn.clone(), token: row.token.clone(), at: now });
            }
            if writes.len() == COMMIT_ROWS_MAX {
                self.write(std::mem::take(&mut writes)).await?;
            }
        }
        // Last, so that no type counts as compared before all that differs is written.
        writes.extend(checks);
        self.write(writes).await
    }

    async fn write(&mut self, writes: Vec<Write>) -> Result<(), EngineError> {
        if !writes.is_empty() {
            self.commit(writes.clone()).await?;
            apply_to(&mut self.snapshot, writes);
        }
        Ok(())
    }
}

/// The rows of one type in one provider instance that a refresh is about.
#[derive(Default)]
struct OfType {
    rows: Vec<Arc<ResourceRecord>>,
    /// Whether there are others.
    partial: bool,
}

/// Whether a row says already what was found.
fn is_known(row: &ResourceRecord, fresh: &ResourceRecord) -> bool {
    row.missing == fresh.missing
        && row.id == fresh.id
        && row.observed == fresh.observed
        && row.outputs == fresh.outputs
}
