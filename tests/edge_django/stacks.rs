//! The committed settings of both stacks, what they make, and what they cost.

use iac::cloudflare::sim::SimConfig;
use iac::cost::{PlanCost, Prices};
use iac::settings::{LoadOptions, Variables};
use iac::{PlanOptions, Snapshot, plan};

use crate::settings::{Rules, ZonePlan, stack_settings};
use crate::world::{World, settings};
use crate::{doppler, neon};

#[test]
fn every_stack_has_settings_that_are_right() {
    assert_eq!(stack_settings().without_directory().stacks_with_files(), ["dev", "prod"]);
    let (dev, prod) = (settings("dev"), settings("prod"));
    assert_eq!(dev.cloudflare_account, None);
    assert_eq!(
        (dev.servers, dev.rules, dev.protect_volume, dev.protect_database),
        (1, Rules::Log, true, false)
    );
    assert_eq!(
        (prod.servers, prod.rules, prod.protect_volume, prod.protect_database),
        (2, Rules::Enforce, true, true)
    );
    let hosts = ["", "api", "dashboard", "intake"];
    let all = |of: &crate::settings::StackSettings| hosts.map(|name| of.host(name));
    assert_eq!(
        all(&dev),
        ["dev.example.net", "dev.api.example.net", "dev.dashboard.example.net", "dev.intake.example.net"]
    );
    assert_eq!(all(&prod), ["example.com", "api.example.com", "dashboard.example.com", "intake.example.com"]);
    for endpoint in [neon::ENDPOINT, doppler::ENDPOINT] {
        assert!(endpoint.starts_with("https://"), "{endpoint}");
    }
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    let wrong = "location = \"nbg9\"\nservers = 0\nadmin_networks = [\"everybody\"]\ndomain = \"Example\"\n\
                 dns_prefix = \"dev\"\nzone_plan = \"free\"\nrules = \"log\"\ndoppler_config = \"dev\"\n";
    let settings = stack_settings().without_directory().compiled_in("settings/dev.toml", wrong);
    let options = LoadOptions::new("edge", "dev").variables(Variables::none());
    let faults = settings.load_without_secrets(&options).unwrap_err().to_string();
    for key in ["servers", "admin_networks", "domain", "dns_prefix"] {
        assert!(faults.contains(key), "{key} is missing from {faults}");
    }
    let right =
        wrong.replace("nbg9", "hil").replace("servers = 0", "servers = 1").replace("everybody", "::/0");
    let right = right.replace("\"Example\"", "\"example.net\"").replace("\"dev\"\nzone", "\"dev.\"\nzone");
    let settings = stack_settings().without_directory().compiled_in("settings/dev.toml", right);
    let faults = settings.load_without_secrets(&options).unwrap_err().to_string();
    assert!(faults.contains("use \"off\""), "{faults}");
}

#[tokio::test]
async fn both_stacks_live_side_by_side() {
    let world = World::new().await;
    world.up(&world.dev(|_| {})).await;
    let prod = world.stack("prod", |_| {});
    let made = world.up(&prod).await;
    assert!(
        ["create server-1", "create api-1"].iter().all(|step| made.contains(&(*step).to_owned())),
        "{made:?}"
    );
    assert!(world.visit("example.com", "/").await.contains("<h1>Edge</h1>"));
    for graph in [prod, world.dev(|_| {})] {
        assert!(!world.plan(&graph).await.unwrap().has_changes());
    }
    world.check_wire();
}

#[tokio::test]
async fn rules_log_in_dev_and_act_in_prod() {
    let world = World::new().await;
    world.up(&world.dev(|_| {})).await;
    world.up(&world.stack("prod", |_| {})).await;
    for (stack, expected) in [("dev", ["log", "log"]), ("prod", ["block", "managed_challenge"])] {
        let rules = world.row(stack, "firewall-rules").await.inputs.get("rules").to_redacted_json();
        let actions = rules.as_array().unwrap().iter().map(|rule| rule["action"].as_str().unwrap());
        assert_eq!(actions.collect::<Vec<_>>(), expected, "{stack}");
    }
}

#[tokio::test]
async fn a_free_zone_has_one_limit_and_rules_that_are_off() {
    let world = World::with(SimConfig::new()).await;
    let free = world.dev(|settings| (settings.zone_plan, settings.rules) = (ZonePlan::Free, Rules::Off));
    world.up(&free).await;
    assert!(!world.plan(&free).await.unwrap().has_changes());
    let limits = world.row("dev", "rate-limits").await.inputs.get("rules").to_redacted_json();
    let [limit] = limits.as_array().unwrap().as_slice() else { panic!("one limit expected: {limits}") };
    assert_eq!((&limit["enabled"], &limit["ratelimit"]["requests_per_period"]), (&false.into(), &17.into()));
}

#[tokio::test]
async fn it_has_an_exact_price_on_the_day_of_the_lists() {
    let world = World::new().await;
    let cost = |graph: &iac::Graph| {
        let plan = plan(graph, &Snapshot::default(), &PlanOptions::new()).unwrap();
        let cost = PlanCost::of(graph, &Snapshot::default(), &plan, &Prices::new());
        let totals: Vec<String> = cost
            .then
            .iter()
            .map(|total| format!("{} {}", total.monthly.exact(), total.monthly.currency()))
            .collect();
        (totals.join(", "), cost.unpriced)
    };
    // A server at 4.49 with an address at 0.50, and 20 GB at 0.044; the rest is on free plans.
    assert_eq!(cost(&world.dev(|_| {})), ("5.87 EUR".to_owned(), 0));
    assert_eq!(cost(&world.stack("prod", |_| {})), ("10.86 EUR".to_owned(), 0));
}

#[tokio::test]
async fn cloud_init_takes_the_user_data() {
    let world = World::new().await;
    world.up(&world.stack("prod", |_| {})).await;
    let texts = crate::cloud_init::user_data(&world.hetzner);
    crate::cloud_init::assert_valid(&texts);
    // Nothing is left to be filled in, and the certificate arrives as it was.
    for text in &texts {
        assert!(!text.contains("{}") && text.contains("https://api.example.com {"), "a placeholder is left");
        let encoded = text.split('"').find(|part| part.len() > 500).unwrap();
        let pem = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
        assert!(pem.starts_with(b"-----BEGIN CERTIFICATE-----"));
    }
}

/// Where the examples have user data, of which the tests of both big ones check what they send.
const WITH_USER_DATA: [&str; 5] = [
    "edge-django/server.yaml",
    "philotes-hetzner/control-plane.yaml",
    "philotes-hetzner/worker.yaml",
    "plan-service/program.rs",
    "tested-stack/main.rs",
];

#[test]
fn no_example_has_user_data_that_is_not_checked() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = Vec::new();
    for example in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
        let files: Vec<_> = match std::fs::read_dir(&example) {
            Ok(files) => files.map(|file| file.unwrap().path()).collect(),
            Err(_) => vec![example],
        };
        for file in files.into_iter().filter(|file| file.is_file()) {
            if std::fs::read_to_string(&file).unwrap_or_default().contains("#cloud-config") {
                found.push(file.strip_prefix(&root).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    assert_eq!(found, WITH_USER_DATA);
    // The texts of the smallest ones, with a password and a token.
    let source = std::fs::read_to_string(root.join("plan-service/program.rs")).unwrap();
    let text = r##""#cloud-config\npassword: {}\nruncmd: [k3s agent --token {}]\n""##;
    assert!(source.contains(text));
    let text = "#cloud-config\npassword: 0123456789abcdef\nruncmd: [k3s agent --token 0123]\n".to_owned();
    crate::cloud_init::assert_valid(&[text].into());
    let source = std::fs::read_to_string(root.join("tested-stack/main.rs")).unwrap();
    assert!(source.contains(r##""#cloud-config\npassword: {}\n""##));
    crate::cloud_init::assert_valid(&["#cloud-config\npassword: 0123456789abcdef\n".to_owned()].into());
}
