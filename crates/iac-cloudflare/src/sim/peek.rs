//! Owns looks of one kind of object at another through the account's own calls, so that no kind needs to
//! know how another one is kept. Changes nothing.
use super::cloud::{BASE_PATH, CloudflareSim};
use super::routes::{PATHS, ROUTER};
use iac_testkit::sim::{Method, SimRequest};

/// What a look at an object came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is there.
    There,
    /// It is not.
    Absent,
    /// The simulator has no objects of this kind.
    NoSuchKind,
}

/// Whether there is an object at a path.
pub(super) fn sight(cloud: &mut CloudflareSim, path: &str) -> Sight {
    let request = SimRequest::new(Method::GET, &format!("{BASE_PATH}{path}")).at(cloud.now);
    if PATHS.dispatch(&mut (), &request).is_err() {
        return Sight::NoSuchKind;
    }
    match ROUTER.dispatch(cloud, &request) {
        Ok(answer) if answer.status.is_success() => Sight::There,
        _ => Sight::Absent,
    }
}
