//! Reads a table: the program, the state and the options of one case. Knows nothing of what the
//! plan should be.
//!
//! ```text
//! program
//!   net  thing  range=10.0.0.0/16
//!   web  thing  target=@net text=@net.address opt.protect
//!   found lookup text=@net.address
//!   export address @web.address
//! state
//!   net  thing  range=10.0.0.0/16 out.address=10.0.0.1
//!   web  thing  size=1 seen.size=2 row.needs=net row.generation=1
//!   data found x
//!   export address 10.0.0.2
//! options
//!   target=web
//! ```
//! A value is a number, a text, `[a,b]`, or `@resource` and `@resource.output` in programs. A rule
//! is `port:protocol:key` with the last two left out at will.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use iac_core::state::{ResourceRecord, Status};
use iac_core::{
    Args, Handle, Id, Input, IntoInput, Options, Output, PlanOptions, Resource, Secret, Snapshot, Stack, Urn,
    Value,
};

use crate::cloud::{Cloud, Disk, For, Lookup, LookupAttributes, Rule, Single, Thing, ThingArgs, three};

pub(crate) struct Table {
    pub(crate) stack: Stack,
    pub(crate) snapshot: Snapshot,
    pub(crate) options: PlanOptions,
}

/// A line as name, type and settings; a setting without `=` has an empty value.
struct Line<'a> {
    name: &'a str,
    kind: &'a str,
    settings: Vec<(&'a str, &'a str)>,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Self {
        let mut words = line.split_whitespace();
        let name = words.next().expect("a line is not empty");
        let kind = words.next().unwrap_or_else(|| panic!("{line:?} needs a type"));
        let settings = words.map(|word| word.split_once('=').unwrap_or((word, ""))).collect();
        Self { name, kind, settings }
    }
}

pub(crate) fn read(text: &str) -> Table {
    let stack = Stack::new("p", "s").unwrap();
    stack.provider(Cloud).unwrap();
    let mut program = Program { stack, lookups: BTreeMap::new() };
    let mut snapshot = Snapshot::default();
    snapshot.serial = 7;
    let mut options = PlanOptions::new();
    let mut section = "";
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            section = line.trim();
            continue;
        }
        match section {
            "program" => program.line(line),
            "state" => row(&mut snapshot, line),
            "options" => option(&mut options, line.trim()),
            other => panic!("unknown section {other:?}"),
        }
    }
    Table { stack: program.stack, snapshot, options }
}

struct Program {
    stack: Stack,
    lookups: BTreeMap<String, LookupAttributes>,
}

impl Program {
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.trim().strip_prefix("export ") {
            let (name, value) = rest.split_once(' ').expect("export needs a name and a value");
            match self.secret(value) {
                Some(secret) => self.stack.export(name, secret).unwrap(),
                None => self.stack.export(name, self.text(value).to_output()).unwrap(),
            }
            return;
        }
        let line = Line::read(line);
        let (mut scopes, name) = match line.name.rsplit_once('/') {
            Some((scopes, name)) => (scopes.split('/').collect(), name),
            None => (Vec::new(), line.name),
        };
        let stack = scopes.drain(..).fold(self.stack.clone(), |stack, scope| stack.scope(scope).unwrap());
        if line.kind == "lookup" {
            let text = line.settings.iter().find(|(key, _)| *key == "text").expect("a lookup needs a text").1;
            let found = stack.read(name, Lookup::args().text(self.text(text))).unwrap();
            self.lookups.insert(line.name.to_owned(), found);
            return;
        }
        let (mut args, mut options) = (Thing::args(), Options::new());
        for (key, value) in line.settings {
            match key.strip_prefix("opt.") {
                Some(key) => options = self.option(options, key, value),
                None => args = self.set(args, key, value),
            }
        }
        match line.kind {
            "thing" => drop(stack.add_with(name, args, options).unwrap()),
            "single" => add::<Single>(&stack, name, args, options),
            "disk" => add::<Disk>(&stack, name, args, options),
            other => panic!("unknown type {other:?}"),
        }
    }

    fn handle(&self, path: &str) -> Handle<Thing> {
        self.stack.lookup(path).unwrap()
    }

    fn text(&self, value: &str) -> Input<String> {
        match value.strip_prefix('@').map(|rest| rest.split_once('.').unwrap_or((rest, "id"))) {
            None => value.into_input(),
            Some((path, "address")) => (&self.handle(path).address).into_input(),
            Some((path, "load")) => (&self.handle(path).load).into_input(),
            Some((path, "found")) => (&self.lookups[path].found).into_input(),
            Some((path, "id")) => self.handle(path).id.map(|id| id.to_string()).into_input(),
            Some((_, other)) => panic!("unknown output {other:?}"),
        }
    }

    fn secret(&self, value: &str) -> Option<Output<Secret<String>>> {
        let path = value.strip_prefix('@')?.strip_suffix(".token")?;
        Some(self.handle(path).token.clone())
    }

    fn set(&self, args: ThingArgs, key: &str, value: &str) -> ThingArgs {
        let number = || value.parse::<u32>().unwrap();
        let secret = || self.secret(value).unwrap_or_else(|| Output::literal(Secret::new(value.to_owned())));
        let thing = || -> Input<Id<Thing>> {
            match value.strip_prefix('@') {
                Some(path) => self.handle(path).into_input(),
                None => Id::new(value).into_input(),
            }
        };
        match key {
            "name" => args.name(self.text(value)),
            "size" => args.size(number()),
            "zone" => args.zone(self.text(value)),
            "tags" => args.tags(items(value).map(|item| self.text(item)).collect::<Vec<_>>()),
            "range" => args.range(value),
            "picked" => args.picked(value),
            "password" => args.password(secret()),
            "script" => args.script(value),
            "count" => args.count(number()),
            "rules" => args.rules(items(value).map(rule).collect::<Vec<_>>()),
            "target" => args.target(thing()),
            "parent" => args.parent(thing()),
            "text" => args.text(self.text(value)),
            other => panic!("unknown field {other:?}"),
        }
    }

    fn option(&self, options: Options, key: &str, value: &str) -> Options {
        match key {
            "protect" => options.protect(),
            "retain" => options.retain_on_delete(),
            "delete_first" => options.delete_before_replace(),
            "ignore" => options.ignore_changes([value]),
            "replace_on" => options.replace_on_changes([value]),
            "trigger" => options.replace_trigger(&self.text(value).to_output()),
            "after" => options.depends_on(&self.handle(value)),
            "alias" => options.alias(value),
            other => panic!("unknown option {other:?}"),
        }
    }
}

fn add<R: Resource>(stack: &Stack, name: &str, args: ThingArgs, options: Options)
where
    For<R>: Args<Target = R>,
{
    stack.add_with(name, For::<R>(args, PhantomData), options).unwrap();
}

fn items(value: &str) -> impl Iterator<Item = &str> {
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or_else(|| panic!("{value:?} is no list")).split(',').filter(|item| !item.is_empty())
}

fn rule(text: &str) -> Input<Rule> {
    let mut parts = text.split(':');
    let port: u32 = parts.next().expect("split yields a part").parse().unwrap();
    let mut rule = Rule::args().port(port);
    if let Some(protocol) = parts.next().filter(|part| !part.is_empty()) {
        rule = rule.protocol(protocol);
    }
    rule.maybe_key(parts.next().map(|key| Secret::new(key.to_owned()))).into_input()
}

fn urn(path: &str, kind: &str) -> Urn {
    let parts: Vec<&str> = path.split('/').collect();
    let (name, scopes) = parts.split_last().expect("split yields a part");
    Urn::new("p", "s", &format!("cloud:{kind}"), scopes, name).unwrap()
}

/// A field of a row as it would have been recorded.
fn stored(key: &str, value: &str) -> Value {
    match key {
        "size" | "count" => Value::Int(value.parse().unwrap()),
        "tags" => Value::list(items(value).map(Value::from)),
        "password" | "token" => Value::secret(value.into()),
        "rules" => Value::list(items(value).map(|item| {
            let mut parts = item.split(':');
            let port = Value::Int(parts.next().expect("split yields a part").parse().unwrap());
            let protocol = parts.next().filter(|part| !part.is_empty()).unwrap_or("tcp").into();
            let key = parts.next().map(|key| Value::secret(key.into())).unwrap_or_default();
            Value::map([("port", port), ("protocol", protocol), ("key", key)])
        })),
        _ => value.into(),
    }
}

fn row(snapshot: &mut Snapshot, line: &str) {
    let line = Line::read(line);
    match line.name {
        "data" => {
            let data = Value::map([("found", line.settings[0].0.into())]);
            return drop(snapshot.reads.insert(urn(line.kind, "lookup"), data));
        }
        "export" => {
            return drop(snapshot.exports.insert(line.kind.to_owned(), line.settings[0].0.into()));
        }
        "account" => {
            return drop(snapshot.accounts.insert(line.kind.to_owned(), line.settings[0].0.to_owned()));
        }
        _ => {}
    }
    let name = format!("p-s-{}", line.name.replace('/', "-"));
    let default = Value::map([("name", name.into()), ("count", three().into())]);
    let address = format!("address-of-{}", line.name);
    let outputs = Value::map([
        ("address", address.into()),
        ("load", "idle".into()),
        ("token", Value::secret("hunter2".into())),
    ]);
    let mut row = ResourceRecord {
        urn: urn(line.name, line.kind),
        token: format!("token-{}", line.name),
        type_token: format!("cloud:{}", line.kind),
        provider: "cloud".into(),
        account: "account".into(),
        id: format!("id-of-{}", line.name),
        status: Status::Ready,
        inputs: default,
        outputs,
        observed: None,
        missing: false,
        triggers: Value::list([]),
        dependencies: Vec::new(),
        protect: false,
        retain: false,
        generation: 0,
        refreshed_at: 0,
        modified_at: 0,
        hooks: Default::default(),
    };
    let mut seen = Vec::new();
    for (key, value) in line.settings {
        match key.split_once('.') {
            None => row.inputs = row.inputs.with(key, stored(key, value)),
            Some(("out", key)) => row.outputs = row.outputs.with(key, stored(key, value)),
            Some(("seen", key)) => seen.push((key, value)),
            Some(("row", key)) => mark(&mut row, key, value),
            Some(_) => panic!("unknown setting {key:?}"),
        }
    }
    if !seen.is_empty() {
        let with = |all: Value, (key, value): &(&str, &str)| {
            all.with(key, if value.is_empty() { Value::Null } else { stored(key, value) })
        };
        row.observed = Some(seen.iter().fold(row.inputs.clone(), with));
    }
    row.token = format!("{}-{}", row.token, row.generation);
    if row.status == Status::PendingDelete {
        snapshot.pending_deletes.push(Arc::new(row));
    } else {
        snapshot.resources.insert(row.urn.clone(), Arc::new(row));
    }
}

fn mark(row: &mut ResourceRecord, key: &str, value: &str) {
    match key {
        "needs" => {
            let needed = |item: &str| match item.split_once(':') {
                Some((path, kind)) => urn(path, kind),
                None => urn(item, "thing"),
            };
            row.dependencies = value.split(',').map(needed).collect();
            row.dependencies.sort();
        }
        "generation" => row.generation = value.parse().unwrap(),
        "protect" => row.protect = true,
        "retain" => row.retain = true,
        "missing" => row.missing = true,
        "incomplete" => row.status = Status::Incomplete,
        "pending_delete" => row.status = Status::PendingDelete,
        "trigger" => row.triggers = Value::list([value.into()]),
        "account" => row.account = value.into(),
        "provider" => row.provider = value.into(),
        other => panic!("unknown mark {other:?}"),
    }
}

fn option(options: &mut PlanOptions, text: &str) {
    match text.split_once('=').unwrap_or((text, "")) {
        ("destroy", _) => options.destroy = true,
        ("target", value) => options.targets.push(value.into()),
        ("exclude", value) => options.excludes.push(value.into()),
        ("replace", value) => options.replace.push(value.into()),
        ("refresh_only", _) => options.refresh_only = true,
        ("allow_renames", _) => options.allow_renames = true,
        (other, _) => panic!("unknown option {other:?}"),
    }
}
