//! Imports many objects at once: lists what exists, matches it with what the program declares, and
//! records the matches. Never changes the cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Engine;
use super::adoption::{declared, step_record};
use super::bulk_match::{Candidates, decide, matching};
use super::error::EngineError;
use super::import_filter::ImportFilter;
use super::known::{Known, KnownScope};
use super::session::{NoPort, READ_TIMEOUT, Session, while_leased, within};
use crate::error::{Error, ErrorKind};
use crate::event::NoReporter;
use crate::graph::Graph;
use crate::plan::{Op, imported_row};
use crate::provider::{Driver, Observation};
use crate::resource::PageToken;
use crate::state::{JournalKey, RunKind, RunStatus, Write};
use crate::urn::Urn;
use crate::value::Value;

/// Most pages that are listed of one type. A cloud that gives more has another page size than any
/// known one, or gives pages without end.
const PAGES_MAX: usize = 10_000;

/// An object that became a resource of the program.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Imported {
    /// The resource.
    pub urn: Urn,
    /// The object's physical id.
    pub id: String,
}

/// An object that exists in the cloud.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FoundObject {
    /// The type's token.
    pub type_token: String,
    /// The provider instance it was found in.
    pub provider: String,
    /// Its name, if its type has one.
    pub name: Option<String>,
    /// What was read of it.
    pub observation: Observation,
}

/// Objects and resources that fit each other in more than one way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Ambiguous {
    /// The type's token.
    pub type_token: String,
    /// The objects' physical ids.
    pub ids: Vec<String>,
    /// The resources that each of them may be.
    pub urns: Vec<Urn>,
}

/// What a bulk import found.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ImportReport {
    /// What was recorded, or would be in a dry run.
    pub imported: Vec<Imported>,
    /// Objects that no resource of the program describes.
    pub unmatched: Vec<FoundObject>,
    /// Objects that cannot be told apart, and are left alone.
    pub ambiguous: Vec<Ambiguous>,
    /// Resources of the program without an object, among those that could have got one.
    pub missing: Vec<Urn>,
    /// How many objects the state knew already.
    pub recorded: usize,
    /// Types whose objects cannot be listed.
    pub unlisted: Vec<String>,
}

/// Listed objects of one type in one provider instance.
pub(super) struct Listing {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) provider: String,
    pub(super) objects: Vec<Observation>,
}

impl Engine {
    /// Lists the objects that `filter` wants, and records each one that a resource of the program
    /// without a row describes, all in one run. A resource is matched by its name, pinned or
    /// derived, and by whatever else is unique; without one by its natural key, or else by all its
    /// known inputs.
    ///
    /// # Errors
    /// See [`EngineError`]: an unknown type, a listing that failed. Nothing is written then.
    pub async fn import_all(
        &self,
        graph: &Graph,
        filter: &ImportFilter,
    ) -> Result<ImportReport, EngineError> {
        let mut session = Session::open(self, graph.stack_id(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let imported = async {
            session.read_accounts(graph).await?;
            session.import_all(graph, filter).await
        };
        let imported = while_leased(heartbeat, imported).await;
        session.close(imported).await
    }

    /// Reads one object without recording it.
    ///
    /// # Errors
    /// No registered provider has the type; there is no such object; the read failed.
    pub async fn look_at(
        &self,
        graph: &Graph,
        type_token: &str,
        id: &str,
    ) -> Result<FoundObject, EngineError> {
        let instances = graph.providers.values();
        let mut having = instances.filter(|instance| instance.types.drivers.contains_key(type_token));
        let Some((instance, driver)) =
            having.next().and_then(|one| Some((one, one.types.drivers.get(type_token)?)))
        else {
            return Err(unknown_type(graph, type_token));
        };
        let urn = place(graph, type_token)?;
        let failed = |error| EngineError::Resource { urn: urn.clone(), error };
        let cx = instance.context(&urn, "", Arc::new(NoPort), READ_TIMEOUT).map_err(failed)?;
        let found = within(READ_TIMEOUT, driver.read(&cx, id)).await.map_err(failed)?;
        let Some(observation) = found else {
            let error = Error::new(ErrorKind::NotFound, format!("there is no object {id}"));
            return Err(failed(error.hint("check the id, and that the credentials are for its project")));
        };
        Ok(FoundObject {
            type_token: type_token.to_owned(),
            provider: instance.name.to_string(),
            name: name_of(&**driver, &observation.inputs),
            observation,
        })
    }
}

impl Session<'_> {
    async fn import_all(
        &mut self,
        graph: &Graph,
        filter: &ImportFilter,
    ) -> Result<ImportReport, EngineError> {
        let mut report = ImportReport::default();
        let mut listings = Vec::new();
        for token in &filter.types {
            if !graph.providers.values().any(|instance| instance.types.drivers.contains_key(token.as_str())) {
                return Err(unknown_type(graph, token));
            }
        }
        for instance in graph.providers.values() {
            for driver in instance.types.drivers.values().filter(|driver| !driver.spec().local) {
                let token = driver.spec().type_token;
                if !filter.types.is_empty() && !filter.types.iter().any(|wanted| wanted == token) {
                    continue;
                }
                match list_all(self, graph, &instance.name, &**driver).await? {
                    Some(objects) => listings.push(Listing {
                        driver: Arc::clone(driver),
                        provider: instance.name.to_string(),
                        objects,
                    }),
                    None => report.unlisted.push(token.to_owned()),
                }
            }
        }
        for listing in &mut listings {
            let before = listing.objects.len();
            let token = listing.driver.spec().type_token;
            listing.objects.retain(|found| self.owner_of(&listing.provider, token, &found.id).is_none());
            report.recorded += before - listing.objects.len();
            listing.objects.retain(|found| filter.wants(&*listing.driver, found));
        }
        let matches = self.match_all(graph, filter, &listings, &mut report);
        if !filter.dry_run && !matches.is_empty() {
            self.record_matches(graph, &matches).await?;
        }
        let taken: BTreeSet<(&str, &str, &str)> = matches
            .iter()
            .map(|(urn, (listing, found))| (listing.provider.as_str(), urn.type_token(), found.id.as_str()))
            .collect();
        for listing in &listings {
            let token = listing.driver.spec().type_token;
            let doubtful = |id: &String| {
                report.ambiguous.iter().any(|one| one.type_token == token && one.ids.contains(id))
            };
            let left = listing.objects.iter().filter(|found| {
                !taken.contains(&(listing.provider.as_str(), token, found.id.as_str()))
                    && !doubtful(&found.id)
            });
            report.unmatched.extend(left.map(|found| FoundObject {
                type_token: token.to_owned(),
                provider: listing.provider.clone(),
                name: name_of(&*listing.driver, &found.inputs),
                observation: found.clone(),
            }));
        }
        let imported = matches.iter();
        report.imported =
            imported.map(|(urn, (_, found))| Imported { urn: urn.clone(), id: found.id.clone() }).collect();
        Ok(report)
    }

    /// Which object each resource without a row is. What is not certain goes into the report.
    fn match_all<'l>(
        &self,
        graph: &Graph,
        filter: &ImportFilter,
        listings: &'l [Listing],
        report: &mut ImportReport,
    ) -> BTreeMap<Urn, (&'l Listing, &'l Observation)> {
        let mut scope = KnownScope::recorded(graph, &self.snapshot);
        let mut candidates = Candidates::new();
        for index in &graph.order {
            let node = graph.node(*index);
            let Some(driver) = node.driver().filter(|driver| !driver.spec().local) else { continue };
            let is_recorded = self.snapshot.resources.get(&node.urn).is_some_and(|row| !row.missing);
            if is_recorded || !filter.reaches(node.urn.path()) {
                continue;
            }
            let of_type = |listing: &Listing| {
                listing.provider == *node.provider
                    && listing.driver.spec().type_token == driver.spec().type_token
            };
            let Some((at, listing)) = listings.iter().enumerate().find(|(_, listing)| of_type(listing))
            else {
                continue;
            };
            let given = node.inputs.eval(&scope).unwrap_or(Value::Unknown);
            let found = matching(node, &**driver, &given, &listing.objects);
            if let [one] = found.as_slice()
                && let Some(object) = listing.objects.get(*one)
            {
                // What refers to it can be told by its id.
                let row = imported_row(graph, node, &**driver, object.clone(), String::new());
                scope.learn(*index, Known::Row(Arc::new(row)));
            }
            candidates.insert(node.urn.clone(), (at, found));
        }
        decide(graph, candidates, listings, report)
    }

    async fn record_matches(
        &mut self,
        graph: &Graph,
        matches: &BTreeMap<Urn, (&Listing, &Observation)>,
    ) -> Result<(), EngineError> {
        // Rows for the scope first: what one says may come from another one.
        let mut rows = Vec::new();
        for index in &graph.order {
            let urn = &graph.node(*index).urn;
            let Some((_, found)) = matches.get(urn) else { continue };
            let Some((node, driver)) = declared(graph, urn) else { continue };
            let stale = self.forgetting(urn);
            let row = self.imported_row(graph, node, &**driver, (*found).clone());
            self.snapshot.resources.insert(urn.clone(), Arc::new(row.clone()));
            rows.push((row, stale));
        }
        let run = self.begin_run(RunKind::State).await?;
        let mut writes = Vec::new();
        for (step, (row, stale)) in (0..).zip(rows) {
            let now = row.modified_at;
            writes.extend(stale);
            writes.push(step_record(JournalKey { run, step }, &row, Op::Import.as_str(), now));
            writes.push(Write::Put(Box::new(row)));
        }
        self.commit(writes).await?;
        self.end_run(RunStatus::Succeeded).await
    }
}

/// Every object of a type; nothing where its API has no listing, or no client is there yet.
async fn list_all(
    session: &Session<'_>,
    graph: &Graph,
    provider: &str,
    driver: &dyn Driver,
) -> Result<Option<Vec<Observation>>, EngineError> {
    let urn = place(graph, driver.spec().type_token)?;
    // No resource uses an instance yet whose client nobody asked for.
    let fresh = |urn: &Urn| {
        let instance = graph.providers.get(provider)?;
        instance.context(urn, "", Arc::new(NoPort), READ_TIMEOUT).ok()
    };
    let failed = |error| EngineError::Resource { urn: urn.clone(), error };
    let mut objects = Vec::new();
    let mut page = PageToken::default();
    for _ in 0..PAGES_MAX {
        let Some(cx) = session.read_context(provider, &urn, "").ok().or_else(|| fresh(&urn)) else {
            return Ok(None);
        };
        let listed = match within(READ_TIMEOUT, driver.list(&cx, page)).await {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        objects.extend(listed.items);
        match listed.next {
            Some(next) => page = next,
            None => return Ok(Some(objects)),
        }
    }
    Err(failed(Error::internal(format!("its listing has more than {PAGES_MAX} pages"))))
}

/// What a call is for that is about no resource of the program.
fn place(graph: &Graph, type_token: &str) -> Result<Urn, EngineError> {
    Urn::new(graph.project(), graph.stack(), type_token, &[], "import")
        .map_err(|error| EngineError::NoSuchResource(error.to_string()))
}

fn unknown_type(graph: &Graph, type_token: &str) -> EngineError {
    // What lives in the state alone is nowhere to be imported from.
    let drivers = graph.providers.values().flat_map(|one| one.types.drivers.values());
    let specs = drivers.map(|driver| driver.spec()).filter(|spec| !spec.local);
    let known: BTreeSet<&str> = specs.map(|spec| spec.type_token).collect();
    let known: Vec<&str> = known.into_iter().collect();
    EngineError::NoSuchResource(format!(
        "no registered provider has a type {type_token:?}; there are {}",
        known.join(", ")
    ))
}

/// The name of an object, if its type has one.
pub(super) fn name_of(driver: &dyn Driver, inputs: &Value) -> Option<String> {
    let named = driver.spec().names().map(|field| field.name).chain(["name"]);
    named.into_iter().find_map(|field| inputs.get(field).as_str().map(str::to_owned))
}
