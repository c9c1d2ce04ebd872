//! Which resource of a program each object of another tool's state is. Pure; knows nothing of files.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::provider::{ForeignClaim, ForeignObject, ForeignType};
use iac_core::{Adoption, Declared, Graph, Snapshot, Urn, Value};
use serde_json::Value as Json;

use crate::error::AdoptError;
use crate::foreign::{ForeignResource, ForeignState, Tool};
use crate::matched::{Found, How, LeftOver, MatchedState, Why};
use crate::settle::left_over;

/// An object that may become a resource.
pub(crate) struct Candidate<'a> {
    pub(crate) foreign: &'a ForeignResource,
    pub(crate) address: String,
    pub(crate) type_token: &'static str,
    pub(crate) id: String,
    pub(crate) keys: Vec<(&'static str, Value)>,
    pub(crate) or_field: Option<(&'static str, String, &'static str)>,
}

/// A field that the other tool has as a resource.
pub(crate) struct FieldClaim<'a> {
    pub(crate) foreign: &'a ForeignResource,
    pub(crate) type_token: &'static str,
    pub(crate) id: String,
    pub(crate) field: &'static str,
}

/// Everything that is matched so far.
pub(crate) struct Matching<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) candidates: Vec<Candidate<'a>>,
    pub(crate) fields: Vec<FieldClaim<'a>>,
    /// By the candidate's place.
    pub(crate) matched: BTreeMap<usize, (Urn, How)>,
    pub(crate) left: Vec<LeftOver>,
    pub(crate) recorded: Vec<Found>,
}

/// Finds which resource of the program each object of `state` is, asking nobody. `maps` are pairs of
/// the other tool's address and a path or URN of the program; they come first. Then count the name in
/// the cloud, the name in the other tool, being the only one of a type that is left on both sides, and
/// what identifies an object (the range of a subnet, the two ends of an attachment). A resource whose
/// program says otherwise in a known field is never matched unless it is mapped.
///
/// # Errors
/// [`AdoptError::Map`] for a pair that does not fit.
pub fn match_state(
    graph: &Graph,
    snapshot: &Snapshot,
    state: &ForeignState,
    maps: &[(String, String)],
) -> Result<MatchedState, AdoptError> {
    let mut matching = Matching {
        graph,
        snapshot,
        candidates: Vec::new(),
        fields: Vec::new(),
        matched: BTreeMap::new(),
        left: Vec::new(),
        recorded: Vec::new(),
    };
    matching.claim(state);
    matching.map(maps)?;
    // What is found tells ids that tell more.
    while matching.by_physical_name()
        || matching.by_name()
        || matching.as_only_one()
        || matching.by_natural_key()
    {}
    Ok(matching.finish())
}

impl<'a> Matching<'a> {
    /// What every object is here.
    fn claim(&mut self, state: &'a ForeignState) {
        let types: Vec<&ForeignType> =
            self.graph.providers().flat_map(|one| one.types().foreign_types()).collect();
        let type_of = |kind: &str| {
            types.iter().find(|one| match state.tool {
                Tool::Pulumi => one.pulumi == kind,
                _ => one.terraform == kind,
            })
        };
        let others: Vec<(&str, &str, &Json)> = state
            .resources
            .iter()
            .filter_map(|one| Some((type_of(&one.kind)?.terraform, one.id.as_str(), &one.attributes)))
            .collect();
        let mut objects: BTreeSet<(&'static str, String)> = BTreeSet::new();
        for foreign in &state.resources {
            let Some(kind) = type_of(&foreign.kind) else {
                let text = "no provider of the program knows this type";
                let way_out = "register its provider with `stack.provider(…)`, or leave it to the other tool";
                self.left.push(left_over(foreign, None, Why::UnknownType, text, way_out));
                continue;
            };
            if let Some(unusual) = foreign.unusual {
                let way_out = "let the other tool finish, or adopt the object with `import URN ID`";
                self.left.push(left_over(foreign, None, Why::Unusual, unusual, way_out));
                continue;
            }
            let claims = (kind.claims)(&ForeignObject::new(&foreign.id, &foreign.attributes, &others));
            if claims.is_empty() {
                let text = "it has no counterpart here, or its attributes do not say which";
                let way_out = "leave it to the other tool, or drop it there";
                self.left.push(left_over(foreign, None, Why::NoCounterpart, text, way_out));
            }
            let several = claims.len() > 1;
            for claim in claims {
                match claim {
                    // Records of one set, say: many resources there and one object here.
                    ForeignClaim::Object { type_token, id, keys, or_field }
                        if objects.insert((type_token, id.clone())) =>
                    {
                        let mark = if several { format!("#{id}") } else { String::new() };
                        let address = format!("{}{mark}", foreign.address);
                        self.candidate(Candidate { foreign, address, type_token, id, keys, or_field });
                    }
                    ForeignClaim::Field { type_token, id, field } => {
                        self.fields.push(FieldClaim { foreign, type_token, id, field });
                    }
                    _ => {}
                }
            }
        }
    }

    fn candidate(&mut self, candidate: Candidate<'a>) {
        let rows = self.snapshot.resources.values().filter(|row| !row.missing);
        let mut same = rows.filter(|row| row.type_token == candidate.type_token && row.id == candidate.id);
        match same.next() {
            Some(row) => self.recorded.push(Found {
                address: candidate.address,
                adoption: Adoption::new(row.urn.clone(), candidate.id),
                how: How::Mapped,
            }),
            None => self.candidates.push(candidate),
        }
    }

    fn map(&mut self, maps: &[(String, String)]) -> Result<(), AdoptError> {
        for (address, path) in maps {
            let fault = |why: String| AdoptError::Map { address: address.clone(), path: path.clone(), why };
            let named = |one: &&Candidate<'_>| one.address == *address || one.foreign.address == *address;
            let by_name = |one: &&Candidate<'_>| one.foreign.name == *address;
            let place =
                |found: Vec<usize>| match found.as_slice() {
                    [one] => Ok(*one),
                    [] => Err("the file has no object at this address, or it is recorded already".to_owned()),
                    _ => Err("several objects have this address; name one with its id as the list shows it"
                        .to_owned()),
                };
            let pick = |wanted: &dyn Fn(&&Candidate<'_>) -> bool| -> Vec<usize> {
                let all = self.candidates.iter().enumerate();
                all.filter(|(_, one)| wanted(one)).map(|(at, _)| at).collect()
            };
            let exact = pick(&named);
            let at = place(if exact.is_empty() { pick(&by_name) } else { exact }).map_err(fault)?;
            let Some(candidate) = self.candidates.get(at) else { continue };
            let declared = self.declared();
            let same = declared.iter().filter(|one| one.urn.as_str() == path || one.urn.path() == path);
            let same: Vec<&Declared> = same.collect();
            let of_type = same.iter().find(|one| one.urn.type_token() == candidate.type_token);
            let Some(one) = of_type else {
                return Err(fault(match same.first() {
                    Some(other) => format!(
                        "it is a {}, and the object is a {}",
                        other.urn.type_token(),
                        candidate.type_token
                    ),
                    None => "the program declares no such resource".to_owned(),
                }));
            };
            if one.recorded {
                return Err(fault("the resource is recorded as another object already".to_owned()));
            }
            let urn = one.urn.clone();
            if self.matched.values().any(|(other, _)| *other == urn) {
                return Err(fault("the resource is mapped twice".to_owned()));
            }
            self.matched.insert(at, (urn, How::Mapped));
        }
        Ok(())
    }

    /// Every resource of the program, with the ids known so far.
    pub(crate) fn declared(&self) -> Vec<Declared> {
        let ids = self
            .matched
            .iter()
            .filter_map(|(at, (urn, _))| Some((urn.clone(), self.candidates.get(*at)?.id.clone())));
        self.graph.declared(self.snapshot, &ids.collect())
    }

    /// The candidates and resources that are left.
    pub(crate) fn open(&self) -> (Vec<usize>, Vec<Declared>) {
        let candidates = (0..self.candidates.len()).filter(|at| !self.matched.contains_key(at)).collect();
        let taken: BTreeSet<&Urn> = self.matched.values().map(|(urn, _)| urn).collect();
        let free = |one: &Declared| !one.recorded && !one.driver.spec().local && !taken.contains(&one.urn);
        (candidates, self.declared().into_iter().filter(free).collect())
    }

    /// Matches what `fits` pairs in one way only. Whether anything was.
    fn pair(&mut self, how: How, fits: impl Fn(&Candidate<'_>, &Declared) -> bool) -> bool {
        let (open, declared) = self.open();
        let mut pairs: Vec<(usize, Urn)> = Vec::new();
        for at in open {
            let Some(candidate) = self.candidates.get(at) else { continue };
            let of_type = declared.iter().filter(|one| one.urn.type_token() == candidate.type_token);
            let fitting = of_type.filter(|one| !conflicts(candidate, one) && fits(candidate, one));
            pairs.extend(fitting.map(|one| (at, one.urn.clone())));
        }
        let mut of_object: BTreeMap<usize, usize> = BTreeMap::new();
        let mut of_resource: BTreeMap<&Urn, usize> = BTreeMap::new();
        for (at, urn) in &pairs {
            *of_object.entry(*at).or_default() += 1;
            *of_resource.entry(urn).or_default() += 1;
        }
        let before = self.matched.len();
        for (at, urn) in &pairs {
            if of_object.get(at) == Some(&1) && of_resource.get(urn) == Some(&1) {
                self.matched.insert(*at, (urn.clone(), how));
            }
        }
        self.matched.len() > before
    }

    fn by_physical_name(&mut self) -> bool {
        self.pair(How::PhysicalName, |candidate, declared| {
            let mut names = declared.driver.spec().names();
            names.any(|field| {
                let own = candidate.keys.iter().find(|(name, _)| *name == field.name);
                let both =
                    own.and_then(|(_, own)| Some((own.as_str()?, declared.inputs.get(field.name).as_str()?)));
                both.is_some_and(|(own, wanted)| field.equality.same(own, wanted))
            })
        })
    }

    fn by_name(&mut self) -> bool {
        let (_, declared) = self.open();
        let paths: BTreeSet<(String, String)> =
            declared.iter().map(|one| (one.urn.type_token().to_owned(), plain(one.urn.name()))).collect();
        // A counted resource whose program counts in another way, from 1 say, would be shifted.
        let mut shifted: BTreeSet<(&str, &[String], &str)> = BTreeSet::new();
        let open = self.open().0;
        for one in open.iter().filter_map(|at| self.candidates.get(*at)) {
            let counted = one.foreign.index.as_deref().is_some_and(|index| index.parse::<u64>().is_ok());
            let known = names(one.foreign)
                .iter()
                .any(|name| paths.contains(&(one.type_token.to_owned(), name.clone())));
            if counted && !known {
                shifted.insert((one.type_token, &one.foreign.scope, &one.foreign.name));
            }
        }
        let shifted: BTreeSet<(String, Vec<String>, String)> = shifted
            .into_iter()
            .map(|(kind, scope, name)| (kind.to_owned(), scope.to_vec(), name.to_owned()))
            .collect();
        let is_shifted = |one: &Candidate<'_>| {
            one.foreign.index.is_some()
                && shifted.contains(&(
                    one.type_token.to_owned(),
                    one.foreign.scope.clone(),
                    one.foreign.name.clone(),
                ))
        };
        let same_path = |candidate: &Candidate<'_>, declared: &Declared| {
            let scope: String =
                candidate.foreign.scope.iter().map(|part| format!("{}/", plain(part))).collect();
            let path = plain(declared.urn.path());
            !is_shifted(candidate)
                && names(candidate.foreign).iter().any(|name| path == format!("{scope}{name}"))
        };
        if self.pair(How::SameName, same_path) {
            return true;
        }
        self.pair(How::SameName, |candidate, declared| {
            !is_shifted(candidate) && names(candidate.foreign).contains(&plain(declared.urn.name()))
        })
    }

    fn as_only_one(&mut self) -> bool {
        let (open, declared) = self.open();
        let mut objects: BTreeMap<&str, usize> = BTreeMap::new();
        for candidate in open.iter().filter_map(|at| self.candidates.get(*at)) {
            *objects.entry(candidate.type_token).or_default() += 1;
        }
        let lonely: BTreeSet<String> = objects
            .into_iter()
            .filter(|(kind, count)| {
                *count == 1 && declared.iter().filter(|one| one.urn.type_token() == *kind).count() == 1
            })
            .map(|(kind, _)| kind.to_owned())
            .collect();
        self.pair(How::OnlyOne, |candidate, _| lonely.contains(candidate.type_token))
    }

    fn by_natural_key(&mut self) -> bool {
        self.pair(How::NaturalKey, |candidate, declared| {
            candidate.keys.iter().any(|(field, value)| same(declared, field, value) == Some(true))
        })
    }
}

/// Whether the program says something else of a resource than the object is.
fn conflicts(candidate: &Candidate<'_>, declared: &Declared) -> bool {
    candidate.keys.iter().any(|(field, value)| same(declared, field, value) == Some(false))
}

/// Whether the program gives `field` this value; nothing where it leaves it out or cannot know yet.
fn same(declared: &Declared, field: &str, value: &Value) -> Option<bool> {
    let spec = declared.driver.spec().input(field)?;
    let given = declared.given.get(field);
    if *given == Value::Null || given.has_unknown() {
        return None;
    }
    match (given.as_str(), value.as_str()) {
        (Some(given), Some(value)) => Some(spec.equality.same(given, value)),
        _ => Some(given == value),
    }
}

/// The names that a program may have given to a resource of the other tool.
fn names(foreign: &ForeignResource) -> Vec<String> {
    let name = plain(&foreign.name);
    match &foreign.index {
        None => vec![name],
        Some(index) => {
            let index = plain(index);
            let joined = [format!("{name}-{index}"), format!("{name}{index}")];
            // A key of `for_each` may be the whole name; a number is not.
            let alone = Some(index).filter(|index| index.parse::<u64>().is_err());
            joined.into_iter().chain(alone).collect()
        }
    }
}

/// A name as both tools could have written it: letter case and `_` do not count.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.', ' '], "-")
}
