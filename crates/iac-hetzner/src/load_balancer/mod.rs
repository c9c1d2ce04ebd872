//! Load balancers, their services and their targets. Knows nothing of servers, networks and
//! certificates beyond their ids.

mod balancer;
mod busy;
mod service;
mod service_check;
mod service_settings;
mod service_wire;
mod target;
mod wire;

pub use balancer::{
    LoadBalancer, LoadBalancerAlgorithm, LoadBalancerArgs, LoadBalancerAttributes, LoadBalancerInputs,
    LoadBalancerOutputs,
};
pub use service::{
    LoadBalancerService, LoadBalancerServiceArgs, LoadBalancerServiceAttributes, LoadBalancerServiceInputs,
    LoadBalancerServiceOutputs,
};
pub use service_settings::{
    HealthCheck, HealthCheckArgs, HealthCheckHttp, HealthCheckHttpArgs, HealthCheckProtocol, ServiceHttp,
    ServiceHttpArgs, ServiceProtocol,
};
pub use target::{
    LoadBalancerTarget, LoadBalancerTargetArgs, LoadBalancerTargetAttributes, LoadBalancerTargetInputs,
    LoadBalancerTargetOutputs,
};
