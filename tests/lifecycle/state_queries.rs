//! Every SQL query of the guide's page on state, taken from the page, on a state that real runs made.

use iac_core::random::RandomToken;
use iac_core::{Error, ErrorKind, Options, Secret, Stack, Value};
use iac_testkit::fake::{CallOp, Disk, Moment, Node, Verdict};

use crate::world::{Declared, World, node};

const PAGE: &str = include_str!("../../src/guide/state.md");
const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lifecycle/state_queries.txt");
/// A time at which every other time of the story is long past, whenever the test runs.
const FAR_S: i64 = 100 * 365 * 24 * 60 * 60;

/// The queries of the page, each with its heading.
fn queries() -> Vec<(&'static str, &'static str)> {
    let sections = PAGE.split("\n### ").skip(1);
    sections
        .map(|section| {
            let (heading, rest) = section.split_once('\n').unwrap();
            let (_, sql) = rest.split_once("```sql\n").unwrap_or_else(|| panic!("{heading} has no query"));
            (heading, sql.split_once("```").unwrap().0)
        })
        .collect()
}

fn program(note: &'static str, size: u32) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let net = s.add("net", node!("a"))?;
        let password = Secret::new("canary".to_owned());
        let web =
            s.add("web", Node::args().size(size).image("b").parent(&net).note(note).password(&password))?;
        s.scope("edge")?.add("child", node!("c").parent(&web).note(note))?;
        s.add_with("data", Disk::args().size(5u32).attached(&web), Options::new().protect())?;
        s.add("token", RandomToken::args().bytes(8u32)).map(drop)
    }
}

/// Applies, changes and fails; somebody changes and deletes things; a run is interrupted.
async fn story() -> World {
    let mut world = World::sqlite();
    world.cloud.set_parallelism_max(1);
    let clock = world.clock.clone();
    let slow = move |path: &str| match path {
        "data" => clock.advance_s(30),
        "web" => clock.advance_s(12),
        _ => clock.advance_s(1),
    };
    let fails = |path: &str| path == "edge/child";
    world.cloud.set_hook(Box::new(move |call, moment| {
        if moment != Moment::Before || !call.mutates() {
            return Verdict::Go;
        }
        slow(&call.path);
        if call.op == CallOp::Update && fails(&call.path) {
            return Verdict::Fail(Error::new(ErrorKind::QuotaExceeded, "no more of these"));
        }
        Verdict::Go
    }));
    assert!(world.try_up(program("one", 1)).await.succeeded());
    assert!(!world.try_up(program("two", 1)).await.succeeded());

    world.clock.advance_s(FAR_S);
    world.cloud.mutate(&world.row("web").await.id, "size", Value::Int(9));
    let data = world.row("data").await.id.clone();
    world.cloud.destroy(&data);
    let _ = world.plan(program("two", 1)).await;
    world.cloud.set_hook(Box::new(|call, moment| {
        let hangs = call.op == CallOp::Update && moment == Moment::Effect;
        if hangs { Verdict::Hang } else { Verdict::Go }
    }));
    world.up_until_hung(program("three", 2)).await;
    world
}

/// What a query answers, a line a row, the columns' names first.
fn answer(connection: &rusqlite::Connection, sql: &str) -> Result<String, rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    let names = statement.column_names().collect::<Vec<_>>().join(" | ");
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut lines = vec![names];
    while let Some(row) = rows.next()? {
        let cells: Result<Vec<String>, _> = (0..columns)
            .map(|column| {
                row.get(column).map(|value| match value {
                    rusqlite::types::Value::Null => "-".to_owned(),
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Real(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Blob(_) => "(blob)".to_owned(),
                })
            })
            .collect();
        lines.push(cells?.join(" | "));
    }
    Ok(lines.join("\n"))
}

#[tokio::test]
async fn every_query_of_the_page_answers_what_it_says() {
    let world = story().await;
    let path = world.dir().unwrap().join("state.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.pragma_update(None, "query_only", true).unwrap();
    let found = queries();
    assert!(found.len() >= 10, "only {} queries", found.len());
    let mut answers = String::new();
    for (heading, sql) in found {
        let rows = answer(&connection, sql).unwrap_or_else(|error| panic!("{heading}: {error}"));
        assert!(rows.lines().count() > 1, "{heading} finds nothing in this story");
        assert!(!rows.contains("canary") && !rows.contains("$secret"), "{heading}: {rows}");
        answers.push_str(&format!("{heading}\n{rows}\n\n"));
    }
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(SNAPSHOT, &answers).unwrap();
    }
    let stored = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    assert!(stored == answers, "run with UPDATE_SNAPSHOTS=1 and look at the change\n{answers}");
}
