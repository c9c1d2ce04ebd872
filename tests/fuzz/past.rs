//! What a stack was after its runs, and whether a rollback leads back there. Knows nothing of trouble.

use std::collections::BTreeMap;

use iac_core::{ApplyOptions, Engine, Graph, Snapshot, Value};
use iac_testkit::fake::{FakeCloud, audit};
use iac_testkit::sim::SplitMix64;

use crate::watch::Watch;

/// The inputs of each resource, in words that are the same for every incarnation, and the name that the
/// program gave it.
type Shape = BTreeMap<String, (String, Option<String>)>;

/// The runs that ended well, and what was there then.
#[derive(Default)]
pub(crate) struct Past(Vec<(u64, Shape)>);

/// What became of a rollback.
pub(crate) enum Back {
    /// There was no run to go back to.
    Nowhere,
    /// It led there.
    Done,
    /// Its steps could not be put in order.
    Circle,
}

impl Past {
    /// Notes what is there now as what it is after `run`.
    pub(crate) fn note(&mut self, run: u64, snapshot: &Snapshot) {
        self.0.push((run, shape(snapshot)));
    }

    /// Any of the runs.
    pub(crate) fn any(&self, random: &mut SplitMix64) -> usize {
        random.below(self.0.len() as u64) as usize
    }

    /// The newest of them.
    pub(crate) fn newest(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Goes to what was after the run at `at`; the error says what is not as it was.
    pub(crate) async fn go(
        &self,
        at: usize,
        engine: &Engine,
        program: &Graph,
        cloud: &FakeCloud,
        circle: &str,
        watch: &Watch,
    ) -> Result<Back, String> {
        let Some((run, wanted)) = self.0.get(at) else { return Ok(Back::Nowhere) };
        let fault = |error: iac_core::EngineError| format!("rollback to {run}: {error}");
        let back = engine.rollback(program, *run).await.map_err(fault)?;
        let options = back.options();
        let plan = match engine.plan(&back.graph, &options, true, &mut watch.reporter()).await {
            Err(error) if error.to_string().contains(circle) => return Ok(Back::Circle),
            plan => plan.map_err(fault)?,
        };
        let outcome = engine
            .apply(&back.graph, &plan, ApplyOptions::new(), &mut watch.reporter())
            .await
            .map_err(fault)?;
        if !outcome.succeeded() {
            return Err(format!("rollback to {run}: {:?}\n{:#?}", outcome.failures, plan.steps));
        }
        let snapshot = engine.snapshot(&program.stack_id()).await.map_err(fault)?;
        let faults = audit(cloud, &snapshot, &[]);
        if !faults.is_empty() {
            return Err(format!("rollback to {run}: state and cloud differ: {faults:#?}"));
        }
        let found = shape(&snapshot);
        if !is_back(wanted, &found) {
            return Err(format!(
                "rollback to {run}: it was {wanted:#?}\nand is {found:#?}\n{:#?}",
                plan.steps
            ));
        }
        let again = engine.rollback(program, *run).await.map_err(fault)?;
        let again = engine.plan(&again.graph, &options, true, &mut watch.reporter()).await.map_err(fault)?;
        if again.has_changes() {
            return Err(format!("rollback to {run}: a second one is not empty: {:#?}", again.steps));
        }
        Ok(Back::Done)
    }
}

/// Whether all is as it was. What had a derived name may have another: its old one may be taken.
fn is_back(wanted: &Shape, found: &Shape) -> bool {
    let same = |(inputs, name): &(String, Option<String>), path: &String| {
        found.get(path).is_some_and(|(now, named)| now == inputs && (name.is_none() || named == name))
    };
    wanted.len() == found.len() && wanted.iter().all(|(path, what)| same(what, path))
}

fn shape(snapshot: &Snapshot) -> Shape {
    let rows = || snapshot.resources.values();
    // What each incarnation has of its own, by the resource it belongs to.
    let mut own: Vec<(String, String)> = Vec::new();
    for row in rows() {
        own.push((format!("\"{}\"", row.id), format!("<id of {}>", row.urn.path())));
        if let Some(address) = row.outputs.get("address").as_str() {
            own.push((format!("at {address}\""), format!("at <{}>\"", row.urn.path())));
        }
    }
    let shown = |value: &Value| {
        let text = value.to_redacted_json().to_string();
        own.iter().fold(text, |text, (from, to)| text.replace(from, to))
    };
    rows()
        .map(|row| {
            let name = row.inputs.get("name").as_str().filter(|name| !name.starts_with("fuzz-case-"));
            let inputs = row.inputs.with("name", Value::Null);
            (row.urn.path().to_owned(), (shown(&inputs), name.map(str::to_owned)))
        })
        .collect()
}
