//! Which listed object is which declared resource. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::bulk::{Ambiguous, ImportReport, Listing};
use crate::graph::{Graph, GraphNode};
use crate::plan::{compare_inputs, wanted_inputs};
use crate::provider::{Driver, Observation};
use crate::resource::Recovery;
use crate::urn::Urn;
use crate::value::Value;

/// Candidates of each resource: the listing, and which of its objects.
pub(super) type Candidates = BTreeMap<Urn, (usize, Vec<usize>)>;

/// Accepts what fits in one way only.
pub(super) fn decide<'l>(
    graph: &Graph,
    candidates: Candidates,
    listings: &'l [Listing],
    report: &mut ImportReport,
) -> BTreeMap<Urn, (&'l Listing, &'l Observation)> {
    let mut claims: BTreeMap<(usize, usize), Vec<Urn>> = BTreeMap::new();
    for (urn, (at, found)) in &candidates {
        found.iter().for_each(|object| claims.entry((*at, *object)).or_default().push(urn.clone()));
    }
    let mut unsure: BTreeSet<Urn> = BTreeSet::new();
    for (urn, (at, found)) in &candidates {
        let rivals = found.iter().filter_map(|object| claims.get(&(*at, *object))).any(|urns| urns.len() > 1);
        if found.len() > 1 || rivals {
            unsure.insert(urn.clone());
        } else if found.is_empty() {
            report.missing.push(urn.clone());
        }
    }
    // What was told by an object that is not certain is not certain either.
    for index in &graph.order {
        let urn = &graph.node(*index).urn;
        let rests_on = graph.dependencies(urn).any(|on| unsure.contains(on));
        if rests_on && candidates.get(urn).is_some_and(|(_, found)| !found.is_empty()) {
            unsure.insert(urn.clone());
        }
    }
    let mut matches = BTreeMap::new();
    for (urn, (at, found)) in candidates {
        let Some(listing) = listings.get(at) else { continue };
        let objects: Vec<&Observation> = found.iter().filter_map(|one| listing.objects.get(*one)).collect();
        if unsure.contains(&urn) {
            let rivals = found.iter().filter_map(|one| claims.get(&(at, *one))).flatten().cloned();
            let urns: BTreeSet<Urn> = rivals.chain([urn]).collect();
            let doubt = Ambiguous {
                type_token: listing.driver.spec().type_token.to_owned(),
                ids: objects.iter().map(|found| found.id.clone()).collect(),
                urns: urns.into_iter().collect(),
            };
            if !report.ambiguous.contains(&doubt) {
                report.ambiguous.push(doubt);
            }
        } else if let [one] = objects.as_slice() {
            matches.insert(urn, (listing, *one));
        }
    }
    matches
}

/// The objects that a resource may be.
pub(super) fn matching(
    node: &GraphNode,
    driver: &dyn Driver,
    given: &Value,
    objects: &[Observation],
) -> Vec<usize> {
    if let Some(id) = node.options.import.as_deref() {
        return (0..).zip(objects).filter(|(_, one)| one.id == id).map(|(at, _)| at).collect();
    }
    let wanted = wanted_inputs(node, driver, given, None, 0).inputs;
    let spec = driver.spec();
    for field in spec.names() {
        let name = wanted.get(field.name);
        let Some(name) = name.as_str() else { continue };
        let same = |found: &Observation| {
            found.inputs.get(field.name).as_str().is_some_and(|other| field.equality.same(name, other))
        };
        let found: Vec<usize> = (0..).zip(objects).filter(|(_, one)| same(one)).map(|(at, _)| at).collect();
        if !found.is_empty() {
            return found;
        }
    }
    if spec.names().next().is_some() {
        return Vec::new();
    }
    let by_key = spec.recovery == Recovery::NaturalKey && spec.inputs.iter().any(|field| field.replace);
    let key: Vec<&str> = spec
        .inputs
        .iter()
        .filter(|f| if by_key { f.replace } else { !f.write_only })
        .map(|f| f.name)
        .collect();
    // A key that is not known yet fits everything, and so tells nothing.
    if key.iter().any(|name| wanted.get(name).has_unknown())
        || key.iter().all(|name| *wanted.get(name) == Value::Null)
    {
        return Vec::new();
    }
    let rest: Vec<String> =
        spec.inputs.iter().filter(|f| !key.contains(&f.name)).map(|f| f.name.to_owned()).collect();
    let same =
        |found: &Observation| compare_inputs(driver, &found.inputs, &wanted, &[], &rest).diff.is_empty();
    (0..).zip(objects).filter(|(_, one)| same(one)).map(|(at, _)| at).collect()
}
