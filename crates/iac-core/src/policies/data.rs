//! The rule about what is lost with an object. Knows types by their field tables alone.

use crate::policy::{PolicyView, Violation};

/// Every resource of a type that [holds data](crate::Resource::HOLDS_DATA) is protected with
/// [`Options::protect`](crate::Options::protect).
///
/// ```
/// # use iac_core::{Stack, StackError, policies};
/// # let stack = Stack::new("shop", "dev")?;
/// stack.policy("protected-data", policies::data_protected())?;
/// # Ok::<(), StackError>(())
/// ```
pub fn data_protected() -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    |plan| {
        let stays = plan.resources().filter(|resource| !resource.is_deleted() && !resource.protect);
        stays
            .filter(|resource| resource.spec.is_some_and(|spec| spec.holds_data))
            .map(|resource| {
                Violation::deny(
                    "holds data and is not protected; add it with `stack.add_with(…, Options::new().protect())`",
                )
                .of(resource)
            })
            .collect()
    }
}
