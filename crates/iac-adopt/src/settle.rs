//! What is said of every object in the end: what it became, or why it was left alone. Pure.

use iac_core::{Adoption, Declared, Urn, Value};

use crate::foreign::ForeignResource;
use crate::matched::{Found, InField, LeftOver, MatchedState, Why};
use crate::matching::{Candidate, FieldClaim, Matching};

/// An object that is left alone.
pub(crate) fn left_over(
    foreign: &ForeignResource,
    object: Option<(&str, &str)>,
    why: Why,
    text: impl Into<String>,
    way_out: impl Into<String>,
) -> LeftOver {
    LeftOver {
        address: foreign.address.clone(),
        kind: foreign.kind.clone(),
        id: foreign.id.clone(),
        object: object.map(|(kind, id)| (kind.to_owned(), id.to_owned())),
        why,
        text: text.into(),
        way_out: way_out.into(),
    }
}

impl Matching<'_> {
    pub(crate) fn finish(mut self) -> MatchedState {
        let (open, declared) = self.open();
        let all = self.declared();
        let mut left = std::mem::take(&mut self.left);
        let mut fields = Vec::new();
        for claim in &self.fields {
            match self.field(&all, claim) {
                Ok(field) => fields.push(field),
                Err(other) => left.push(*other),
            }
        }
        for one in open.into_iter().filter_map(|at| self.candidates.get(at)) {
            match self.unmatched(&all, &declared, one) {
                Ok(field) => fields.push(field),
                Err(other) => left.push(*other),
            }
        }
        let found = self.matched.iter().filter_map(|(at, (urn, how))| {
            let one = self.candidates.get(*at)?;
            let adoption = Adoption::new(urn.clone(), one.id.as_str());
            Some(Found { address: one.address.clone(), adoption, how: *how })
        });
        MatchedState {
            found: found.collect(),
            recorded: self.recorded,
            fields,
            missing: declared.into_iter().map(|one| one.urn).collect(),
            left,
        }
    }

    /// The resource that an object is, matched or recorded.
    fn owner(&self, kind: &str, id: &str) -> Option<Urn> {
        let matched = self.matched.iter().find_map(|(at, (urn, _))| {
            let one = self.candidates.get(*at)?;
            (one.type_token == kind && one.id == id).then(|| urn.clone())
        });
        let mut rows = self.snapshot.resources.values();
        matched.or_else(|| rows.find(|row| row.type_token == kind && row.id == id).map(|row| row.urn.clone()))
    }

    /// What the other tool has as a resource is a field here; is it given?
    fn field(&self, all: &[Declared], claim: &FieldClaim<'_>) -> Result<InField, Box<LeftOver>> {
        let FieldClaim { foreign, type_token, id, field } = claim;
        let left = |text: String, way_out: String| {
            Err(Box::new(left_over(
                foreign,
                Some((*type_token, id.as_str())),
                Why::NotInField,
                text,
                way_out,
            )))
        };
        match self.owner(type_token, id) {
            Some(urn) if says(all, &urn, field, true) => {
                Ok(InField { address: foreign.address.clone(), urn, field: (*field).to_owned() })
            }
            Some(urn) => left(
                format!("it is the field `{field}` of {} here, which leaves it out", urn.path()),
                format!("set `{field}` of {}", urn.path()),
            ),
            None => left(
                format!("it is the field `{field}` of {type_token} {id} here, which no resource is"),
                format!("adopt {type_token} {id} as well, and set its `{field}`"),
            ),
        }
    }

    /// An object that is no resource: perhaps a field says it; else it is left alone.
    fn unmatched(
        &self,
        all: &[Declared],
        declared: &[Declared],
        one: &Candidate<'_>,
    ) -> Result<InField, Box<LeftOver>> {
        let holder =
            one.or_field.as_ref().and_then(|(kind, id, field)| Some((self.owner(kind, id)?, *field)));
        if let Some((urn, field)) = holder.filter(|(urn, field)| says(all, urn, field, false)) {
            return Ok(InField { address: one.address.clone(), urn, field: field.to_owned() });
        }
        let of_type = declared.iter().filter(|other| other.urn.type_token() == one.type_token);
        let paths: Vec<&str> = of_type.map(|other| other.urn.path()).collect();
        let (why, text, way_out) = match paths.as_slice() {
            [] => (
                Why::NotDeclared,
                "the program declares no resource for it".to_owned(),
                format!("declare it; `import --print {} {}` prints the code", one.type_token, one.id),
            ),
            paths => (
                Why::Ambiguous,
                format!("it is not certain whether it is {}", paths.join(", ")),
                format!("say which: `--map '{}=PATH'`", one.address),
            ),
        };
        Err(Box::new(left_over(one.foreign, Some((one.type_token, &one.id)), why, text, way_out)))
    }
}

/// Whether the program gives a field of a resource. With `or_chosen` a field that the cloud chooses
/// where it is left out counts as given.
fn says(all: &[Declared], urn: &Urn, field: &str, or_chosen: bool) -> bool {
    let one = all.iter().find(|one| one.urn == *urn);
    one.is_some_and(|one| {
        let chosen = one.driver.spec().input(field).is_some_and(|spec| spec.default_from_api);
        *one.given.get(field) != Value::Null || (or_chosen && chosen)
    })
}
