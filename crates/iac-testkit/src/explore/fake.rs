//! [`FakeWorld`]: the fake cloud, explored. Knows nothing of the engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use iac_core::{Error, ErrorKind, ProviderInstance, Result};

use super::boundary::BoundaryKind;
use super::trouble::Trouble;
use super::wire::Wire;
use super::world::{Item, Site, World};
use crate::fake::{Call, FakeCloud, Moment, Object, Verdict};

/// What can go wrong with a call of the fake cloud, which has no connections and no listings that
/// stay behind.
const CAN: &[Trouble] = &[
    Trouble::RateLimited,
    Trouble::ServerError,
    Trouble::Refused,
    Trouble::LostAnswer,
    Trouble::HalfOpen,
    Trouble::HalfOpenAfter,
];

/// The [`FakeCloud`] as a world: for stacks of fake resources.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeWorld;

impl World for FakeWorld {
    fn start(&self, wire: &Wire) -> Arc<dyn Site> {
        Arc::new(FakeSite::new(FakeCloud::new(), wire))
    }
}

struct FakeSite(FakeCloud);

impl FakeSite {
    fn new(cloud: FakeCloud, wire: &Wire) -> Self {
        let wire = wire.clone();
        let troubled = Mutex::new(BTreeMap::new());
        cloud.set_hook(Box::new(move |call, moment| verdict(&wire, &troubled, call, moment)));
        Self(cloud)
    }
}

impl Site for FakeSite {
    fn fork(&self, wire: &Wire) -> Arc<dyn Site> {
        Arc::new(Self::new(self.0.fork(), wire))
    }

    fn providers(&self) -> Result<Vec<ProviderInstance>> {
        Ok(vec![ProviderInstance::new(self.0.provider())])
    }

    fn inventory(&self) -> Vec<Item> {
        self.0.inventory().iter().map(item).collect()
    }

    fn created(&self) -> Vec<Item> {
        self.0.created().iter().map(item).collect()
    }
}

fn item(object: &Object) -> Item {
    let item = Item::new(object.kind, &object.id).named(object.text("name"));
    if object.token.is_empty() { item } else { item.marker(&object.token) }
}

/// The calls whose trouble comes after their effect, by what they do and to which resource.
type Troubled = Mutex<BTreeMap<String, Trouble>>;

fn verdict(wire: &Wire, troubled: &Troubled, call: &Call, moment: Moment) -> Verdict {
    let subject = format!("{:?} {}", call.op, call.path).to_lowercase();
    let mut troubled = troubled.lock().unwrap_or_else(PoisonError::into_inner);
    let kind = match moment {
        Moment::Before => BoundaryKind::RequestBefore,
        Moment::Effect => BoundaryKind::RequestEffect,
        Moment::Checkpointed => BoundaryKind::RequestAnswered,
    };
    if wire.dies_at(kind, &subject) {
        return Verdict::Hang;
    }
    match moment {
        Moment::Before => {
            let trouble = wire.request(&subject, call.mutates(), CAN);
            troubled.remove(&subject);
            match trouble {
                Some(Trouble::RateLimited) => fail(ErrorKind::RateLimited),
                Some(Trouble::Refused) => fail(ErrorKind::Unavailable),
                Some(Trouble::ServerError) if call.mutates() => fail(ErrorKind::Ambiguous),
                Some(Trouble::ServerError) => fail(ErrorKind::Unavailable),
                Some(Trouble::HalfOpen) => Verdict::Hang,
                Some(trouble) => {
                    troubled.insert(subject, trouble);
                    Verdict::Go
                }
                None => Verdict::Go,
            }
        }
        Moment::Effect => match troubled.remove(&subject) {
            Some(Trouble::HalfOpenAfter) => Verdict::Hang,
            Some(_) => fail(ErrorKind::Ambiguous),
            None => Verdict::Go,
        },
        Moment::Checkpointed => Verdict::Go,
    }
}

fn fail(kind: ErrorKind) -> Verdict {
    Verdict::Fail(Error::new(kind, "the exploration asked for this failure"))
}
