//! [`Trouble`]: what can go wrong with one request while the process lives. Knows nothing of who
//! carries it out.

use std::fmt;
use std::str::FromStr;

/// What goes wrong with one request of a run that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Trouble {
    /// 429 with `Retry-After`; no effect.
    RateLimited,
    /// 500 from the cloud; no effect.
    ServerError,
    /// 503 from a proxy; no effect.
    Unavailable,
    /// The connection is refused.
    Refused,
    /// The connection breaks before the request has an effect.
    CutBefore,
    /// The request has its effect, then a proxy answers 502.
    BadGateway,
    /// The request has its effect, then the connection breaks without an answer.
    LostAnswer,
    /// The answer takes half a minute.
    Slow,
    /// No effect and no answer, until the client itself gives up.
    HalfOpen,
    /// The request has its effect and is never answered.
    HalfOpenAfter,
    /// All goes well, and for a while no listing shows it.
    StaleLists,
    /// The answer is lost, and for a while no listing shows what was done.
    LostAnswerStaleLists,
}

impl Trouble {
    /// Everything that can go wrong.
    pub const ALL: [Self; 12] = [
        Self::RateLimited,
        Self::ServerError,
        Self::Unavailable,
        Self::Refused,
        Self::CutBefore,
        Self::BadGateway,
        Self::LostAnswer,
        Self::Slow,
        Self::HalfOpen,
        Self::HalfOpenAfter,
        Self::StaleLists,
        Self::LostAnswerStaleLists,
    ];

    /// The name in reports and reproductions, such as `lost_answer`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::CutBefore => "cut_before",
            Self::BadGateway => "bad_gateway",
            Self::LostAnswer => "lost_answer",
            Self::Slow => "slow",
            Self::HalfOpen => "half_open",
            Self::HalfOpenAfter => "half_open_after",
            Self::StaleLists => "stale_lists",
            Self::LostAnswerStaleLists => "lost_answer_stale_lists",
        }
    }

    /// Whether it can befall a request that changes nothing, and is then something else than the
    /// others: a lost answer to such a request is a cut connection.
    pub const fn befalls_reads(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::ServerError
                | Self::Unavailable
                | Self::Refused
                | Self::CutBefore
                | Self::Slow
                | Self::HalfOpen
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Trouble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|trouble| trouble.name() == text);
        found.ok_or_else(|| format!("there is no trouble {text:?}"))
    }
}
