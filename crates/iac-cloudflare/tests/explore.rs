//! Every resource type in one stack, explored: created, changed in place, replaced and destroyed,
//! cut off at every boundary and with every request going wrong. `IAC_CRASH_STRIDE=1` makes all of
//! the runs, `IAC_CRASH_SEED` gives another order.
#![cfg(feature = "explore")]

#[path = "explore/workers.rs"]
mod workers;

use std::collections::BTreeSet;

use iac_cloudflare::{
    ApiToken, Cloudflare, DnsRecord, Dnssec, List, ListItem, ListKind, ListRedirect, OriginCertificate,
    RateLimit, RecordData, RecordType, Redirect, RuleAction, Ruleset, RulesetPhase, RulesetRule, Setting,
    TokenPolicy, TurnstileMode, TurnstileWidget, Zone, ZoneActivation, ZoneSetting, sim,
};
// Storage and sites.
use iac_cloudflare::{
    PagesDeployment, PagesDomain, PagesEnvironment, PagesFiles, PagesProject, R2Bucket, R2CorsMethod,
    R2CorsRule, R2CustomDomain,
};
use iac_core::{Handle, Provider as _, Secret, Stack, StackError, interpolate};
use iac_testkit::explore::{Explore, explore};

/// Every how many cuts and troubles one is made, unless `IAC_CRASH_STRIDE` says otherwise.
const STRIDE_DEFAULT: u64 = 23;

/// What differs between the two programs.
#[derive(Clone, Copy)]
struct Version {
    /// Changes in place.
    label: &'static str,
    /// Changes in place.
    ttl: u32,
    /// Replaces what takes its name from it.
    name: &'static str,
}

const FIRST: Version = Version { label: "one", ttl: 300, name: "first" };
const SECOND: Version = Version { label: "two", ttl: 600, name: "second" };

/// One stack with a function for each group of types.
fn everything(version: Version) -> impl Fn(&Stack) -> Result<(), StackError> + Send + Sync {
    move |stack| {
        let zone = zones(stack, version)?;
        // Rules and credentials.
        rules(stack, version, &zone)?;
        // Workers.
        workers::add(stack, version, &zone)?;
        // Storage and sites.
        storage(stack, version, &zone)?;
        sites(stack, version, &zone)?;
        Ok(())
    }
}

/// Zones, their settings and records.
fn zones(stack: &Stack, version: Version) -> Result<Handle<Zone>, StackError> {
    let zone = stack.add("zone", Zone::args().name("example.com").paused(version.ttl == SECOND.ttl))?;
    stack.add("active", ZoneActivation::args().zone(&zone))?;
    stack.add("dnssec", Dnssec::args().zone(&zone).use_nsec3(version.ttl == SECOND.ttl))?;
    stack.add("ttl", ZoneSetting::args().zone(&zone).setting(Setting::BrowserCacheTtl(version.ttl)))?;
    let record = |name: &str| {
        DnsRecord::args()
            .zone(&zone)
            .name(interpolate!("{}.{}", String::from(name), &zone.name))
            .ttl(version.ttl)
    };
    stack
        .add("www", record("www").record_type(RecordType::A).content("203.0.113.7").comment(version.label))?;
    stack.add("text", record("text").record_type(RecordType::Txt).content(version.label))?;
    let data = RecordData::args().flags(0u16).tag("issue").value(version.label);
    stack.add("caa", record("caa").record_type(RecordType::Caa).data(data))?;
    // A zone whose name changes is replaced, with what is in it.
    let other = stack.add("other", Zone::args().name(format!("{}-example.org", version.name)))?;
    let inside = DnsRecord::args().zone(&other).name(interpolate!("in.{}", &other.name));
    stack.add("inside", inside.record_type(RecordType::Cname).content("www.example.com").proxied(true))?;
    Ok(zone)
}

/// A bucket with rules, and the domain that it is read under.
fn storage(stack: &Stack, version: Version, zone: &Handle<Zone>) -> Result<(), StackError> {
    let cors =
        R2CorsRule::args().allowed_origins(["https://example.com"]).allowed_methods([R2CorsMethod::Get]);
    let bucket =
        R2Bucket::args().name(format!("{}-assets", version.name)).cors([cors.max_age_seconds(version.ttl)]);
    let bucket = stack.add("bucket", bucket.public_access(version.ttl == SECOND.ttl))?;
    let domain = R2CustomDomain::args().bucket(&bucket).zone(zone).domain("assets.example.com");
    stack.add("assets", domain.enabled(version.ttl == SECOND.ttl))?;
    Ok(())
}

/// Sites with their content: a project whose content changes in place, and one that is replaced.
fn sites(stack: &Stack, version: Version, zone: &Handle<Zone>) -> Result<(), StackError> {
    let folder = format!("{}/tests/sites/{}", env!("CARGO_MANIFEST_DIR"), version.name);
    let files = PagesFiles::read(folder).expect("the folder is in the repository");
    let content = || PagesDeployment::args().directory(files.directory()).digest(files.digest());
    let env = PagesEnvironment::args().env([("LABEL", version.label)]);
    let secret = Secret::new(format!("a key of {}", version.label));
    let project = PagesProject::args().name("shop").production(env).production_secrets([("KEY", secret)]);
    let shop = stack.add("shop", project)?;
    stack.add("shop-content", content().project(&shop))?;
    stack.add("shop-preview", content().project(&shop).branch("next"))?;
    let other = stack.add("blog", PagesProject::args().name(format!("{}-blog", version.name)))?;
    stack.add("blog-content", content().project(&other))?;
    let record = DnsRecord::args().zone(zone).name("blog.example.com").record_type(RecordType::Cname);
    stack.add("blog-record", record.content(&other.subdomain).proxied(true))?;
    stack.add("blog-domain", PagesDomain::args().project(&other).domain("blog.example.com"))?;
    Ok(())
}

/// Made for these tests; protects nothing.
const PRIVATE_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZMvZI+id1G6gco83
0R17+9tQmNhlkqDeStkKBnMji4KhRANCAARlltb56YZe/C8vNY1j1BuXgCmSY2nv
ZEDdJqk7b7d5rGO3wP/Y3dBLayuT40ET+h9QIke2E/a4FYcb5fmHWJ1e
-----END PRIVATE KEY-----
";

/// Rulesets, the lists that they use, and credentials.
fn rules(stack: &Stack, version: Version, zone: &Handle<Zone>) -> Result<(), StackError> {
    let office = ListItem::args().ip("198.51.100.0/24").comment(version.label);
    let admins = List::args().name("admins").kind(ListKind::Ip).description(version.label).items([office]);
    let admins = stack.add("admins", admins)?;
    let strangers = admins.name.map(|name: String| format!("not ip.src in ${name}"));
    let strangers =
        RulesetRule::args().reference("strangers").expression(strangers).action(RuleAction::ManagedChallenge);
    let silent = RulesetRule::args().reference("silent").expression(r#"(http.user_agent eq "")"#);
    let silent = silent.action(RuleAction::Block).enabled(version.ttl == SECOND.ttl);
    let firewall = Ruleset::args().zone(zone).phase(RulesetPhase::HttpRequestFirewallCustom);
    stack.add("firewall", firewall.rules([strangers, silent]))?;
    let flood = RateLimit::args().period(10u32).requests_per_period(version.ttl).mitigation_timeout(10u32);
    let flood =
        RulesetRule::args().reference("flood").expression("true").action(RuleAction::Block).ratelimit(flood);
    stack.add("limits", Ruleset::args().zone(zone).phase(RulesetPhase::HttpRatelimit).rules([flood]))?;
    let old = ListRedirect::args().source_url("example.com/old").target_url("https://example.com/new");
    let moved = List::args().name(format!("moved_{}", version.name)).kind(ListKind::Redirect);
    let moved = stack.add("moved", moved.items([ListItem::args().redirect(old)]))?;
    let lookup = moved.name.map(|name: String| format!("http.request.full_uri in ${name}"));
    let redirect = Redirect::args().list(&moved.name).list_key("http.request.full_uri");
    let redirect = RulesetRule::args()
        .reference("moved")
        .expression(lookup)
        .action(RuleAction::Redirect)
        .redirect(redirect);
    stack.add("redirects", Ruleset::args().phase(RulesetPhase::HttpRequestRedirect).rules([redirect]))?;
    let below = zone.name.map(move |name: String| format!("{}.{name}", version.name));
    let origin = OriginCertificate::args().hostnames([zone.name.clone(), below]);
    let widget = TurnstileWidget::args().domains(["example.com"]).mode(TurnstileMode::Managed);
    stack.add("sign-up", widget.name(version.label))?;
    stack.add("acme", ApiToken::args().name(version.label).policies([TokenPolicy::dns_challenge(zone)]))?;
    stack.add("origin", origin.private_key(Secret::new(PRIVATE_KEY.to_owned())))?;
    Ok(())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_type_comes_together_after_every_cut() {
    let stride = number("IAC_CRASH_STRIDE").unwrap_or(STRIDE_DEFAULT);
    let options = Explore::new()
        .cloud(sim::world())
        .up()
        .change(everything(SECOND))
        .destroy()
        .every(usize::try_from(stride).unwrap())
        .seed(number("IAC_CRASH_SEED").unwrap_or(1));
    let exploration = explore(everything(FIRST), options);
    exploration.assert();
}

#[test]
fn no_type_is_forgotten() {
    let stack = Stack::new("explore", "crash").unwrap();
    stack.provider(Cloudflare::builder().token("token").build().unwrap()).unwrap();
    everything(FIRST)(&stack).unwrap();
    let graph = stack.freeze().unwrap();
    let used: BTreeSet<&str> = graph.urns().map(|urn| urn.type_token()).collect();
    let types = Cloudflare::types();
    let all: BTreeSet<&str> = types.drivers().map(|driver| driver.spec().type_token).collect();
    assert_eq!(used, all);
}
