//! The planner by tables: each file in `cases/` holds a program, a state and, below a line of
//! dashes, the plan between them. Everything is public interface; nothing is applied.
//!
//! To record the plans again: `UPDATE_PLANS=1 cargo test -p iac-core --test planner`, then read
//! the difference.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod cloud;
mod render;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use iac_core::{Plan, PlanError, plan};
use serde_json::{Value as Json, json};

const LINE: &str = "----\n";

struct Case {
    path: PathBuf,
    /// The table, without the recorded plan.
    table: String,
    recorded: String,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/planner/cases");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let (table, recorded) = text.split_once(LINE).unwrap_or((&text, ""));
        Case { table: table.to_owned(), recorded: recorded.to_owned(), path }
    };
    paths.into_iter().map(read).collect()
}

fn planned(table: &str) -> Result<Plan, PlanError> {
    let table = table::read(table);
    plan(&table.stack.freeze().unwrap(), &table.snapshot, &table.options)
}

#[test]
fn every_table_gives_its_recorded_plan() {
    let update = std::env::var_os("UPDATE_PLANS").is_some();
    let mut different = Vec::new();
    for Case { path, table, recorded } in cases() {
        let text = render::text(&planned(&table));
        if update {
            std::fs::write(&path, format!("{table}{LINE}{text}")).unwrap();
        } else if text != recorded {
            different.push(format!("{}\n-- recorded --\n{recorded}-- now --\n{text}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn planning_twice_gives_the_same_bytes() {
    for Case { path, table, .. } in cases() {
        let frozen = table::read(&table);
        let graph = frozen.stack.freeze().unwrap();
        let bytes = || plan(&graph, &frozen.snapshot, &frozen.options).map(|plan| json_of(&plan).to_string());
        assert_eq!(bytes(), bytes(), "{}", path.display());
        assert_eq!(bytes(), planned(&table).map(|plan| json_of(&plan).to_string()), "{}", path.display());
    }
}

#[test]
fn no_plan_shows_a_secret() {
    for Case { path, table, .. } in cases() {
        let planned = planned(&table);
        let json = planned.as_ref().map(json_of);
        let text = format!("{planned:?}\n{json:?}\n{}", render::text(&planned));
        assert!(!text.contains("hunter2"), "{}: {text}", path.display());
    }
}

#[test]
fn the_order_of_the_programs_lines_means_nothing() {
    let mut tried = 0;
    for Case { path, table, .. } in cases() {
        let original = meaning(&planned(&table));
        for other in reordered(&table) {
            assert_eq!(meaning(&planned(&other)), original, "{}:\n{other}", path.display());
            tried += 1;
        }
    }
    assert!(tried > cases().len(), "most tables have more than one line");
}

/// The table with the program's lines in every rotation and backwards. Data reads stay in front:
/// a program cannot use one before it declares it.
fn reordered(table: &str) -> Vec<String> {
    let lines: Vec<&str> = table.lines().collect();
    let start = lines.iter().position(|line| *line == "program").map_or(0, |at| at + 1);
    let length = lines[start..].iter().take_while(|line| line.starts_with(' ')).count();
    let (reads, program): (Vec<&str>, Vec<&str>) =
        lines[start..start + length].iter().partition(|line| line.contains(" lookup "));
    let mut orders: Vec<Vec<&str>> = (1..program.len())
        .map(|by| {
            let mut order = program.clone();
            order.rotate_left(by);
            order
        })
        .collect();
    orders.extend((program.len() > 2).then(|| program.iter().rev().copied().collect()));
    let whole =
        |order: Vec<&str>| [&lines[..start], &reads, &order, &lines[start + length..]].concat().join("\n");
    orders.into_iter().map(whole).collect()
}

fn json_of(plan: &Plan) -> Json {
    serde_json::to_value(plan).unwrap()
}

/// A plan with steps named instead of numbered: two plans that do the same are equal.
fn meaning(planned: &Result<Plan, PlanError>) -> Json {
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => {
            let mut faults: Vec<String> = error.faults.iter().map(ToString::to_string).collect();
            faults.sort();
            return json!(faults);
        }
    };
    let name = |index: u32| {
        let step = plan.step(index).unwrap();
        let from = step.prior.as_ref().map_or("nothing", |row| &row.token);
        format!("{} {} {from}", step.urn, step.op.as_str())
    };
    let mut json = json_of(plan);
    let mut steps: BTreeMap<String, Json> = BTreeMap::new();
    for (step, mut json) in plan.steps.iter().zip(json["steps"].as_array().unwrap().clone()) {
        let mut after: Vec<String> = step.after.iter().copied().map(name).collect();
        after.sort();
        json["after"] = json!(after);
        json["index"] = Json::Null;
        steps.insert(name(step.index), json);
    }
    assert_eq!(steps.len(), plan.steps.len(), "no two steps do the same to one resource");
    json["steps"] = json!(steps);
    let mut warnings = json["warnings"].as_array().unwrap().clone();
    warnings.sort_by_key(ToString::to_string);
    json["warnings"] = json!(warnings);
    json
}
