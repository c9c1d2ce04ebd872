//! Owns the answers of Workers to visitors: which route or domain leads to which script. Runs no code: a
//! script answers with the first text that it gives to `new Response(…)`, or else with what identifies it.
use super::cloud::CloudflareSim;
use super::edge::Visit;
use super::worker::{Module, Script};
use iac_testkit::sim::SimResponse;
use serde_json::{Value, json};

/// What a script begins an answer with.
const RESPONSE: &str = "new Response(";
/// The domain of scripts without one of their own.
const WORKERS_DEV: &str = ".simulated.workers.dev";

/// The answer of the Worker that the host and the path lead to: a route goes before a domain, and of
/// several routes the longest pattern.
pub(super) fn answer(cloud: &mut CloudflareSim, visit: &Visit<'_>) -> Option<SimResponse> {
    let workers = &cloud.state.workers;
    let there = |zone: &str| cloud.state.zones.contains_key(zone);
    let mut routes: Vec<_> = workers
        .routes
        .values()
        .filter(|route| there(&route.zone) && fits(&route.pattern, visit.host, visit.path))
        .filter(|route| is_proxied(cloud, &route.zone, visit.host))
        .collect();
    routes.sort_by_key(|route| std::cmp::Reverse(route.pattern.len()));
    if let Some(route) = routes.first() {
        // A route without a script leads past all Workers.
        return route.script.as_ref().and_then(|name| workers.scripts.get(name)).map(respond);
    }
    let mut domains = workers.domains.values().filter(|domain| there(&domain.zone));
    if let Some(domain) = domains.find(|domain| domain.hostname == visit.host) {
        return workers.scripts.get(&domain.service).map(respond);
    }
    let name = visit.host.strip_suffix(WORKERS_DEV)?;
    workers.scripts.get(name).filter(|script| script.enabled).map(respond)
}

/// Whether visitors of a host come to the edge at all: by a record that is proxied, or a domain of a
/// Worker, which brings its own.
fn is_proxied(cloud: &CloudflareSim, zone: &str, host: &str) -> bool {
    let covers = |name: &str| name == host || name.strip_prefix('*').is_some_and(|end| host.ends_with(end));
    let records = cloud.state.dns_records.values();
    let mut proxied = records.filter(|record| record.zone == zone && record.proxied);
    proxied.any(|record| covers(&record.name))
        || cloud.state.workers.domains.values().any(|domain| domain.hostname == host)
}

/// Whether a route's pattern fits a host and a path.
fn fits(pattern: &str, host: &str, path: &str) -> bool {
    let rest = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    let (wanted_host, wanted_path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let host_fits = match wanted_host.strip_prefix('*') {
        Some(end) => host.ends_with(end) && host.len() > end.len() || host == end,
        None => host == wanted_host,
    };
    let path_fits = match wanted_path.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == wanted_path,
    };
    host_fits && path_fits
}

fn respond(script: &Script) -> SimResponse {
    let main = script
        .modules
        .iter()
        .find(|module| script.main_module.as_ref().is_none_or(|main| *main == module.name));
    let code = main.map(Module::bytes).unwrap_or_default();
    let response = match literal(&String::from_utf8_lossy(&code)) {
        Some(text) => SimResponse::bytes(200, "text/plain;charset=UTF-8", text),
        None => SimResponse::json(200, identity(script)),
    };
    response.with_header("server", "cloudflare").with_header("x-simulated-worker", &script.name)
}

/// The first text in quotation marks that the code makes an answer of.
fn literal(code: &str) -> Option<String> {
    let (_, rest) = code.split_once(RESPONSE)?;
    let mut letters = rest.trim_start().chars();
    let quote = letters.next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                other => text.push(other),
            },
            _ if letter == quote => return Some(text),
            // What stands in a template is computed.
            '$' if quote == '`' => return None,
            _ => text.push(letter),
        }
    }
    None
}

/// What tells a script apart, without any value of a secret.
fn identity(script: &Script) -> Value {
    let names = script.bindings.iter().filter_map(|binding| binding.get("name").and_then(Value::as_str));
    let mut names: Vec<&str> = names.chain(script.secrets.keys().map(String::as_str)).collect();
    names.sort_unstable();
    json!({ "worker": script.name, "etag": script.etag, "bindings": names })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_lead_to_scripts() {
        assert!(fits("example.com/*", "example.com", "/a"));
        assert!(fits("*.example.com/api/*", "a.example.com", "/api/x"));
        assert!(!fits("*.example.com/*", "example.com", "/"));
        assert!(fits("*example.com/*", "example.com", "/"));
        assert!(fits("https://example.com/", "example.com", "/"));
        assert!(!fits("example.com/a", "example.com", "/ab"));
    }

    #[test]
    fn an_answer_is_read_from_the_code() {
        assert_eq!(literal("fetch() { return new Response('it\\'s') }").as_deref(), Some("it's"));
        assert_eq!(literal("new Response(body)"), None);
        assert_eq!(literal("new Response(`${x}`)"), None);
        assert_eq!(literal("export default {}"), None);
    }
}
