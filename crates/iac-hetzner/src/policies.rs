//! Ready-made policies over this provider's types, for [`Stack::policy`](iac_core::Stack::policy).
//! Knows where the types have what the rules of [`iac_core::policies`] look for, and no rule itself.
//!
//! ```
//! use iac_core::{Stack, StackError, policies::warn};
//! use iac_hetzner::policies;
//!
//! fn rules(stack: &Stack) -> Result<(), StackError> {
//!     stack.policy("no-ssh-from-world", policies::no_ssh_from_world())?;
//!     stack.policy("no-database-from-world", policies::no_port_from_world(5432, "PostgreSQL"))?;
//!     stack.policy("tls", warn(policies::no_plain_http()))
//! }
//! # rules(&Stack::new("shop", "dev")?)?;
//! # Ok::<(), StackError>(())
//! ```

use iac_core::policies::{self, FieldRule, Ingress};
use iac_core::{PolicyView, Resource as _, Violation};

use crate::firewall::Firewall;
use crate::load_balancer::LoadBalancerService;

/// The port of SSH.
const SSH_PORT: u16 = 22;

/// What lets traffic in: firewalls. A server without one lets everything in, which no rule can see,
/// because attachments may come from elsewhere.
pub const INGRESS: &[Ingress] = &[Ingress::new(Firewall::TYPE, "rules[*]", "port", "source_ips")
    .when("direction", "in")
    .over("protocol", &["tcp"])];

/// No firewall lets the whole world reach port 22, alone or in a range.
pub fn no_ssh_from_world() -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    no_port_from_world(SSH_PORT, "SSH (port 22)")
}

/// No firewall lets the whole world reach TCP port `port`; `service` names it in messages.
pub fn no_port_from_world(
    port: u16,
    service: impl Into<String>,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    policies::no_port_from_world(INGRESS, port, service)
}

/// No load balancer serves HTTP without TLS. An `https` service with `redirect_http` answers on port 80,
/// too, and only sends to HTTPS. A `tcp` service passes on what it gets and is left alone.
pub fn no_plain_http() -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    policies::fields_hold([FieldRule::new(
        LoadBalancerService::TYPE,
        "protocol",
        "takes requests without TLS; use `https` with a certificate and `redirect_http`",
    )
    .never(["http"])])
}
