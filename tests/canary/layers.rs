//! One probe for each place that cleans what a provider, a hook or a policy says. What is quoted here is
//! known to that place alone.

use iac_core::{
    Error, ErrorKind, HookContext, HookPhase, Options, Output, ProviderInstance, Secret, Stack, StackError,
    Violation, interpolate, interpolate_secret,
};

use crate::desk::{Answer, Desk, Program};
use crate::quoter::{Act, FAULTY, Peek, Quoter, Thing, made};
use crate::spelling::{canary, quoted};

pub(crate) struct Bench {
    pub(crate) desk: Desk,
    pub(crate) quoter: Quoter,
}

impl Bench {
    /// A bench that searches for these secrets, and for what things make.
    pub(crate) fn new(names: &[&str]) -> Self {
        let mut desk = Desk::new();
        names.iter().for_each(|name| desk.hunt.plant(name, &canary(name)));
        Self { desk, quoter: Quoter::default() }
    }

    #[track_caller]
    pub(crate) fn run(&mut self, line: &str, program: &Program<'_>) -> Answer {
        let quoter = self.quoter.clone();
        self.desk.with(line, &|stack| {
            stack.provider(quoter.clone())?;
            program(stack)
        })
    }

    #[track_caller]
    pub(crate) fn done(&mut self, line: &str, program: &Program<'_>) {
        let answer = self.run(line, program);
        assert_eq!(answer.code, 0, "{line}:\n{}{}", answer.stdout, answer.stderr);
    }

    /// A line that fails and says something in which secrets stood.
    #[track_caller]
    pub(crate) fn marked(&mut self, line: &str, program: &Program<'_>) {
        let answer = self.run(line, program);
        let said = answer.stdout + &answer.stderr;
        assert_ne!(answer.code, 0, "{line}:\n{said}");
        assert!(said.contains("raw [secret]"), "{line} quoted nothing:\n{said}");
    }

    /// The calls `op` for `path` fail with these secrets in every text.
    fn fails(&self, op: &'static str, path: &str, secrets: &[String]) {
        self.quoter.act(op, path, Act::Fail(ErrorKind::InvalidInput, all(secrets)));
    }
}

pub(crate) fn all(secrets: &[String]) -> String {
    secrets.iter().map(|secret| quoted(secret)).collect::<Vec<_>>().join(" and ")
}

/// Another secret, computed from one.
pub(crate) fn derived(source: &Output<Secret<String>>, name: &'static str) -> Output<Secret<String>> {
    source.map(move |_| canary(name))
}

fn thing(stack: &Stack, path: &str, name: &str) -> Result<iac_core::Handle<Thing>, StackError> {
    stack.add(path, Thing::args().secret(Secret::new(canary(name))))
}

#[test]
fn what_a_check_says_of_a_value() {
    let mut bench = Bench::new(&["PLANNED", "LATE", "ORDINARY"]);
    let known = |stack: &Stack| {
        stack.add("a", Thing::args().secret(Secret::new(canary("PLANNED"))).note(FAULTY)).map(drop)
    };
    bench.marked("plan", &known);
    bench.marked("plan --json", &known);
    let late = |stack: &Stack| {
        let a = thing(stack, "a", "ORDINARY")?;
        stack.add("b", Thing::args().secret(derived(&a.made, "LATE")).note(FAULTY)).map(drop)
    };
    bench.marked("up --yes", &late);
    bench.marked("up --yes --json", &late);
    bench.run("history show 1", &late);
}

/// Everything that a run can know a secret from, each from there alone.
#[test]
fn what_a_failing_step_quotes_of_others() {
    let mut bench = Bench::new(&["BASE", "BASEOUT", "OLD", "EXPORTED", "FIRST2", "GIVEN", "LATER"]);
    bench.desk.hunt.plant("what the first made", &made("first"));
    bench.desk.hunt.plant("what the old one made", &made("old"));
    bench.desk.hunt.plant("the data", &canary("HIDDENDATA"));
    bench.done("up --yes --stack base", &|stack| {
        let base = thing(stack, "base", "BASE")?;
        stack.export("out", derived(&base.made, "BASEOUT"))
    });
    let before = |stack: &Stack| {
        let old = thing(stack, "old", "OLD")?;
        stack.export("exported", derived(&old.made, "EXPORTED"))
    };
    bench.done("up --yes", &before);
    let secrets = ["BASEOUT", "OLD", "EXPORTED", "GIVEN", "LATER"].map(canary);
    let others = [made("first"), made("old"), canary("HIDDENDATA")];
    bench.fails("create", "failing", &[&secrets[..], &others[..]].concat());
    let program = |stack: &Stack| {
        before(stack)?;
        let first = thing(stack, "first", "FIRST2")?;
        let failing = stack.add("failing", Thing::args().secret(derived(&first.made, "GIVEN")))?;
        let later = Thing::args().secret(Secret::new(canary("LATER")));
        stack.add_with("later", later, Options::new().depends_on(&failing))?;
        let peek = stack.read("peek", Peek::args().query(Secret::new(canary("OLD"))))?;
        let note = stack.stack_output::<Secret<String>>("base", "out");
        stack.export("seen", &peek.hidden)?;
        stack.export("others", note)
    };
    bench.marked("up --yes", &program);
    bench.marked("up --yes --json", &program);
    bench.run("history show 2", &program);
    bench.run("history show 3 --json", &program);
}

/// Data that this very run has read.
#[test]
fn what_a_failing_step_quotes_of_data() {
    let mut bench = Bench::new(&["READER", "AFTERDATA"]);
    bench.desk.hunt.plant("the data", &canary("HIDDENDATA"));
    bench.fails("create", "failing", &[canary("HIDDENDATA")]);
    let program = |stack: &Stack| {
        let first = thing(stack, "first", "READER")?;
        let peek = stack.read("peek", Peek::args().query(&first.made))?;
        let failing = Thing::args().secret(derived(&peek.hidden, "AFTERDATA"));
        stack.add("failing", failing).map(drop)
    };
    bench.marked("up --yes", &program);
}

#[test]
fn what_a_hook_quotes_of_what_it_alone_was_told() {
    let mut bench = Bench::new(&["FIRST3", "TOLD"]);
    let program = |stack: &Stack| {
        let first = thing(stack, "first", "FIRST3")?;
        let hooked = stack.add("hooked", Thing::args().secret(derived(&first.made, "TOLD")))?;
        let hook = stack.hook("greet", |cx: HookContext<Thing>| async move {
            Err::<(), _>(format!("no {}", quoted(cx.inputs.secret.expose())))
        })?;
        stack.attach(&hooked, HookPhase::BeforeCreate, &hook);
        Ok(())
    };
    bench.marked("up --yes", &program);
    bench.marked("up --yes --json", &program);
}

#[test]
fn what_a_step_says_while_it_works() {
    let mut bench = Bench::new(&["SAYONE", "SAYTWO", "SAYMORE", "SAYASKED"]);
    let program = |name: &'static str| {
        move |stack: &Stack| {
            let a = thing(stack, "a", name)?;
            stack.add("b", Thing::args().secret(derived(&a.made, "SAYMORE")))?;
            stack.read("peek", Peek::args().query(derived(&a.made, "SAYASKED"))).map(drop)
        }
    };
    let says = |bench: &Bench, op: &'static str, path: &str, secrets: &[&str]| {
        let secrets: Vec<String> = secrets.iter().map(|name| canary(name)).collect();
        bench.quoter.act(op, path, Act::Say(all(&secrets)));
    };
    says(&bench, "create", "a", &["SAYONE"]);
    says(&bench, "created", "b", &["SAYMORE"]);
    says(&bench, "data", "peek", &["SAYASKED"]);
    says(&bench, "update", "a", &["SAYONE", "SAYTWO"]);
    says(&bench, "delete", "a", &["SAYTWO"]);
    for (line, name, waits) in [
        ("up --yes --json", "SAYONE", 3),
        ("up --yes --json", "SAYTWO", 2),
        ("destroy --yes --json", "SAYTWO", 1),
    ] {
        let answer = bench.run(line, &program(name));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let said = answer.stdout.lines().filter(|line| line.contains("raw [secret]")).count();
        assert_eq!(said, waits, "{line} {name}: {}", answer.stdout);
    }
    // For people as well.
    bench.done("up --yes", &program("SAYONE"));
}

#[test]
fn what_a_read_quotes_of_the_state() {
    let mut bench = Bench::new(&["KEPT", "DERIVED"]);
    let program = |stack: &Stack| {
        let kept = thing(stack, "kept", "KEPT")?;
        stack.export("exported", derived(&kept.made, "DERIVED"))
    };
    bench.desk.hunt.plant("what it made", &made("kept"));
    bench.done("up --yes", &program);
    for op in ["read", "account", "list"] {
        let path = if op == "read" { "kept" } else { "" };
        bench.fails(op, path, &[canary("KEPT"), canary("DERIVED"), made("kept")]);
        for line in match op {
            "list" => ["import --all --dry-run", "import --all --dry-run --json"],
            "read" => ["refresh", "plan --json"],
            _ => ["plan", "up --yes"],
        } {
            bench.marked(line, &program);
        }
        bench.quoter.heal();
    }
}

#[test]
fn what_a_search_quotes_of_a_create_that_was_cut_off() {
    let mut bench = Bench::new(&["FIRST6", "SENT"]);
    let program = |stack: &Stack| {
        let first = thing(stack, "first", "FIRST6")?;
        stack.add("lost", Thing::args().secret(derived(&first.made, "SENT"))).map(drop)
    };
    bench.quoter.act("created", "lost", Act::Fail(ErrorKind::Timeout, canary("SENT")));
    bench.run("up --yes", &program);
    assert_eq!(bench.quoter.paths(), ["first", "lost"]);
    bench.fails("find", "lost", &[canary("SENT")]);
    bench.marked("plan", &program);
    bench.marked("refresh --json", &program);
    bench.quoter.heal();
    bench.done("up --yes", &program);
    assert_eq!(bench.quoter.paths(), ["first", "lost"]);
}

#[test]
fn what_data_quotes_of_its_query() {
    let mut bench = Bench::new(&["FIRST7", "ASKEDDATA"]);
    let asks = |stack: &Stack| {
        let first = thing(stack, "first", "FIRST7")?;
        stack.read("peek", Peek::args().query(derived(&first.made, "ASKEDDATA"))).map(drop)
    };
    bench.fails("data", "peek", &[canary("ASKEDDATA")]);
    // During the apply, and before planning once the query is known.
    bench.marked("up --yes", &asks);
    bench.marked("plan", &asks);
    bench.marked("plan --json", &asks);
}

#[test]
fn what_a_client_quotes_of_its_configuration() {
    let mut bench = Bench::new(&["FIRST8", "CONFIGURED", "INSIDE"]);
    let program = |panics: bool| {
        move |stack: &Stack| {
            let first = thing(stack, "first", "FIRST8")?;
            let config = derived(&first.made, "CONFIGURED");
            let instance = ProviderInstance::deferred(&config, move |config: Secret<String>| {
                let text = format!("no client for {}", quoted(config.expose()));
                assert!(!panics, "{text}");
                Err::<Quoter, _>(Error::new(ErrorKind::Unauthenticated, text.clone()).hint(text))
            });
            let instance = stack.provider_instance(instance.named("inside"))?;
            let inside = Thing::args().secret(Secret::new(canary("INSIDE")));
            stack.add_with("inside", inside, Options::new().provider(&instance)).map(drop)
        }
    };
    for panics in [false, true] {
        bench.marked("up --yes", &program(panics));
        bench.marked("up --yes --json", &program(panics));
        bench.marked("plan", &program(panics));
    }
}

#[test]
fn what_a_policy_quotes_of_what_is_and_of_what_is_to_be() {
    let mut bench = Bench::new(&["IS", "WILLBE", "GONE"]);
    let program = |name: &'static str, with_gone: bool, text: String| {
        move |stack: &Stack| {
            thing(stack, "a", name)?;
            if with_gone {
                thing(stack, "gone", "GONE")?;
            }
            let text = text.clone();
            let judged = !text.is_empty();
            stack.policy("quotes", move |_| {
                judged.then(|| Violation::deny(text.clone()).field(text.clone())).into_iter().collect()
            })
        }
    };
    bench.done("up --yes", &program("IS", true, String::new()));
    let text = all(&["IS", "WILLBE", "GONE"].map(canary));
    bench.marked("plan", &program("WILLBE", false, text.clone()));
    bench.marked("plan --json", &program("WILLBE", false, text));
}

#[test]
fn what_holds_a_call_up() {
    let mut bench = Bench::new(&["HELDONE", "HELDMORE", "HELDSENT"]);
    let program = |stack: &Stack| {
        let a = thing(stack, "a", "HELDONE")?;
        stack.add("b", Thing::args().secret(derived(&a.made, "HELDMORE")))?;
        stack.read("peek", Peek::args().query(derived(&a.made, "HELDMORE"))).map(drop)
    };
    let held = |bench: &Bench, op: &'static str, path: &str, name: &str| {
        bench.quoter.act(op, path, Act::HoldUp(all(&[canary(name)])));
    };
    held(&bench, "create", "a", "HELDONE");
    held(&bench, "created", "b", "HELDMORE");
    held(&bench, "list", "", "HELDONE");
    held(&bench, "data", "peek", "HELDMORE");
    for (line, least) in [("up --yes --json", 4), ("refresh --json", 2), ("plan --json", 2)] {
        let answer = bench.run(line, &program);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        let said = answer.stdout.lines().filter(|line| line.contains("raw [secret]")).count();
        assert!(said >= least, "{line}: {said} of {least}: {}", answer.stdout);
    }
    bench.run("refresh", &program);
    // What a create was given that was cut off and has made nothing: it is recorded nowhere.
    let more = |stack: &Stack| {
        program(stack)?;
        thing(stack, "lost", "HELDSENT").map(drop)
    };
    for op in ["create", "find"] {
        bench.quoter.act(op, "lost", Act::Fail(ErrorKind::Timeout, canary("HELDSENT")));
    }
    bench.run("up --yes", &more);
    bench.quoter.heal();
    held(&bench, "find", "lost", "HELDSENT");
    let answer = bench.run("plan --json", &program);
    assert!(answer.code == 0 && answer.stdout.contains("raw [secret]"), "{}", answer.stdout);
}

#[test]
fn what_a_look_at_a_provider_quotes() {
    let mut bench = Bench::new(&["LOOKEDAT", "CLIENTOF"]);
    let program = |stack: &Stack| thing(stack, "a", "LOOKEDAT").map(drop);
    bench.done("up --yes", &program);
    bench.fails("account", "", &[canary("LOOKEDAT")]);
    bench.marked("doctor", &program);
    bench.marked("doctor --json", &program);
    bench.quoter.heal();
    // A client that is made of what is recorded, and quotes something else that is.
    let deferred = |stack: &Stack| {
        let a = thing(stack, "a", "LOOKEDAT")?;
        let config = derived(&a.made, "CLIENTOF");
        let instance = ProviderInstance::deferred(&config, |_: Secret<String>| {
            let text = quoted(&canary("LOOKEDAT"));
            Err::<Quoter, _>(Error::new(ErrorKind::Unauthenticated, text.clone()).hint(text))
        });
        stack.provider_instance(instance.named("inside")).map(drop)
    };
    bench.run("doctor", &deferred);
    bench.marked("doctor --json", &deferred);
}

/// The type says text, the other stack exports a secret: nothing takes it for plain.
#[test]
fn a_secret_of_another_stack_that_is_asked_for_as_text() {
    let mut bench = Bench::new(&["OTHERS"]);
    bench.done("up --yes --stack base", &|stack| {
        let base = thing(stack, "base", "OTHERS")?;
        stack.export("out", derived(&base.made, "OTHERS"))
    });
    let asked = |stack: &Stack| stack.stack_output::<String>("base", "out");
    for line in ["plan", "plan --json", "up --yes", "outputs --json", "state export"] {
        bench.run(line, &|stack| stack.export("direct", asked(stack)));
        bench.run(line, &|stack| stack.export("text", interpolate!("it is {}", asked(stack))));
        bench.run(line, &|stack| stack.export("mapped", asked(stack).map(|text| text + "!")));
        let noted = |stack: &Stack| {
            let args = Thing::args().secret(Secret::new(canary("OTHERS")));
            stack.add("a", args.note(interpolate!("it is {}", asked(stack)))).map(drop)
        };
        bench.run(line, &noted);
    }
}

#[test]
fn what_a_look_at_the_account_quotes_of_a_trigger() {
    let mut bench = Bench::new(&["TRIGGERING", "TRIGGERED"]);
    let program = |stack: &Stack| {
        let a = thing(stack, "a", "TRIGGERING")?;
        let options = Options::new().replace_trigger(&derived(&a.made, "TRIGGERED"));
        stack.add_with("b", Thing::args().secret(Secret::new(canary("TRIGGERING"))), options).map(drop)
    };
    bench.done("up --yes", &program);
    bench.fails("account", "", &[canary("TRIGGERED")]);
    bench.marked("plan", &program);
    bench.marked("plan --json", &program);
}

/// Text that is no secret until the program says so.
#[test]
fn what_a_program_makes_a_secret() {
    let mut bench = Bench::new(&["MARKED"]);
    let program = |stack: &Stack| stack.export("marked", interpolate_secret!("it is {}", canary("MARKED")));
    for line in ["plan", "plan --json", "up --yes --json", "outputs", "outputs --json", "state export"] {
        bench.done(line, &program);
    }
}
