//! Gives the lease of an interrupted plan back, so that the next run need not wait until it expires.

use iac_core::Clock;
use iac_core::state::{Backend, BackendError, Holder, StackId, TimestampMs};

/// How long a lease is asked for that is given back at once.
const PROBE_MS: TimestampMs = 1000;

/// Who this process is to others who find a stack in use.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) host: String,
}

/// Gives back what this process holds on `stack`. Best effort: a lease that stays expires by itself.
pub(crate) async fn give_back(
    backend: &dyn Backend,
    clock: &dyn Clock,
    identity: &Identity,
    stack: &StackId,
) {
    let now = clock.now_ms();
    let Identity { name, host } = identity.clone();
    let pid = std::process::id();
    // Another id than the engine's: the answer names the holder, and so the engine's id.
    let probe = Holder { id: format!("probe-{pid}-{now}"), name, host, pid };
    let found = backend.acquire(stack, &probe, now, now.saturating_add(PROBE_MS)).await;
    let lease = match found {
        Err(BackendError::Leased { held, .. }) if is_this_process(&held.holder, &probe) => {
            backend.acquire(stack, &held.holder, now, now.saturating_add(PROBE_MS)).await
        }
        other => other,
    };
    if let Ok(lease) = lease {
        let _ = backend.release(&lease).await;
    }
}

fn is_this_process(holder: &Holder, probe: &Holder) -> bool {
    (holder.pid, &holder.host, &holder.name) == (probe.pid, &probe.host, &probe.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::state::MemoryBackend;

    struct Still;

    impl Clock for Still {
        fn now_ms(&self) -> TimestampMs {
            1000
        }
    }

    #[tokio::test]
    async fn only_the_own_lease_is_given_back() {
        let (backend, stack) = (MemoryBackend::new(), StackId::new("shop", "dev"));
        let identity = Identity { name: "ann".into(), host: "a".into() };
        let own = Holder { id: "x".into(), name: "ann".into(), host: "a".into(), pid: std::process::id() };
        let other = Holder { id: "y".into(), name: "bob".into(), ..own.clone() };
        let new = Holder { id: "z".into(), ..own.clone() };

        backend.acquire(&stack, &own, 1000, 9000).await.unwrap();
        assert!(backend.acquire(&stack, &new, 1000, 9000).await.is_err());
        give_back(&backend, &Still, &identity, &stack).await;
        let lease = backend.acquire(&stack, &new, 1000, 9000).await.unwrap();
        backend.release(&lease).await.unwrap();

        backend.acquire(&stack, &other, 1000, 9000).await.unwrap();
        give_back(&backend, &Still, &identity, &stack).await;
        assert!(backend.acquire(&stack, &new, 1000, 9000).await.is_err());
    }
}
