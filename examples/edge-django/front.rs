//! Everything at Cloudflare: TLS, names, sites, the intake Worker and the rules in front of them.

use iac::cloudflare::{
    DnsRecord, KvNamespace, OriginCertificate, PagesDeployment, PagesDomain, PagesFiles, PagesProject,
    RateLimit, RecordType, RuleAction, Ruleset, RulesetPhase, RulesetRule, Setting, SslMode, WorkerCode,
    WorkerDomain, WorkerRoute, WorkerScript, Zone, ZoneSetting,
};
use iac::hetzner::Server;
use iac::random::TlsKeyPair;
use iac::{Handle, IntoInput, Options, Output, Secret, Stack, StackError};

use crate::origin::Certificate;
use crate::settings::{Rules, StackSettings, ZonePlan};

/// Where the files of the sites and the Worker are.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/edge-django");
/// The sites: each one's name, and its host below the prefix. The apex has none.
const SITES: [(&str, &str); 2] = [("www", ""), ("dashboard", "dashboard")];
/// Over how many seconds a rate is counted, on most plans and on the free one.
const MINUTE_S: u32 = 60;
const FREE_PERIOD_S: u32 = 10;

/// Encrypted on both sides: visitors to Cloudflare, and Cloudflare to a server that shows this certificate.
pub(crate) fn tls(
    stack: &Stack,
    settings: &StackSettings,
    zone: &Handle<Zone>,
) -> Result<Certificate, StackError> {
    stack.add("ssl", ZoneSetting::args().zone(zone).setting(Setting::Ssl(SslMode::Strict)))?;
    let key = stack.add("origin-key", TlsKeyPair::args())?;
    let origin = OriginCertificate::args().hostnames([settings.host("api")]).private_key(&key.private_key);
    // The authority signs for names in zones of the account.
    let origin = stack.add_with("origin-certificate", origin, Options::new().depends_on(zone))?;
    Ok(Certificate { certificate: origin.certificate.clone(), private_key: key.private_key.clone() })
}

/// The names of the servers.
pub(crate) fn names(
    stack: &Stack,
    settings: &StackSettings,
    zone: &Handle<Zone>,
    servers: &[Handle<Server>],
) -> Result<(), StackError> {
    let host = settings.host("api");
    for (index, server) in servers.iter().enumerate() {
        let address = server.ipv4.required("the address of the server");
        let record = DnsRecord::args().zone(zone).name(&host).record_type(RecordType::A);
        stack.add(format!("api-{index}"), record.content(address).proxied(true))?;
    }
    stack.export("api_url", format!("https://{host}"))
}

/// The static sites, each with its content, its domain and the record behind that.
pub(crate) fn sites(stack: &Stack, settings: &StackSettings, zone: &Handle<Zone>) -> Result<(), StackError> {
    for (name, host) in SITES {
        let host = settings.host(host);
        let project = stack.add(format!("{name}-site"), PagesProject::args())?;
        let files = PagesFiles::read(format!("{DIRECTORY}/sites/{name}"))
            .map_err(|error| StackError::program(format!("the site {name}: {error}")))?;
        let content = PagesDeployment::args().project(&project);
        stack.add(format!("{name}-content"), content.directory(files.directory()).digest(files.digest()))?;
        let record = DnsRecord::args().zone(zone).name(&host).record_type(RecordType::Cname);
        stack.add(format!("{name}-record"), record.content(&project.subdomain).proxied(true))?;
        stack.add(format!("{name}-domain"), PagesDomain::args().project(&project).domain(&host))?;
        stack.export(&format!("{name}_url"), format!("https://{host}"))?;
    }
    Ok(())
}

/// The Worker that takes what forms send, under a host of its own and below a path of the API.
pub(crate) fn intake(
    stack: &Stack,
    settings: &StackSettings,
    zone: &Handle<Zone>,
    key: &Output<Secret<String>>,
) -> Result<(), StackError> {
    let kept = stack.add("intake-kv", KvNamespace::args())?;
    let script = WorkerScript::args()
        .code(WorkerCode::file(format!("{DIRECTORY}/worker/intake.js")))
        .compatibility_date("2026-11-01")
        .vars([("STACK", stack.name())])
        .secrets([("INTAKE_KEY", key)])
        .kv_namespaces([("INTAKE", &kept)])
        .observability(true);
    let script = stack.add("intake", script)?;
    // Its record and its certificate come with it.
    let host = WorkerDomain::args().zone(zone).hostname(settings.host("intake")).script(&script);
    let host = stack.add("intake-host", host)?;
    let pattern = format!("{}/intake/*", settings.host("api"));
    stack.add("intake-route", WorkerRoute::args().zone(zone).pattern(pattern).script(&script))?;
    stack.export("intake_url", &host.url)
}

/// What is kept away from servers and sites.
pub(crate) fn rules(stack: &Stack, settings: &StackSettings, zone: &Handle<Zone>) -> Result<(), StackError> {
    let [api, dashboard, intake] = ["api", "dashboard", "intake"].map(|name| settings.host(name));
    let custom = |reference: &str, action: RuleAction, expression: String| {
        let (action, enabled) = in_force(settings, action);
        RulesetRule::args().reference(reference).expression(expression).action(action).enabled(enabled)
    };
    let firewall = [
        custom(
            "silent-clients",
            RuleAction::Block,
            format!(r#"http.host eq "{api}" and http.user_agent eq """#),
        ),
        custom(
            "threats",
            RuleAction::ManagedChallenge,
            format!(r#"http.host eq "{dashboard}" and cf.threat_score gt {}"#, settings.threat_score_max),
        ),
    ];
    let phase = RulesetPhase::HttpRequestFirewallCustom;
    stack.add("firewall-rules", Ruleset::args().zone(zone).phase(phase).rules(firewall))?;

    let limit = |reference: &str, per_minute: u32, expression: String| {
        custom(reference, RuleAction::Block, expression).ratelimit(rate(settings.zone_plan, per_minute))
    };
    let intake = limit(
        "intake",
        settings.intake_per_minute,
        format!(r#"http.host eq "{intake}" and http.request.method eq "POST""#),
    );
    let api = limit("api", settings.api_per_minute, format!(r#"http.host eq "{api}""#));
    let limits = match settings.zone_plan {
        // The only one that the plan has goes to what writes.
        ZonePlan::Free => vec![intake],
        ZonePlan::Paid | ZonePlan::Enterprise => vec![intake, api],
    };
    let phase = RulesetPhase::HttpRatelimit;
    stack.add("rate-limits", Ruleset::args().zone(zone).phase(phase).rules(limits))?;
    Ok(())
}

/// What a rule does in this stack, and whether it is in force.
fn in_force(settings: &StackSettings, action: RuleAction) -> (RuleAction, bool) {
    match settings.rules {
        Rules::Enforce => (action, true),
        Rules::Log => (RuleAction::Log, true),
        Rules::Off => (action, false),
    }
}

/// A rate as the zone's plan counts it.
fn rate(plan: ZonePlan, per_minute: u32) -> impl IntoInput<RateLimit> {
    let (period, requests) = match plan {
        ZonePlan::Free => (FREE_PERIOD_S, per_minute.div_ceil(MINUTE_S / FREE_PERIOD_S)),
        ZonePlan::Paid | ZonePlan::Enterprise => (MINUTE_S, per_minute),
    };
    RateLimit::args().period(period).requests_per_period(requests).mitigation_timeout(period)
}
