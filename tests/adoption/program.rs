//! The program that describes the shop.

use iac::hetzner::{
    HealthCheck, HealthCheckHttp, HealthCheckProtocol, LoadBalancer, LoadBalancerService, LoadBalancerTarget,
    Network, Server, ServerNetworkAttachment, ServiceProtocol, Subnet, Volume, VolumeFormat,
};
use iac::{Secret, Stack, StackError};

pub(crate) fn shop(stack: &Stack) -> Result<(), StackError> {
    let network = stack.add("network", Network::args().name("shop").ip_range("10.0.0.0/16"))?;
    let subnet = Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central");
    let subnet = stack.add("subnet", subnet)?;
    let balancer = LoadBalancer::args()
        .name("shop-edge")
        .load_balancer_type("lb11")
        .location("nbg1")
        .network(&subnet.network_id)
        .ip("10.0.1.5");
    let balancer = stack.add("edge", balancer)?;
    let check = HealthCheck::args()
        .protocol(HealthCheckProtocol::Http)
        .port(8080u16)
        .interval(10u32)
        .timeout(5u32)
        .http(HealthCheckHttp::args().path("/healthz"));
    let service = LoadBalancerService::args()
        .load_balancer(&balancer)
        .protocol(ServiceProtocol::Http)
        .listen_port(80u16)
        .destination_port(8080u16)
        .health_check(check);
    stack.add("http", service)?;
    let mut workers = Vec::new();
    for number in 0..3 {
        let server = Server::args()
            .name(format!("shop-worker-{number}"))
            .server_type("cx22")
            .image("ubuntu-24.04")
            .location("nbg1")
            .labels([("role", "worker")])
            .user_data(Secret::from("#cloud-config"));
        let server = stack.add(format!("worker-{number}"), server)?;
        let attachment = ServerNetworkAttachment::args()
            .server(&server)
            .network(&subnet.network_id)
            .ip(format!("10.0.1.{}", 10 + number));
        let attachment = stack.add(format!("worker-{number}"), attachment)?;
        let target = LoadBalancerTarget::args().load_balancer(&balancer).server(&server).use_private_ip(true);
        // It is reached in the network, so the server must be in it by then.
        let options = iac::Options::new().depends_on(&attachment);
        stack.add_with(format!("worker-{number}"), target, options)?;
        workers.push(server);
    }
    let first = workers.first().ok_or_else(|| StackError::program("there is no worker"))?;
    let volume = Volume::args()
        .name("shop-data")
        .size(20u32)
        .format(VolumeFormat::Ext4)
        .location("nbg1")
        .server(first);
    stack.add("data", volume)?;
    Ok(())
}
