//! The ready-made policies on plans of real types, with mocks for the cloud.

use iac_core::{Options, Plan, Stack, StackError, policies as general};
use iac_hetzner::{
    Certificate, Direction, Firewall, FirewallRule, Hetzner, LoadBalancer, LoadBalancerService, Protocol,
    ServiceHttp, ServiceProtocol, Volume, policies,
};
use iac_testkit::mock::{MockEngine, Mocks};

/// The plan, or everything that stands against it.
async fn planned(program: impl Fn(&Stack) -> Result<(), StackError>) -> Result<Plan, String> {
    let engine = MockEngine::new(Mocks::new()).provider::<Hetzner>();
    engine.plan(program).await.map_err(|error| error.to_string())
}

async fn with_rule(protocol: Protocol, port: Option<&str>, source: &str) -> Result<Plan, String> {
    planned(|stack| {
        stack.policy("no-ssh", policies::no_ssh_from_world())?;
        let rule = FirewallRule::args()
            .direction(Direction::In)
            .protocol(protocol)
            .maybe_port(port.map(str::to_owned))
            .source_ips([source.to_owned()]);
        stack.add("edge", Firewall::args().rules([rule])).map(drop)
    })
    .await
}

#[tokio::test]
async fn ssh_from_the_world_is_denied_however_it_is_written() {
    for (port, source) in
        [("22", "0.0.0.0/0"), ("22", "::/0"), ("20-30", "0.0.0.0/0"), ("1-65535", "0.0.0.0/1")]
    {
        let text = with_rule(Protocol::Tcp, Some(port), source).await.unwrap_err();
        let expected = "policy \"no-ssh\": lets the whole world reach SSH (port 22)";
        assert!(text.contains(expected), "{port} {source}: {text}");
        assert!(text.contains(":edge: field `rules[0].source_ips`: "), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_ssh_from_the_world_is_left_alone() {
    for (protocol, port, source) in [
        (Protocol::Tcp, Some("22"), "198.51.100.7/32"),
        (Protocol::Tcp, Some("443"), "0.0.0.0/0"),
        (Protocol::Udp, Some("22"), "0.0.0.0/0"),
        (Protocol::Icmp, None, "0.0.0.0/0"),
    ] {
        let plan = with_rule(protocol, port, source).await.unwrap();
        assert!(plan.warnings.is_empty(), "{port:?} {source}: {:?}", plan.warnings);
    }
    let out = planned(|stack| {
        stack.policy("no-ssh", policies::no_ssh_from_world())?;
        let rule = FirewallRule::args()
            .direction(Direction::Out)
            .protocol(Protocol::Tcp)
            .port("22")
            .destination_ips(["0.0.0.0/0"]);
        stack.add("edge", Firewall::args().rules([rule])).map(drop)
    });
    assert!(out.await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn http_without_tls_is_denied_and_https_is_not() {
    let service = async |protocol: ServiceProtocol, port: u16| {
        planned(move |stack| {
            stack.policy("tls", policies::no_plain_http())?;
            let balancer =
                stack.add("lb", LoadBalancer::args().load_balancer_type("lb11").location("nbg1"))?;
            let certificate = stack.add("cert", Certificate::args().domain_names(["example.org"]))?;
            let http = match protocol {
                ServiceProtocol::Https => Some(ServiceHttp::args().certificates([&certificate])),
                _ => None,
            };
            let service = LoadBalancerService::args()
                .load_balancer(&balancer)
                .protocol(protocol)
                .listen_port(port)
                .destination_port(8080u16)
                .maybe_http(http);
            stack.add("web", service).map(drop)
        })
        .await
    };
    let text = service(ServiceProtocol::Http, 80).await.unwrap_err();
    assert!(text.contains(":web: field `protocol`: policy \"tls\": takes requests without TLS"), "{text}");
    for (protocol, port) in [(ServiceProtocol::Https, 443), (ServiceProtocol::Tcp, 5432)] {
        assert!(service(protocol, port).await.unwrap().warnings.is_empty());
    }
}

#[tokio::test]
async fn labels_places_and_data_are_judged_by_the_field_tables() {
    let program = |label: (&'static str, &'static str), location: &'static str, protect: bool| {
        planned(move |stack| {
            stack.policy("labels", general::labels_present(["team"]))?;
            stack.policy("places", general::values_among("location", ["nbg1", "fsn1"]))?;
            stack.policy("data", general::warn(general::data_protected()))?;
            let options = if protect { Options::new().protect() } else { Options::new() };
            let volume = Volume::args().size(10u32).location(location).labels([label]);
            stack.add_with("data", volume, options).map(drop)
        })
    };
    let plan = program(("team", "shop"), "nbg1", true).await.unwrap();
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let plan = program(("team", "shop"), "nbg1", false).await.unwrap();
    assert!(plan.warnings.iter().any(|warning| warning.message.contains("holds data and is not protected")));
    let text = program(("other", "x"), "hel1", true).await.unwrap_err();
    assert!(
        text.contains("field `labels`: policy \"labels\": has no label `team`; add it to `labels`"),
        "{text}"
    );
    assert!(text.contains("policy \"places\": is `hel1`; it must be `nbg1` or `fsn1`"), "{text}");
    let text = program(("team", ""), "nbg1", true).await.unwrap_err();
    assert!(text.contains("has an empty label `team`"), "{text}");
}

#[tokio::test]
async fn a_resource_can_be_left_out() {
    let plan = planned(|stack| {
        stack.policy("labels", general::except(["old", "edge"], general::labels_present(["team"])))?;
        stack.add("old", Volume::args().size(10u32).location("nbg1"))?;
        let edge = stack.scope("edge")?;
        edge.add("disk", Volume::args().size(10u32).location("nbg1")).map(drop)
    });
    assert!(plan.await.unwrap().has_changes());
    let text = planned(|stack| {
        stack.policy("labels", general::except(["old"], general::labels_present(["team"])))?;
        stack.add("older", Volume::args().size(10u32).location("nbg1")).map(drop)
    });
    assert!(text.await.unwrap_err().contains(":older: "));
}

#[tokio::test]
async fn what_only_the_apply_decides_is_told_as_such() {
    let plan = planned(|stack| {
        stack.policy("no-ssh", policies::no_ssh_from_world())?;
        let volume = stack.add("disk", Volume::args().size(10u32).location("nbg1"))?;
        let rule = FirewallRule::args()
            .direction(Direction::In)
            .protocol(Protocol::Tcp)
            .port("22")
            .source_ips([volume.linux_device.clone()]);
        stack.add("edge", Firewall::args().rules([rule])).map(drop)
    });
    let plan = plan.await.unwrap();
    let told = plan.warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>();
    assert_eq!(
        told,
        ["policy \"no-ssh\": only the apply decides whether it lets the whole world reach SSH (port 22)"]
    );
}
