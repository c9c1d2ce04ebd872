//! Owns what can go wrong and when: faults, rules and the seeded script. Does not carry them
//! out: the connection does.
use super::glob::glob_matches;
use super::{SimRequest, SplitMix64};
use http::Method;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// What goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// This answer instead of the cloud's; the request has no effect.
    Status {
        /// The status, 100 to 999; one outside is answered as 500.
        code: u16,
        /// The JSON body; `Null` sends none.
        body: Value,
    },
    /// Status 429 with `Retry-After` and no body; the request has no effect.
    RateLimited {
        /// The value of `Retry-After` in seconds.
        retry_after_s: u32,
    },
    /// The connection closes before the request has an effect.
    DropBefore,
    /// The request has its effect, then the connection closes without an answer.
    DropAfter,
    /// The request has its effect; the answer announces its full length but ends half-way
    /// through its body. An answer without a body is dropped as a whole.
    Truncate,
    /// The cloud is asked only after this time, then all goes well.
    Delay(Duration),
    /// No effect and no answer until the client gives up or the server is shut down.
    HalfOpen,
}

impl Fault {
    /// Whether the request still reaches the cloud.
    pub fn has_effect(&self) -> bool {
        matches!(self, Self::DropAfter | Self::Truncate | Self::Delay(_))
    }
}

/// Decides a fault for each request and its number (from 1); asked before the script.
pub type Interceptor = Box<dyn FnMut(&SimRequest, u64) -> Option<Fault> + Send>;

/// Which requests a rule is for.
///
/// ```
/// use iac_testkit::sim::{FaultMatch, Method};
///
/// let second_create = FaultMatch::any().method(Method::POST).path("/v1/servers").nth(2);
/// # let _ = second_create;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FaultMatch {
    method: Option<Method>,
    path: Option<String>,
    occurrence: Occurrence,
}

#[derive(Debug, Clone, Copy)]
enum Occurrence {
    Every,
    Nth(u64),
    First(u64),
    Probability(f64),
}

impl FaultMatch {
    /// Every request.
    pub fn any() -> Self {
        Self { method: None, path: None, occurrence: Occurrence::Every }
    }

    /// Only requests of this method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests whose path (as sent, without query) fits; `*` stands for any characters,
    /// `/` included.
    pub fn path(mut self, glob: impl Into<String>) -> Self {
        self.path = Some(glob.into());
        self
    }

    /// Only the `nth` fitting request, counted from 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.occurrence = Occurrence::Nth(nth);
        self
    }

    /// Only the first `count` fitting requests.
    pub fn first(mut self, count: u64) -> Self {
        self.occurrence = Occurrence::First(count);
        self
    }

    /// Each fitting request with this probability, 0.0 to 1.0.
    pub fn probability(mut self, probability: f64) -> Self {
        self.occurrence = Occurrence::Probability(probability);
        self
    }

    fn fits(&self, request: &SimRequest) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|glob| glob_matches(glob, &request.path))
    }
}

/// One line of a script: which requests, which fault.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// Which requests.
    pub on: FaultMatch,
    /// Which fault.
    pub fault: Fault,
}

/// Rules asked in their order; the first that fires decides. The same seed and the same order of
/// requests give the same faults.
///
/// ```
/// use iac_testkit::sim::{Fault, FaultMatch, FaultScript, Method};
///
/// let script = FaultScript::seeded(7)
///     .rule(FaultMatch::any().method(Method::POST).nth(1), Fault::DropAfter)
///     .rule(FaultMatch::any().probability(0.05), Fault::RateLimited { retry_after_s: 1 });
/// # let _ = script;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FaultScript {
    random: SplitMix64,
    /// Each rule with the number of requests that have fitted it.
    rules: Vec<(FaultRule, u64)>,
}

impl Default for FaultScript {
    fn default() -> Self {
        Self::seeded(0)
    }
}

impl FaultScript {
    /// No rules; the seed serves rules with a probability.
    pub fn seeded(seed: u64) -> Self {
        Self { random: SplitMix64::new(seed), rules: Vec::new() }
    }

    /// Adds a rule.
    pub fn rule(mut self, on: FaultMatch, fault: Fault) -> Self {
        self.rules.push((FaultRule { on, fault }, 0));
        self
    }

    /// A script of these rules.
    pub fn from_rules(seed: u64, rules: impl IntoIterator<Item = FaultRule>) -> Self {
        Self { random: SplitMix64::new(seed), rules: rules.into_iter().map(|rule| (rule, 0)).collect() }
    }

    /// The fault for the next request. Every fitting rule counts it, also after one has fired.
    pub fn decide(&mut self, request: &SimRequest) -> Option<Fault> {
        let mut decided = None;
        for (rule, seen) in &mut self.rules {
            if !rule.on.fits(request) {
                continue;
            }
            *seen += 1;
            let fires = match rule.on.occurrence {
                Occurrence::Every => true,
                Occurrence::Nth(nth) => *seen == nth,
                Occurrence::First(count) => *seen <= count,
                Occurrence::Probability(probability) => self.random.chance(probability),
            };
            if fires && decided.is_none() {
                decided = Some(rule.fault.clone());
            }
        }
        decided
    }
}
