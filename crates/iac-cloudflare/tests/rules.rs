//! Rules and what they use, through the real engine: rules keep their ids, what others made stays
//! theirs, and lists are changed one at a time.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::time::Duration;

use iac_cloudflare::sim::{self, ACCOUNT_ID, CloudflareSim, Pace, SimConfig};
use iac_cloudflare::{
    ApiToken, Cloudflare, List, ListItem, ListKind, RateLimit, RuleAction, Ruleset, RulesetPhase,
    RulesetRule, TokenPolicy, Zone,
};
use iac_core::state::{MemoryBackend, StackId};
use iac_core::{
    ApplyOptions, Engine, Error, ErrorKind, Graph, Handle, NoReporter, Op, Options, Plan, PlanOptions, Stack,
    StackError, StepError, Value,
};
use iac_http::RetryPolicy;
use iac_testkit::sim::{Method, SimOptions, SimServer};
use serde_json::{Value as Json, json};

struct World {
    server: SimServer,
    engine: Engine,
}

type Program<'a> = &'a (dyn Fn(&Stack, &Handle<Zone>) -> Result<(), StackError> + Sync);

impl World {
    async fn new(config: SimConfig) -> Self {
        let server = sim::start(SimOptions::new(), config).await.unwrap();
        Self { server, engine: Engine::builder().backend(MemoryBackend::new()).build() }
    }

    fn graph(&self, program: Program<'_>) -> Graph {
        let provider = Cloudflare::builder()
            .endpoint(format!("{}{}", self.server.url(), sim::BASE_PATH))
            .token(String::from("a-token-of-the-account"))
            .account(ACCOUNT_ID)
            .poll_interval(Duration::from_millis(1), Duration::from_millis(5))
            .http(|http| http.retry(RetryPolicy::never()));
        let stack = Stack::new("shop", "dev").unwrap();
        stack.provider(provider.build().unwrap()).unwrap();
        let zone = stack.add("zone", Zone::args().name("example.com")).unwrap();
        program(&stack, &zone).unwrap();
        stack.freeze().unwrap()
    }

    async fn plan(&self, program: Program<'_>) -> Plan {
        let graph = self.graph(program);
        self.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap()
    }

    /// Applies a program with a zone; the errors.
    async fn apply(&self, program: Program<'_>) -> Vec<Error> {
        let (plan, graph) = (self.plan(program).await, self.graph(program));
        let outcome = self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        let error = |error: &StepError| match error {
            StepError::Failed { error } => error.clone(),
            other => panic!("{other}"),
        };
        outcome.failures.iter().map(|failure| error(&failure.error)).collect()
    }

    /// Applies a program, after which there is nothing to do.
    async fn up(&self, program: Program<'_>) {
        let errors = self.apply(program).await;
        assert!(errors.is_empty(), "{errors:?}");
        assert!(!self.plan(program).await.has_changes());
    }

    /// An output of the resource at `path`.
    async fn output(&self, path: &str, name: &str) -> Value {
        let snapshot = self.engine.snapshot(&StackId::new("shop", "dev")).await.unwrap();
        let row = snapshot.resources.values().find(|row| row.urn.path() == path).unwrap();
        row.outputs.get(name).clone()
    }

    async fn rule_ids(&self, path: &str) -> BTreeMap<String, String> {
        let ids = self.output(path, "rule_ids").await;
        let entries = ids.as_map().unwrap().iter();
        entries.map(|(name, id)| (name.to_string(), id.as_str().unwrap().to_owned())).collect()
    }

    /// Does something behind the stack's back.
    fn call(&self, method: Method, path: &str, body: &Json) -> (u16, Json) {
        let act = |cloud: &mut CloudflareSim| {
            let zone = cloud.inventory().into_iter().find(|item| item.type_token == "cloudflare:zone");
            let zone = zone.map(|zone| zone.id).unwrap_or_default();
            let path = path.replace("ZONE", &zone).replace("ACCOUNT", ACCOUNT_ID);
            let answer = cloud.call(method, &path, Some(body));
            (answer.status.as_u16(), answer.body.as_json().cloned().unwrap_or_default())
        };
        self.server.with_cloud(act).unwrap().unwrap()
    }
}

/// How often another task goes first before a test gives up.
const YIELDS_MAX: usize = 1_000_000;
const ENTRY_POINT: &str = "/zones/ZONE/rulesets/phases/http_request_firewall_custom/entrypoint";

fn block(name: &str, expression: &str) -> iac_core::Input<RulesetRule> {
    let rule = RulesetRule::args().reference(name.to_owned()).expression(expression.to_owned());
    iac_core::Input::new(rule.action(RuleAction::Block))
}

fn firewall(
    rules: &'static [(&'static str, &'static str)],
) -> impl Fn(&Stack, &Handle<Zone>) -> Result<(), StackError> {
    move |stack, zone| {
        let rules: Vec<_> = rules.iter().map(|(name, expression)| block(name, expression)).collect();
        let firewall = Ruleset::args().zone(zone).phase(RulesetPhase::HttpRequestFirewallCustom);
        stack.add("firewall", firewall.rules(rules)).map(drop)
    }
}

#[tokio::test]
async fn rules_keep_their_ids_whatever_becomes_of_the_others() {
    let world = World::new(SimConfig::new()).await;
    world.up(&firewall(&[("a", "true"), ("b", "ip.src eq 192.0.2.1"), ("c", "false")])).await;
    let first = world.rule_ids("firewall").await;
    // One changes, one goes, one comes, and the order is another.
    world.up(&firewall(&[("d", "true"), ("c", "false"), ("a", "ip.src eq 192.0.2.2")])).await;
    let second = world.rule_ids("firewall").await;
    assert_eq!((&second["a"], &second["c"]), (&first["a"], &first["c"]));
    assert!(!first.values().any(|id| *id == second["d"]) && !second.contains_key("b"));
}

#[tokio::test]
async fn what_somebody_changed_is_seen_rule_by_rule_and_put_right() {
    let world = World::new(SimConfig::new()).await;
    let program = firewall(&[("a", "true"), ("b", "false")]);
    world.up(&program).await;
    let theirs = json!({ "rules": [
        { "ref": "a", "expression": "true", "action": "block" },
        { "ref": "b", "expression": "false", "action": "managed_challenge" },
    ]});
    assert_eq!(world.call(Method::PUT, ENTRY_POINT, &theirs).0, 200);
    let plan = world.plan(&program).await;
    assert_eq!(plan.steps.iter().map(|step| step.op).collect::<Vec<_>>(), [Op::Update]);
    let paths: Vec<String> = plan.drift[0].diff.iter().map(|diff| diff.path.to_string()).collect();
    assert_eq!(paths, ["rules[1].action"]);
    world.up(&program).await;
}

#[tokio::test]
async fn rules_of_somebody_else_are_neither_taken_nor_overwritten() {
    let world = World::new(SimConfig::new()).await;
    world.up(&|_, _| Ok(())).await;
    let theirs = json!({ "rules": [{ "expression": "true", "action": "managed_challenge" }] });
    let (_, made) = world.call(Method::PUT, ENTRY_POINT, &theirs);
    let program = firewall(&[("a", "true")]);
    let errors = world.apply(&program).await;
    assert_eq!((errors[0].kind(), errors[0].input_field()), (ErrorKind::AlreadyExists, Some("phase")));
    let ruleset = made["result"]["id"].as_str().unwrap();
    assert!(errors[0].way_out().unwrap().contains(ruleset), "{:?}", errors[0].way_out());
    let (_, seen) = world.call(Method::GET, ENTRY_POINT, &json!({}));
    assert_eq!(seen["result"]["rules"], made["result"]["rules"]);
    // Without rules it is nobody's, and keeps its id.
    assert_eq!(world.call(Method::PUT, ENTRY_POINT, &json!({ "rules": [] })).0, 200);
    world.up(&program).await;
    assert_eq!(world.output("firewall", "ruleset_id").await.as_str(), Some(ruleset));
}

#[tokio::test]
async fn rules_of_somebody_else_are_imported_by_their_phase() {
    let world = World::new(SimConfig::new()).await;
    world.up(&|_, _| Ok(())).await;
    let theirs = json!({ "rules": [{ "ref": "theirs", "expression": "true", "action": "block" }] });
    let (_, made) = world.call(Method::PUT, ENTRY_POINT, &theirs);
    let zone = |cloud: &mut CloudflareSim| {
        let mut items = cloud.inventory().into_iter();
        items.find(|item| item.type_token == "cloudflare:zone").unwrap()
    };
    let zone = world.server.with_cloud(zone).unwrap().unwrap();
    let import = format!("{}/http_request_firewall_custom", zone.id);
    let program = move |stack: &Stack, zone: &Handle<Zone>| {
        let firewall = Ruleset::args().zone(zone).phase(RulesetPhase::HttpRequestFirewallCustom);
        let firewall = firewall.rules([block("theirs", "true"), block("ours", "false")]);
        stack.add_with("firewall", firewall, Options::new().import(import.clone())).map(drop)
    };
    world.up(&program).await;
    let ids = world.rule_ids("firewall").await;
    assert_eq!(ids["theirs"], made["result"]["rules"][0]["id"].as_str().unwrap());
    assert_eq!(world.output("firewall", "ruleset_id").await.as_str(), made["result"]["id"].as_str());
}

#[tokio::test]
async fn what_the_free_plan_refuses_names_the_rule() {
    let world = World::new(SimConfig::new()).await;
    let limits = |stack: &Stack, zone: &Handle<Zone>| {
        let limit = RateLimit::args().period(60u32).requests_per_period(100u32).mitigation_timeout(60u32);
        let rule = RulesetRule::args().reference("flood").expression("true").action(RuleAction::Block);
        let limits =
            Ruleset::args().zone(zone).phase(RulesetPhase::HttpRatelimit).rules([rule.ratelimit(limit)]);
        stack.add("limits", limits).map(drop)
    };
    let errors = world.apply(&limits).await;
    assert_eq!(errors[0].kind(), ErrorKind::InvalidInput);
    assert_eq!(errors[0].input_field(), Some("rules[0].ratelimit.period"));
    let unknown = firewall(&[("a", "true"), ("b", "ip.src in $nowhere")]);
    assert_eq!(world.apply(&unknown).await[0].input_field(), Some("rules[1].expression"));
}

/// Two lists of addresses, and a rule that uses one.
fn lists(stack: &Stack, zone: &Handle<Zone>, name: &str, address: &str) -> Result<(), StackError> {
    let items = || [ListItem::args().ip(address.to_owned())];
    let used = List::args().name(name.to_owned()).kind(ListKind::Ip).items(items());
    let used = stack.add("used", used)?;
    stack.add("other", List::args().name("other").kind(ListKind::Ip).items(items()))?;
    let expression = used.name.map(|name: String| format!("ip.src in ${name}"));
    let rule = RulesetRule::args().reference("a").expression(expression).action(RuleAction::Block);
    let firewall = Ruleset::args().zone(zone).phase(RulesetPhase::HttpRequestFirewallCustom).rules([rule]);
    stack.add("firewall", firewall).map(drop)
}

#[tokio::test]
async fn lists_are_changed_one_at_a_time_and_renamed_while_rules_use_them() {
    let world = World::new(SimConfig::new().pace(Pace::Polls(3))).await;
    world.up(&|stack, zone| lists(stack, zone, "first", "192.0.2.1")).await;
    world.up(&|stack, zone| lists(stack, zone, "first", "192.0.2.0/24")).await;
    let before = world.rule_ids("firewall").await;
    world.up(&|stack, zone| lists(stack, zone, "second", "192.0.2.0/24")).await;
    assert_eq!(world.rule_ids("firewall").await, before);
    let names = |cloud: &mut CloudflareSim| -> Vec<String> {
        let items = cloud.inventory().into_iter();
        items.filter(|item| item.type_token == "cloudflare:list").map(|item| item.name).collect()
    };
    let mut names = world.server.with_cloud(names).unwrap().unwrap();
    names.sort();
    assert_eq!(names, ["other", "second"]);
}

#[tokio::test]
async fn a_change_of_somebody_else_is_waited_for() {
    let world = World::new(SimConfig::new().pace(Pace::Polls(3))).await;
    let path = "/accounts/ACCOUNT/rules/lists";
    let (_, theirs) = world.call(Method::POST, path, &json!({ "name": "theirs", "kind": "ip" }));
    let items = format!("{path}/{}/items", theirs["result"]["id"].as_str().unwrap());
    let (status, started) = world.call(Method::PUT, &items, &json!([{ "ip": "192.0.2.9" }]));
    assert_eq!(status, 200, "{started}");
    assert_eq!(world.call(Method::PUT, &items, &json!([])).0, 429);
    // It comes to its end by looks at it, which begin when the stack has been told to wait.
    let operation = started["result"]["operation_id"].as_str().unwrap().to_owned();
    let watched = format!("{path}/bulk_operations/{operation}");
    let program = |stack: &Stack, _: &Handle<Zone>| {
        let list = List::args().name("ours").kind(ListKind::Ip).items([ListItem::args().ip("192.0.2.1")]);
        stack.add("ours", list).map(drop)
    };
    let looks = async {
        let is_told = || world.server.exchanges().iter().any(|exchange| exchange.status == Some(429));
        for _ in 0..YIELDS_MAX {
            if is_told() {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(is_told(), "the stack was not told to wait");
        for _ in 0..3 {
            world.call(Method::GET, &watched, &json!({}));
        }
    };
    let (errors, ()) = tokio::join!(world.apply(&program), looks);
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn a_token_is_told_once_and_stays_known() {
    let world = World::new(SimConfig::new()).await;
    let program = |stack: &Stack, zone: &Handle<Zone>| {
        let policies = [TokenPolicy::dns_challenge(zone)];
        stack.add("acme", ApiToken::args().policies(policies)).map(drop)
    };
    world.up(&program).await;
    let value = world.output("acme", "value").await;
    assert!(matches!(&value, Value::Secret(inner) if inner.as_str().is_some_and(|text| text.len() == 40)));
    // The plan of `up` has read the token, which does not tell it.
    assert!(!world.plan(&program).await.has_changes());
    assert_eq!(world.output("acme", "value").await, value);
}
