//! Rules made of other rules. Knows nothing of what they look for.

use crate::policy::{PolicyView, Severity, Violation};

/// The same rule, whose violations are shown with the plan and do not stop it.
///
/// ```
/// # use iac_core::{Stack, StackError, policies};
/// # let stack = Stack::new("shop", "dev")?;
/// stack.policy("protected-data", policies::warn(policies::data_protected()))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn warn(
    rule: impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    move |plan| {
        let mut violations = rule(plan);
        violations.iter_mut().for_each(|violation| violation.severity = Severity::Warn);
        violations
    }
}

/// The same rule for every resource but those at `paths`, with everything in a scope of that path:
/// `edge` stands for `edge` and `edge/web`.
///
/// ```
/// # use iac_core::{Stack, StackError, policies};
/// # let stack = Stack::new("shop", "dev")?;
/// stack.policy("labels", policies::except(["legacy"], policies::labels_present(["team"])))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn except<P: Into<String>>(
    paths: impl IntoIterator<Item = P>,
    rule: impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
    move |plan| {
        let is_left_out = |violation: &Violation| {
            violation.urn.as_ref().is_some_and(|urn| paths.iter().any(|path| is_within(urn.path(), path)))
        };
        let mut violations = rule(plan);
        violations.retain(|violation| !is_left_out(violation));
        violations
    }
}

fn is_within(path: &str, scope: &str) -> bool {
    path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
