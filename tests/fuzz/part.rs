//! Parts of a stack, and accepted drift, without trouble: nobody is left pointing at an object that is
//! gone, and what was accepted is what is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use iac_core::{ApplyOptions, RefreshOptions, Value};
use iac_testkit::fake::audit;
use iac_testkit::sim::SplitMix64;

use crate::case::{Case, id, steps};
use crate::model::Model;
use crate::trouble::drift;

/// Input fields of the fake types that hold ids of other objects.
const REFERENCES: [&str; 6] = ["parent", "host", "peers", "attached", "upstream", "node"];

impl Case {
    /// Applies a random part of the program to a cloud that agrees with the state.
    pub(crate) async fn calm_part(&mut self, model: &Model, random: &mut SplitMix64) -> Result<(), String> {
        let graph = self.graph(model)?;
        let engine = self.engine(Arc::new(self.backend.clone()));
        let mut options = Self::options(random.chance(0.1));
        for _ in 0..=random.below(2) {
            match random.below(3) {
                0 => options.excludes.extend(model.any(random)),
                _ => options.targets.extend(model.any(random)),
            }
        }
        let dangling = self.dangling();
        // A part that cannot stand alone is refused, and that is an answer.
        let Ok(plan) = engine.plan(&graph, &options, true, &mut self.watch.reporter()).await else {
            self.tally.refused += 1;
            return Ok(());
        };
        let apply = ApplyOptions::new().parallelism_max(self.parallelism);
        let outcome = engine.apply(&graph, &plan, apply, &mut self.watch.reporter()).await;
        let outcome = outcome.map_err(|error| error.to_string())?;
        // It may fail, for example where a name is still taken by what is outside of the part.
        self.tally.steps += outcome.done;
        let new: Vec<_> = self.dangling().difference(&dangling).cloned().collect();
        if !new.is_empty() {
            let why = format!("{new:?} point at nothing after {:?} {:?}", options.targets, options.excludes);
            return Err(format!("{why}\n{}{:?}", steps(&plan), plan.selection));
        }
        self.nothing_lost().await
    }

    /// Something changes outside and is accepted.
    pub(crate) async fn accepted(&mut self, model: &Model, random: &mut SplitMix64) -> Result<(), String> {
        let fault = |error: iac_core::EngineError| error.to_string();
        drift(&self.cloud, random);
        let graph = self.graph(model)?;
        let engine = self.engine(Arc::new(self.backend.clone()));
        let options = RefreshOptions::new().accept();
        let report =
            engine.refresh_with(&graph, &options, &mut self.watch.reporter()).await.map_err(fault)?;
        if report.drift.len() != report.accepted + report.dropped {
            return Err(format!("not all was accepted: {report:?}"));
        }
        let again = engine.refresh(&graph, &mut self.watch.reporter()).await.map_err(fault)?;
        let snapshot = engine.snapshot(&id()).await.map_err(fault)?;
        let left = audit(&self.cloud, &snapshot, &[]);
        match again.drift.is_empty() && left.is_empty() {
            true => Ok(()),
            false => Err(format!("drift is left after it was accepted: {:?} {left:#?}", again.drift)),
        }
    }

    /// References to objects that do not exist, as `object.field`.
    fn dangling(&self) -> BTreeSet<String> {
        let objects = self.cloud.inventory();
        let there: BTreeSet<&str> = objects.iter().map(|object| object.id.as_str()).collect();
        let mut dangling = BTreeSet::new();
        for object in &objects {
            for field in REFERENCES {
                let value = object.inputs.get(field);
                let many = value.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
                if many.chain(value.as_str()).any(|to| !there.contains(to)) {
                    dangling.insert(format!("{}.{field}", object.id));
                }
            }
        }
        dangling
    }
}
