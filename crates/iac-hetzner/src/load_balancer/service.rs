//! What a load balancer listens on. A service has no id of its own: load balancer and port
//! identify it. Knows nothing of targets.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use super::balancer::LoadBalancer;
use super::busy::{explained, lock, refused, settled};
use super::service_check;
use super::service_settings::{Canonical, HealthCheck, ServiceHttp, ServiceProtocol};
use super::service_wire::{HealthCheckBody, HttpBody};
use super::wire::{LoadBalancerBody, ServiceBody};
use crate::client::Hetzner;
use crate::{action, change, run, verb, wire};

/// A port that a load balancer listens on, and where its traffic goes.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{
///     Certificate, HealthCheck, HealthCheckHttp, HealthCheckProtocol, LoadBalancer, LoadBalancerService,
///     ServiceHttp, ServiceProtocol,
/// };
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let balancer = stack.add("ingress", LoadBalancer::args().load_balancer_type("lb11").location("nbg1"))?;
/// let certificate = stack.add("tls", Certificate::args().domain_names(["example.org"]))?;
/// stack.add(
///     "https",
///     LoadBalancerService::args()
///         .load_balancer(&balancer)
///         .protocol(ServiceProtocol::Https)
///         .listen_port(443u16)
///         .destination_port(30080u16)
///         .http(ServiceHttp::args().certificates([&certificate]).redirect_http(true))
///         .health_check(
///             HealthCheck::args()
///                 .protocol(HealthCheckProtocol::Http)
///                 .http(HealthCheckHttp::args().path("/healthz")),
///         ),
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LoadBalancerService;

/// Inputs of a [`LoadBalancerService`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = LoadBalancerService)]
pub struct LoadBalancerServiceInputs {
    /// The load balancer.
    #[field(replace)]
    pub load_balancer: Id<LoadBalancer>,
    /// What it speaks.
    pub protocol: ServiceProtocol,
    /// The port that it listens on.
    #[field(replace)]
    pub listen_port: u16,
    /// The port of the targets.
    pub destination_port: u16,
    /// Whether the targets are told the client's address in a PROXY protocol header.
    #[serde(default)]
    pub proxyprotocol: bool,
    /// How requests are treated; only for `http` and `https`. An `https` service needs at least
    /// one certificate here.
    pub http: Option<ServiceHttp>,
    /// How targets are watched. By default a TCP connection to the destination port every 15
    /// seconds.
    pub health_check: Option<HealthCheck>,
}

/// Outputs of a [`LoadBalancerService`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct LoadBalancerServiceOutputs {
    /// The load balancer: the same as the input, but known only once the service exists.
    #[field(stable)]
    pub load_balancer_id: Id<LoadBalancer>,
}

#[derive(Serialize)]
struct DeleteService {
    listen_port: u16,
}

#[async_trait]
impl Resource for LoadBalancerService {
    const TYPE: &'static str = "hetzner:load_balancer_service";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    type Provider = Hetzner;
    type Inputs = LoadBalancerServiceInputs;
    type Outputs = LoadBalancerServiceOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: LoadBalancerServiceInputs) -> Result<Created<Self>> {
        let balancer = inputs.load_balancer.clone();
        let id = id_of(&balancer, inputs.listen_port);
        let body = body(inputs)?;
        let _busy = lock(cx, &balancer).await?;
        let request = run::command::<LoadBalancerBody>(cx, balancer.as_str(), "add_service").json_body(&body);
        let started = run::start(request).await.map_err(refused)?;
        cx.checkpoint(&id).await?;
        action::finish(cx, started).await.map_err(explained)?;
        Ok(Created::new(id, LoadBalancerServiceOutputs { load_balancer_id: balancer }))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let (balancer, listen_port) = parts(id)?;
        let service = settled(cx, &balancer, |object| object.service(listen_port).cloned()).await?;
        Ok(service.map(|service| observed(balancer, service)))
    }

    async fn update(
        cx: &Cx<'_, Hetzner>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<LoadBalancerServiceOutputs> {
        let (balancer, _) = parts(id)?;
        // The whole service is sent, because what a request leaves out stays as it is: a setting
        // that left the program would never go back to its default.
        let body = body(change.new)?;
        let _busy = lock(cx, &balancer).await?;
        verb::command::<LoadBalancerBody>(cx, balancer.as_str(), "update_service", &body)
            .await
            .map_err(explained)?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let (balancer, listen_port) = parts(id)?;
        let _busy = lock(cx, &balancer).await?;
        if Self::read(cx, id).await?.is_none() {
            return Ok(());
        }
        let body = DeleteService { listen_port };
        match verb::command::<LoadBalancerBody>(cx, balancer.as_str(), "delete_service", &body).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (balancers, next) = verb::page::<LoadBalancerBody>(cx, &page).await?;
        let of = |balancer: LoadBalancerBody| -> Vec<_> {
            let id = balancer.id;
            balancer.services.into_iter().map(|service| observed(wire::id(id), service)).collect()
        };
        Ok(Page::new(balancers.into_iter().flat_map(of).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, inputs: &LoadBalancerServiceInputs) -> Result<Vec<Id<Self>>> {
        let id = id_of(&inputs.load_balancer, inputs.listen_port);
        Ok(Self::read(cx, &id).await?.map(|observed| observed.id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        if same_settings(change.field.name, change.old, change.new) {
            return OnChange::Ignore;
        }
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        service_check::faults(inputs)
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

/// Whether two values of a field with settings mean the same, although they are spelled otherwise.
fn same_settings(field: &str, old: &Value, new: &Value) -> bool {
    match field {
        "http" => ServiceHttp::same(old, new),
        "health_check" => HealthCheck::same(old, new),
        _ => false,
    }
}

fn id_of(balancer: &Id<LoadBalancer>, listen_port: u16) -> Id<LoadBalancerService> {
    Id::new(format!("{balancer}/{listen_port}"))
}

fn parts(id: &Id<LoadBalancerService>) -> Result<(Id<LoadBalancer>, u16)> {
    let parts = id.as_str().split_once('/').and_then(|(balancer, port)| {
        Some((Id::new(balancer), port.parse().ok()?)).filter(|_| !balancer.is_empty())
    });
    parts.ok_or_else(|| {
        let form = "<load balancer id>/443";
        Error::invalid("id", format!("`{id}` is no load balancer service id; it has the form `{form}`"))
    })
}

fn body(inputs: LoadBalancerServiceInputs) -> Result<ServiceBody> {
    let http = inputs.http.unwrap_or_default();
    Ok(ServiceBody {
        protocol: inputs.protocol,
        listen_port: inputs.listen_port,
        destination_port: inputs.destination_port,
        proxyprotocol: inputs.proxyprotocol,
        health_check: HealthCheckBody::new(inputs.health_check.unwrap_or_default(), inputs.destination_port),
        http: match inputs.protocol.reads_http() {
            true => Some(HttpBody::new(&http, inputs.protocol)?),
            false => None,
        },
    })
}

fn observed(balancer: Id<LoadBalancer>, service: ServiceBody) -> Observed<LoadBalancerService> {
    let id = id_of(&balancer, service.listen_port);
    let outputs = LoadBalancerServiceOutputs { load_balancer_id: balancer.clone() };
    let inputs = LoadBalancerServiceInputs {
        load_balancer: balancer,
        protocol: service.protocol,
        listen_port: service.listen_port,
        destination_port: service.destination_port,
        proxyprotocol: service.proxyprotocol,
        // Some answers have empty HTTP settings for a `tcp` service.
        http: service.http.filter(|_| service.protocol.reads_http()).map(HttpBody::into_settings),
        health_check: Some(service.health_check.into_settings()),
    };
    Observed::new(id, inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::{FieldType, to_value};

    fn service(protocol: ServiceProtocol) -> LoadBalancerServiceInputs {
        LoadBalancerServiceInputs {
            load_balancer: Id::new("7"),
            protocol,
            listen_port: 80,
            destination_port: 30080,
            proxyprotocol: true,
            http: None,
            health_check: None,
        }
    }

    #[test]
    fn what_the_api_adds_is_no_change() {
        for protocol in [ServiceProtocol::Tcp, ServiceProtocol::Http] {
            let wanted = to_value(&service(protocol)).unwrap();
            let read = observed(Id::new("7"), body(service(protocol)).unwrap());
            assert_eq!(read.id.as_str(), "7/80");
            let existing = to_value(&read.inputs).unwrap();
            for field in LoadBalancerServiceInputs::FIELDS {
                let (old, new) = (existing.get(field.name), wanted.get(field.name));
                assert!(old == new || same_settings(field.name, old, new), "{}", field.name);
            }
        }
        let slower = Value::map([("interval", Value::Int(30))]);
        assert!(!same_settings("health_check", &Value::Null, &slower));
        assert!(!same_settings("listen_port", &Value::Int(80), &Value::Int(80)));
    }

    #[test]
    fn only_http_services_have_http_settings() {
        assert!(body(service(ServiceProtocol::Tcp)).unwrap().http.is_none());
        let body = body(service(ServiceProtocol::Http)).unwrap();
        assert_eq!(body.http.unwrap().cookie_name, "HCLBSTICKY");
        assert_eq!(body.health_check.port, 30080);
    }

    #[test]
    fn check_wants_certificates_for_https() {
        let faults = LoadBalancerService::check(&to_value(&service(ServiceProtocol::Https)).unwrap());
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].field, "http.certificates");
        assert!(LoadBalancerService::check(&to_value(&service(ServiceProtocol::Tcp)).unwrap()).is_empty());
        assert!(LoadBalancerService::check(&Value::Unknown).is_empty());
    }

    #[test]
    fn ids() {
        let (balancer, port) = parts(&Id::new("7/443")).unwrap();
        assert_eq!((balancer.as_str(), port), ("7", 443));
        for bad in ["7", "7/x", "/443", "7/443/1", "7/99999"] {
            assert_eq!(parts(&Id::new(bad)).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }
}
