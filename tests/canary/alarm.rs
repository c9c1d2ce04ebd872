//! Code of a provider or of the program that panics with a secret in its message, wherever the engine
//! calls such code. Nothing prints it, and nothing is lost.

use iac_core::{HookContext, HookPhase, Secret, Stack, StackError};

use crate::layers::{Bench, all, derived};
use crate::quoter::{ALARMING, Act, CHANGE, PRICE, Peek, Thing, ThingInputs};
use crate::spelling::{canary, quoted};

fn program(name: &'static str) -> impl Fn(&Stack) -> Result<(), StackError> {
    move |stack: &Stack| {
        let a = stack.add("a", Thing::args().secret(Secret::new(canary(name))))?;
        stack.add("b", Thing::args().secret(derived(&a.made, "ALARMDERIVED")))?;
        stack.read("peek", Peek::args().query(derived(&a.made, "ALARMDERIVED"))).map(drop)
    }
}

#[test]
fn a_provider_that_panics_with_a_secret() {
    let mut bench = Bench::new(&["ALARMONE", "ALARMTWO", "ALARMTHREE", "ALARMDERIVED"]);
    for (op, path, line, name, quotes) in [
        ("create", "a", "up --yes", "ALARMONE", &["ALARMONE"][..]),
        ("data", "peek", "up --yes --json", "ALARMONE", &["ALARMONE", "ALARMDERIVED"]),
        ("list", "", "plan", "ALARMONE", &["ALARMONE", "ALARMDERIVED"]),
        ("update", "a", "up --yes", "ALARMTWO", &["ALARMONE", "ALARMTWO", "ALARMDERIVED"]),
        ("updated", "a", "up --yes --json", "ALARMTHREE", &["ALARMTWO", "ALARMTHREE", "ALARMDERIVED"]),
        ("account", "", "plan", "ALARMTHREE", &["ALARMTHREE", "ALARMDERIVED"]),
        ("list", "", "import --all --dry-run", "ALARMTHREE", &["ALARMTHREE", "ALARMDERIVED"]),
        ("delete", "a", "destroy --yes", "ALARMTHREE", &["ALARMTHREE"]),
        ("deleted", "a", "destroy --yes --json", "ALARMTHREE", &["ALARMTHREE"]),
    ] {
        let quotes: Vec<String> = quotes.iter().map(|name| canary(name)).collect();
        bench.quoter.act(op, path, Act::Panic(all(&quotes)));
        bench.marked(line, &program(name));
        bench.quoter.heal();
        bench.run("history --json", &program(name));
        if !line.starts_with("destroy") {
            bench.done("up --yes", &program(name));
            assert_eq!(bench.quoter.paths().len(), 2, "{op} lost something or made it twice");
        }
    }
    bench.done("destroy --yes", &program("ALARMTHREE"));
    assert!(bench.quoter.paths().is_empty());
}

/// The object exists, and its create panicked: it is found, not made twice.
#[test]
fn a_create_that_panics_when_it_has_created() {
    let mut bench = Bench::new(&["ALARMONE", "ALARMDERIVED"]);
    let all = all(&[canary("ALARMONE"), canary("ALARMDERIVED")]);
    bench.quoter.act("created", "b", Act::Panic(all.clone()));
    bench.quoter.act("find", "b", Act::Panic(all));
    bench.marked("up --yes", &program("ALARMONE"));
    bench.marked("plan --json", &program("ALARMONE"));
    bench.quoter.heal();
    bench.done("up --yes", &program("ALARMONE"));
    assert_eq!(bench.quoter.paths(), ["a", "b"]);
}

#[test]
fn a_hook_a_policy_a_check_and_a_function_that_panic_with_a_secret() {
    let mut bench = Bench::new(&["ALARMONE", "ALARMMAPPED", "ALARMDERIVED"]);
    bench.marked("up --yes", &|stack| {
        let a = stack.add("a", Thing::args().secret(Secret::new(canary("ALARMONE"))))?;
        let hook = stack.hook("greet", |cx: HookContext<Thing>| async move {
            if cx.phase == HookPhase::AfterCreate {
                panic!("no {}", quoted(cx.inputs.secret.expose()));
            }
            Ok::<_, String>(())
        })?;
        stack.attach(&a, HookPhase::AfterCreate, &hook);
        Ok(())
    });
    bench.marked("plan --json", &|stack| {
        stack.add("a", Thing::args().secret(Secret::new(canary("ALARMONE"))))?;
        stack.policy("panics", |view| {
            let secrets = view.resources().filter_map(|one| {
                iac_core::from_value::<Secret<String>>(one.inputs.get("secret"))
                    .map(Secret::into_exposed)
                    .ok()
            });
            panic!("{}", all(&secrets.collect::<Vec<_>>()))
        })
    });
    bench.marked("plan", &|stack| {
        stack.add("c", Thing::args().secret(Secret::new(canary("ALARMONE"))).note(ALARMING)).map(drop)
    });
    let mapped = |stack: &Stack| {
        let a = stack.add("a", Thing::args().secret(Secret::new(canary("ALARMONE"))))?;
        let text = a
            .made
            .map(|made| -> String { panic!("{} and {}", quoted(&made), quoted(&canary("ALARMMAPPED"))) });
        stack.add("d", Thing::args().secret(text)).map(drop)
    };
    for line in ["up --yes", "plan", "plan --json"] {
        let answer = bench.run(line, &mapped);
        let said = answer.stdout + &answer.stderr;
        assert!(answer.code != 0 && said.contains("it may quote the secret"), "{line}: {said}");
    }
}

/// Code is printed of an object whose check panics.
#[test]
fn a_check_that_panics_while_code_is_printed() {
    let mut bench = Bench::new(&["ALARMPRINTED"]);
    let secret = Secret::new(canary("ALARMPRINTED"));
    bench.quoter.put("foreign", ThingInputs { secret, note: Some(ALARMING.to_owned()) });
    let nothing = |_: &Stack| Ok(());
    bench.done("import --print quoter:thing foreign", &nothing);
    bench.done("import --all --print --dry-run --json", &nothing);
}

/// They have no way to fail: the process ends as by any panic, which quotes nothing.
#[test]
fn what_looks_at_changes_and_prices_panics_without_its_text() {
    let mut bench = Bench::new(&["ALARMONE", CHANGE, PRICE]);
    bench.done("up --yes", &program("ALARMONE"));
    for (name, what) in [(CHANGE, "what a change calls for"), (PRICE, "a cost")] {
        let program = program(name);
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            bench.run("plan", &program);
        }));
        let payload = ran.expect_err("nothing panicked");
        let text = payload.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(text.starts_with(&format!("{what} panicked; what it said is left out")), "{text}");
        bench.desk.search_rest();
    }
}
