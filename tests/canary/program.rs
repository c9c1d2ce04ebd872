//! The program of the lives: secrets in inputs, outputs, exports, and everything that may speak of them.

use std::sync::{Arc, Mutex};

use iac_core::random::{RandomToken, SshKeyPair};
use iac_core::{HookContext, HookPhase, Options, Secret, Stack, StackError, Violation, interpolate_secret};
use iac_testkit::fake::{FakeCloud, Node};

use crate::spelling::{canary, quoted};

/// What is different from one run to the next.
#[derive(Clone)]
pub(crate) struct Edit {
    pub(crate) password: String,
    pub(crate) image: &'static str,
    /// Whether hooks fail, and quote what they were told.
    pub(crate) hooks_fail: bool,
    /// What the policy says, quoting every secret of the plan under another resource's name.
    pub(crate) policy: Policy,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Policy {
    Warns,
    Denies,
}

impl Edit {
    pub(crate) fn new(name: &str) -> Self {
        Self { password: canary(name), image: "a", hooks_fail: false, policy: Policy::Warns }
    }
}

/// What hooks were told in the open, to know that they ran.
pub(crate) type Told = Arc<Mutex<Vec<String>>>;

pub(crate) fn program(edit: &Edit, cloud: &FakeCloud, told: &Told, stack: &Stack) -> Result<(), StackError> {
    stack.provider(cloud.provider())?;
    let password = Secret::new(edit.password.clone());
    // A secret that begins the other one: taking out the short one first would leave the rest.
    let short = Secret::new(edit.password[..edit.password.len() - 6].to_owned());
    let web = stack.add("web", Node::args().size(1u32).image(edit.image).password(&password))?;
    let joined = interpolate_secret!("{}:{}", &web.token, &password);
    // A trigger is stored as well.
    let triggered = Options::new().replace_trigger(&joined);
    stack.add_with("child", Node::args().size(1u32).image("x").password(&joined), triggered)?;
    stack.add("short", Node::args().size(1u32).image("x").password(&short))?;
    let token = stack.add("token", RandomToken::args().bytes(16u32))?;
    let pair = stack.add("pair", SshKeyPair::args().comment("canary"))?;
    stack.export("joined", &joined)?;
    stack.export("token", &token.hex)?;
    stack.export("private_key", &pair.private_key)?;
    let (fails, told) = (edit.hooks_fail, Arc::clone(told));
    let hook = stack.hook("greet", move |cx: HookContext<Node>| {
        let told = Arc::clone(&told);
        async move {
            let new = cx.inputs.password.as_ref().map(Secret::expose).cloned().unwrap_or_default();
            let old =
                cx.old_inputs.and_then(|old| old.password).map(Secret::into_exposed).unwrap_or_default();
            let text = format!("cannot greet with {} in place of {}", quoted(&new), quoted(&old));
            told.lock().unwrap().push(text.clone());
            if fails { Err(text) } else { Ok(()) }
        }
    })?;
    for phase in [HookPhase::AfterCreate, HookPhase::BeforeUpdate, HookPhase::BeforeDelete] {
        stack.attach(&web, phase, &hook);
    }
    policy(edit, stack)
}

fn policy(edit: &Edit, stack: &Stack) -> Result<(), StackError> {
    let policy = edit.policy;
    stack.policy("quotes", move |view| {
        let plain = |value: &iac_core::Value| {
            iac_core::from_value::<Secret<String>>(value).map(Secret::into_exposed).unwrap_or_default()
        };
        let before: Vec<String> = view
            .plan()
            .steps
            .iter()
            .filter_map(|step| step.prior.as_ref())
            .map(|row| quoted(&plain(row.inputs.get("password"))) + &quoted(&plain(row.outputs.get("token"))))
            .collect();
        let now: Vec<String> =
            view.resources().map(|resource| plain(resource.inputs.get("password"))).collect();
        let quotes: Vec<String> = now.iter().map(|password| quoted(password)).collect();
        let text = format!("it was {} and is {}", before.join(" "), quotes.join(" "));
        let other = view.resources().find(|resource| resource.urn.path() == "token");
        let violation = match policy {
            Policy::Warns => Violation::warn(text),
            Policy::Denies => Violation::deny(text),
        };
        vec![match other {
            Some(other) => violation.of(other).field(format!("field {}", now.join(" "))),
            None => violation,
        }]
    })
}
