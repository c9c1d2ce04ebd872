//! A random program as data, and random edits of it. Knows nothing of the engine's state.

use std::collections::BTreeMap;

use iac_core::{Handle, Options, Output, Secret, Stack, StackError, interpolate};
use iac_testkit::fake::{Disk, Lookup, Node, Singleton};
use iac_testkit::sim::SplitMix64;

use crate::hooks::Hooks;
use crate::spelling::{canary, quoted};

/// Most resources of a program.
const ITEMS_MAX: usize = 9;
/// What the data with a known query is called.
pub(crate) const DATA: &str = "shared";
/// Most edits between two applies.
const EDITS_MAX: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Node,
    Disk,
    Singleton,
}

/// Where a note comes from.
#[derive(Debug, Clone, PartialEq)]
enum Note {
    Text(u64),
    /// An attribute that an update leaves alone.
    Address(String),
    /// An attribute that an update changes.
    Revision(String),
    /// Data whose query is known before planning.
    Data,
    /// Data that is found by an attribute of another item.
    Found(String),
}

impl Note {
    fn refers_to(&mut self) -> Option<&mut String> {
        match self {
            Self::Address(name) | Self::Revision(name) | Self::Found(name) => Some(name),
            Self::Text(_) | Self::Data => None,
        }
    }
}

#[derive(Debug, Clone)]
struct Item {
    name: String,
    kind: Kind,
    /// A number of its own, for slots.
    serial: u64,
    size: u32,
    version: u64,
    note: Option<Note>,
    /// Another item, referred to by a field that changes in place.
    parent: Option<String>,
    /// Another item, referred to by a field that replaces.
    host: Option<String>,
    after: Option<String>,
    pinned: bool,
    delete_first: bool,
    trigger: Option<u64>,
    alias: Option<String>,
}

impl Item {
    /// Changes with the version, as a password that is rotated.
    fn password(&self) -> String {
        password((self.serial + self.version) % PASSWORDS)
    }
}

/// The passwords that nodes have.
pub(crate) const PASSWORDS: u64 = 5;

pub(crate) fn password(number: u64) -> String {
    canary(&format!("FUZZED{number}OF{PASSWORDS}"))
}

/// A random program.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    items: Vec<Item>,
    next: u64,
    /// Names that were given up before this edit, to be used again.
    free: Vec<String>,
    /// Names that this edit gives up. Using one at once would swap two resources in one step.
    freed: Vec<String>,
    /// Whether options that delete first may be used.
    deletes_first: bool,
}

impl Model {
    pub(crate) fn new(deletes_first: bool) -> Self {
        Self { items: Vec::new(), next: 0, free: Vec::new(), freed: Vec::new(), deletes_first }
    }

    pub(crate) fn edit(&mut self, random: &mut SplitMix64) {
        self.free.append(&mut self.freed);
        for item in &mut self.items {
            item.alias = None;
        }
        for _ in 0..=random.below(EDITS_MAX) {
            match random.below(10) {
                0..=3 => self.add(random),
                4 => self.remove(random),
                5 => self.rename(random),
                _ => self.change(random),
            }
        }
        // Lines change places as long as each comes after what it refers to.
        if random.chance(0.2) {
            self.shuffle(random);
        }
    }

    fn add(&mut self, random: &mut SplitMix64) {
        if self.items.len() >= ITEMS_MAX {
            return;
        }
        self.next += 1;
        let kind = match random.below(6) {
            0 => Kind::Disk,
            1 => Kind::Singleton,
            _ => Kind::Node,
        };
        let mut item = Item {
            name: self.name(random),
            kind,
            serial: self.next,
            size: 10,
            version: random.below(3),
            note: None,
            parent: None,
            host: None,
            after: None,
            pinned: self.deletes_first && random.chance(0.2),
            delete_first: self.deletes_first && random.chance(0.15),
            trigger: random.chance(0.2).then(|| random.below(3)),
            alias: None,
        };
        self.refer(&mut item, self.items.len(), random);
        self.items.push(item);
    }

    /// The path of any item.
    pub(crate) fn any(&self, random: &mut SplitMix64) -> Option<String> {
        self.items.get(random.below(self.items.len() as u64) as usize).map(|item| item.name.clone())
    }

    /// A new name, or one that was given up.
    fn name(&mut self, random: &mut SplitMix64) -> String {
        if !self.free.is_empty() && random.chance(0.4) {
            return self.free.swap_remove(random.below(self.free.len() as u64) as usize);
        }
        format!("r{}", self.next)
    }

    /// Sets the references of an item at `place` anew.
    fn refer(&self, item: &mut Item, place: usize, random: &mut SplitMix64) {
        let wanted = if item.kind == Kind::Singleton { Kind::Singleton } else { Kind::Node };
        let nodes: Vec<&Item> =
            self.items.iter().take(place).filter(|other| other.kind == Kind::Node).collect();
        let same: Vec<&Item> = self.items.iter().take(place).filter(|other| other.kind == wanted).collect();
        let mut pick = |from: &[&Item], chance: f64| {
            let at = random.below(from.len() as u64) as usize;
            from.get(at).filter(|_| random.chance(chance)).map(|other| other.name.clone())
        };
        item.parent = pick(&nodes, 0.4);
        item.host = pick(&same, 0.2);
        item.after = pick(&nodes, 0.2);
        let other = pick(&nodes, 0.5);
        item.note = match (other, random.below(4)) {
            (Some(name), 0) => Some(Note::Address(name)),
            (Some(name), 1) => Some(Note::Revision(name)),
            (Some(name), 2) => Some(Note::Found(name)),
            (_, 3) => Some(Note::Data),
            _ => random.chance(0.5).then(|| Note::Text(random.below(3))),
        };
    }

    fn remove(&mut self, random: &mut SplitMix64) {
        if self.items.is_empty() {
            return;
        }
        let gone = self.items.remove(random.below(self.items.len() as u64) as usize).name;
        let drop_it = |reference: &mut Option<String>| {
            if reference.as_ref() == Some(&gone) {
                *reference = None;
            }
        };
        for item in &mut self.items {
            drop_it(&mut item.parent);
            drop_it(&mut item.host);
            drop_it(&mut item.after);
            if item.note.as_mut().and_then(Note::refers_to).is_some_and(|name| *name == gone) {
                item.note = None;
            }
        }
        self.freed.push(gone);
    }

    fn rename(&mut self, random: &mut SplitMix64) {
        self.next += 1;
        let new = self.name(random);
        let at = random.below(self.items.len() as u64) as usize;
        let Some(item) = self.items.get_mut(at) else { return };
        // An item that is new since the last apply has no row to keep.
        let old = std::mem::replace(&mut item.name, new.clone());
        item.alias = item.alias.take().or(Some(old.clone()));
        let follow = |reference: &mut Option<String>| {
            if reference.as_ref() == Some(&old) {
                *reference = Some(new.clone());
            }
        };
        for item in &mut self.items {
            follow(&mut item.parent);
            follow(&mut item.host);
            follow(&mut item.after);
            if let Some(name) = item.note.as_mut().and_then(Note::refers_to).filter(|name| **name == old) {
                *name = new.clone();
            }
        }
        self.freed.push(old);
    }

    fn change(&mut self, random: &mut SplitMix64) {
        let at = random.below(self.items.len() as u64) as usize;
        let Some(mut item) = self.items.get(at).cloned() else { return };
        match random.below(6) {
            0 => item.size = 1 + random.below(20) as u32,
            1 => item.version = random.below(4),
            2 => item.trigger = random.chance(0.7).then(|| random.below(3)),
            3 => item.note = random.chance(0.7).then(|| Note::Text(random.below(3))),
            4 => item.pinned = self.deletes_first && random.chance(0.3),
            _ => self.refer(&mut item, at, random),
        }
        if let Some(slot) = self.items.get_mut(at) {
            *slot = item;
        }
    }

    fn shuffle(&mut self, random: &mut SplitMix64) {
        let mut left = std::mem::take(&mut self.items);
        while !left.is_empty() {
            let waits = |item: &Item, name: &str| {
                let mut note = item.note.clone();
                let noted = note.as_mut().and_then(Note::refers_to).is_some_and(|on| on == name);
                noted
                    || [&item.parent, &item.host, &item.after]
                        .into_iter()
                        .any(|on| on.as_deref() == Some(name))
            };
            let ready: Vec<usize> = (0..left.len())
                .filter(|at| left.iter().all(|other| !waits(&left[*at], &other.name)))
                .collect();
            let at = ready[random.below(ready.len() as u64) as usize];
            self.items.push(left.remove(at));
        }
    }

    /// The passwords of the nodes by their paths, each in all its spellings.
    pub(crate) fn passwords(&self) -> BTreeMap<String, String> {
        let nodes = self.items.iter().filter(|item| item.kind == Kind::Node);
        nodes.map(|item| (item.name.clone(), quoted(&item.password()))).collect()
    }

    /// Declares the program.
    pub(crate) fn declare(&self, stack: &Stack, hooks: Option<&Hooks>) -> Result<(), StackError> {
        let hook = hooks.map(|hooks| hooks.register(stack)).transpose()?;
        let mut nodes: BTreeMap<&str, Handle<Node>> = BTreeMap::new();
        let mut singletons: BTreeMap<&str, Handle<Singleton>> = BTreeMap::new();
        for item in &self.items {
            let options = self.options(item, &nodes);
            let node = |name: &Option<String>| name.as_ref().and_then(|name| nodes.get(name.as_str()));
            let note = item.note.as_ref().map(|note| Self::note(stack, item, note, &nodes)).transpose()?;
            match item.kind {
                Kind::Node => {
                    let mut args = Node::args().size(item.size).image(format!("image-{}", item.version));
                    args = args.password(Secret::new(item.password()));
                    if item.pinned {
                        args = args.name(format!("pinned-{}", item.serial));
                    }
                    if let Some(note) = note {
                        args = args.note(note);
                    }
                    if let Some(parent) = node(&item.parent) {
                        args = args.parent(parent);
                    }
                    if let Some(host) = node(&item.host) {
                        args = args.host(host);
                    }
                    let added = stack.add_with(&item.name, args, options)?;
                    if let Some(hook) = &hook {
                        Hooks::attach(stack, &added, hook);
                    }
                    nodes.insert(&item.name, added);
                }
                Kind::Disk => {
                    let mut args = Disk::args().size(item.size);
                    if let Some(parent) = node(&item.parent) {
                        args = args.attached(parent);
                    }
                    stack.add_with(&item.name, args, options)?;
                }
                Kind::Singleton => {
                    let slot = format!("slot-{}", item.serial);
                    let mut args = Singleton::args().slot(slot).version(item.version as u32);
                    if let Some(note) = note {
                        args = args.note(note);
                    }
                    let upstream = item.host.as_ref().and_then(|name| singletons.get(name.as_str()));
                    if let Some(upstream) = upstream {
                        args = args.upstream(upstream);
                    }
                    singletons.insert(&item.name, stack.add_with(&item.name, args, options)?);
                }
            }
        }
        if let Some(first) = nodes.values().next() {
            stack.export("first", &first.address)?;
            stack.export("token", &first.token)?;
        }
        Ok(())
    }

    fn note(
        stack: &Stack,
        item: &Item,
        note: &Note,
        nodes: &BTreeMap<&str, Handle<Node>>,
    ) -> Result<Output<String>, StackError> {
        let read =
            |query: Output<String>| stack.read(format!("of-{}", item.name), Lookup::args().name(query));
        Ok(match note {
            Note::Text(number) => Output::literal(format!("note {number}")),
            Note::Address(name) => interpolate!("at {}", &nodes[name.as_str()].address),
            Note::Revision(name) => nodes[name.as_str()].revision.map(|number| format!("rev {number}")),
            Note::Data => read(Output::literal(DATA.to_owned()))?.value,
            Note::Found(name) => read(nodes[name.as_str()].address.clone())?.value,
        })
    }

    fn options(&self, item: &Item, nodes: &BTreeMap<&str, Handle<Node>>) -> Options {
        let mut options = Options::new();
        if item.delete_first {
            options = options.delete_before_replace();
        }
        if let Some(trigger) = item.trigger {
            options = options.replace_trigger(&Output::literal(trigger.to_string()));
        }
        if let Some(on) = item.after.as_ref().and_then(|name| nodes.get(name.as_str())) {
            options = options.depends_on(on);
        }
        if let Some(alias) = &item.alias {
            options = options.alias(alias);
        }
        options
    }
}
