//! `import`: records what exists already as resources of the program, and prints the code for what
//! the program does not declare yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use iac_adopt::{CodeObject, CodeOptions, References, code, code_of_all, logical_name, variable};
use iac_core::provider::Driver;
use iac_core::{FoundObject, Graph, ImportFilter, ImportReport, Snapshot, Urn};
use serde_json::json;

use super::work::Work;
use crate::arguments_import::ImportArgs;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{CHANGE, FAINT, GOOD, HINT, PLAIN, Page, STRONG, printable};
use crate::render::counted;

/// Imports or prints, as the arguments say.
pub(crate) async fn import(work: &Work<'_>, args: &ImportArgs) -> Result<u8, Failure> {
    match (&args.resource, &args.id) {
        (Some(kind), Some(id)) if args.print => print_one(work, kind, id).await,
        (Some(resource), Some(id)) => import_one(work, resource, id).await,
        _ => import_all(work, args).await,
    }
}

/// Records the object `id` as the program's resource `wanted`.
async fn import_one(work: &Work<'_>, wanted: &str, id: &str) -> Result<u8, Failure> {
    let action = format!("import {id:?} as {wanted:?}");
    let urn = declared(work.graph, wanted, &action)?;
    work.or_stop(&action, work.engine.import(work.graph, urn, id)).await?;
    let snapshot = snapshot(work, &action).await?;
    let text = snapshot.resources.get(urn).and_then(|row| {
        let driver = work.graph.driver_for(&row.provider, &row.type_token)?;
        let seen = row.observed.as_ref().unwrap_or(&row.inputs);
        let object = CodeObject::new(&*driver, &row.id, urn.name(), seen);
        Some(code(&object, &references(work.graph, &snapshot), CodeOptions::new().relations()))
    });
    let text = text.unwrap_or_default();
    work.screen.json_line("imported", json!({ "urn": urn, "id": id, "code": text }));
    let mut page = Page::new(work.screen.width);
    page.line(0, PLAIN, &format!("Recorded {id} as {urn}. `plan` shows what differs from the program."));
    page.gap();
    page.line(0, FAINT, "The object as it is:");
    page.gap();
    work.screen.out(&page.finish());
    work.screen.out(&text);
    Ok(EXIT_DONE)
}

fn declared<'a>(graph: &'a Graph, wanted: &str, action: &str) -> Result<&'a Urn, Failure> {
    let found: Vec<_> = graph.urns().filter(|urn| urn.as_str() == wanted || urn.path() == wanted).collect();
    match found.as_slice() {
        [urn] => Ok(*urn),
        [] => {
            let failure = Failure::new(action, "the program declares no such resource");
            Err(failure.hint("declare it in the program first; `import --print TYPE ID` prints the code"))
        }
        several => {
            let urns: Vec<&str> = several.iter().map(|urn| urn.as_str()).collect();
            let failure = Failure::new(action, "several resources have this path");
            Err(failure.hint(format!("pass one of {}", urns.join(", "))))
        }
    }
}

/// Prints the code of one object and records nothing.
async fn print_one(work: &Work<'_>, kind: &str, id: &str) -> Result<u8, Failure> {
    let action = format!("print {kind} {id:?}");
    let found = work.or_stop(&action, work.engine.look_at(work.graph, kind, id)).await?;
    let snapshot = snapshot(work, &action).await?;
    let text =
        code_of(work, &snapshot, std::slice::from_ref(&found), CodeOptions::new().relations().import());
    work.screen.json_line("code", json!({ "resource_type": kind, "id": id, "code": text }));
    work.screen.out(&text);
    Ok(EXIT_DONE)
}

/// Records every object that a resource of the program describes.
async fn import_all(work: &Work<'_>, args: &ImportArgs) -> Result<u8, Failure> {
    let mut filter = ImportFilter::new().types(args.types.iter().cloned());
    filter.labels = args.labels.iter().cloned().collect::<BTreeMap<_, _>>();
    filter.name.clone_from(&args.name);
    filter.into.clone_from(&args.into);
    filter.dry_run = args.dry_run;
    let action = format!("import into {}", work.stack);
    let report = work.or_stop(&action, work.engine.import_all(work.graph, &filter)).await?;
    let text = if args.print && !report.unmatched.is_empty() {
        let snapshot = snapshot(work, &action).await?;
        // Among all types a relation is a resource of its own; among some it may not be.
        let options = CodeOptions::new().import();
        let options = if args.types.is_empty() { options } else { options.relations() };
        code_of(work, &snapshot, &report.unmatched, options)
    } else {
        String::new()
    };
    let unmatched: Vec<_> = report
        .unmatched
        .iter()
        .map(|one| json!({ "type": one.type_token, "id": one.observation.id, "name": one.name }))
        .collect();
    work.screen.json_line(
        "import",
        json!({
            "dry_run": args.dry_run, "imported": report.imported, "unmatched": unmatched,
            "ambiguous": report.ambiguous, "missing": report.missing, "recorded": report.recorded,
            "unlisted": report.unlisted, "code": text,
        }),
    );
    work.screen.out(&shown(&report, args, work.screen.width));
    work.screen.out(&text);
    Ok(EXIT_DONE)
}

fn shown(report: &ImportReport, args: &ImportArgs, width: usize) -> String {
    let mut page = Page::new(width);
    for one in &report.imported {
        let text = format!("{} {}: {}", one.urn.type_token(), one.urn.path(), printable(&one.id));
        page.item(2, "=", GOOD, &text, 2);
    }
    for one in &report.ambiguous {
        let paths: Vec<&str> = one.urns.iter().map(Urn::path).collect();
        let (kind, ids) = (&one.type_token, one.ids.join(", "));
        let text = format!("{kind} {} may be {}", printable(&ids), paths.join(", "));
        page.item(2, "?", CHANGE, &text, 2);
    }
    for one in &report.unmatched {
        let name = one.name.as_deref().map(|name| format!(" ({})", printable(name))).unwrap_or_default();
        let text =
            format!("{} {}{name} is not in the program", one.type_token, printable(&one.observation.id));
        page.item(2, " ", FAINT, &text, 2);
    }
    for urn in &report.missing {
        page.item(2, "!", CHANGE, &format!("{} {} has no object", urn.type_token(), urn.path()), 2);
    }
    if !page.is_empty() {
        page.gap();
    }
    let verb = if args.dry_run { "would be imported" } else { "imported" };
    let counts = format!(
        "{} {verb}, {} recorded before, {} not in the program, {} uncertain.",
        counted(report.imported.len(), "object"),
        report.recorded,
        report.unmatched.len(),
        report.ambiguous.len()
    );
    page.line(0, STRONG, &counts);
    if !report.unlisted.is_empty() {
        let text = format!("{} cannot be listed; import them one by one", report.unlisted.join(", "));
        page.item(0, "hint:", HINT, &text, 2);
    }
    if !report.ambiguous.is_empty() {
        page.item(0, "hint:", HINT, "`import PATH ID` says which object a resource is", 2);
    }
    if !report.unmatched.is_empty() && !args.print {
        page.item(0, "hint:", HINT, "`--print` prints the code for what is not in the program", 2);
    }
    if args.print && !report.unmatched.is_empty() {
        page.gap();
    }
    page.finish()
}

async fn snapshot(work: &Work<'_>, action: &str) -> Result<Snapshot, Failure> {
    work.engine.snapshot(work.stack).await.map_err(|error| Failure::engine(action, error))
}

/// What each recorded object is called in the program.
fn references(graph: &Graph, snapshot: &Snapshot) -> References {
    let mut known = References::new();
    for row in snapshot.resources.values() {
        if let Some(driver) = graph.driver_for(&row.provider, &row.type_token) {
            known.add(driver.spec().rust, &row.id, variable(row.urn.name()));
        }
    }
    known
}

fn code_of(work: &Work<'_>, snapshot: &Snapshot, found: &[FoundObject], options: CodeOptions) -> String {
    let drivers: Vec<(Arc<dyn Driver>, &FoundObject)> = found
        .iter()
        .filter_map(|one| Some((work.graph.driver_for(&one.provider, &one.type_token)?, one)))
        .collect();
    let names: Vec<String> = drivers
        .iter()
        .map(|(_, one)| logical_name(&one.type_token, one.name.as_deref(), &one.observation.id))
        .collect();
    let objects: Vec<CodeObject<'_>> = drivers
        .iter()
        .zip(&names)
        .map(|((driver, one), name)| {
            CodeObject::new(&**driver, &one.observation.id, name, &one.observation.inputs)
        })
        .collect();
    code_of_all(&objects, &references(work.graph, snapshot), options)
}
