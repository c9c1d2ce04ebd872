//! A plan file is written whole, for its owner alone, and over nothing that is not a plan.

use std::path::Path;

use iac_core::{BuildId, PlanFileError, PlanOptions, Replacing, SealedPlan, Stack};

use crate::world::{World, node};

async fn sealed(world: &mut World) -> SealedPlan {
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    let (plan, graph) = (world.plan(program).await, world.graph(program));
    let build = BuildId::named("the build of these tests");
    world.engine.seal_plan(&graph, &plan, &PlanOptions::new(), &build).await.unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn it_comes_back_as_it_was_written_and_only_its_owner_reads_it() {
    let (mut world, directory) = (World::new(), tempfile::tempdir().unwrap());
    let (first, second) = (sealed(&mut world).await, sealed(&mut world).await);
    let path = directory.path().join("plan.bin");
    for plan in [&first, &second] {
        plan.write(&path, Replacing::Plans).unwrap();
        assert_eq!(SealedPlan::read(&path).unwrap(), *plan);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(names(directory.path()), ["plan.bin"], "something was left beside it");
}

#[tokio::test]
async fn another_file_is_left_as_it_is_unless_asked() {
    let (mut world, directory) = (World::new(), tempfile::tempdir().unwrap());
    let plan = sealed(&mut world).await;
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "notes").unwrap();
    let error = plan.write(&path, Replacing::Plans).unwrap_err();
    assert!(matches!(error, PlanFileError::Occupied { .. }), "{error}");
    assert!(error.to_string().contains("notes.txt") && error.to_string().contains("--overwrite"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "notes");
    plan.write(&path, Replacing::AnyFile).unwrap();
    assert_eq!(SealedPlan::read(&path).unwrap(), plan);
    // An empty file, as `mktemp` makes one, holds nothing that could be lost.
    let empty = directory.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    plan.write(&empty, Replacing::Plans).unwrap();
    assert_eq!(names(directory.path()), ["empty", "notes.txt"]);
}

#[tokio::test]
async fn a_place_that_takes_no_file_is_named_with_the_cause() {
    let (mut world, directory) = (World::new(), tempfile::tempdir().unwrap());
    let plan = sealed(&mut world).await;
    let missing = directory.path().join("nowhere/plan.bin");
    let below_file = directory.path().join("file/plan.bin");
    std::fs::write(directory.path().join("file"), "x").unwrap();
    for path in [missing.as_path(), below_file.as_path(), directory.path(), Path::new("/dev/null")] {
        for replacing in [Replacing::Plans, Replacing::AnyFile] {
            let error = plan.write(path, replacing).unwrap_err().to_string();
            assert!(error.starts_with(&format!("cannot write {}: ", path.display())), "{error}");
        }
    }
    let error = SealedPlan::read(&missing).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("nowhere/plan.bin"), "{error}");
    let error = SealedPlan::read(directory.path()).unwrap_err().to_string();
    assert!(error.contains("it is a directory"), "{error}");
    assert_eq!(names(directory.path()), ["file"]);
}
