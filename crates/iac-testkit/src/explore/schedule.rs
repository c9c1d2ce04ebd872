//! [`Schedule`]: what befalls one run, and how it is written down to be run again. Knows nothing of
//! how runs are made.

use std::fmt;
use std::str::FromStr;

use super::trouble::Trouble;

/// What befalls one run of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Nothing.
    Plain,
    /// The process dies at this boundary.
    Cut(usize),
    /// The process dies, and the next one dies at this boundary of its own.
    CutTwice(usize, usize),
    /// The process lives, and this goes wrong with a request.
    Trouble(Trouble, usize),
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("plain"),
            Self::Cut(first) => write!(f, "cut-{first}"),
            Self::CutTwice(first, second) => write!(f, "cut-{first}-{second}"),
            Self::Trouble(trouble, request) => write!(f, "{trouble}-{request}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text:?} is no number"));
        let Some((what, last)) = text.rsplit_once('-') else {
            return if text == "plain" { Ok(Self::Plain) } else { Err(format!("{text:?} is no schedule")) };
        };
        match what.split_once('-') {
            Some(("cut", first)) => Ok(Self::CutTwice(number(first)?, number(last)?)),
            None if what == "cut" => Ok(Self::Cut(number(last)?)),
            _ => Ok(Self::Trouble(what.parse()?, number(last)?)),
        }
    }
}

/// One run of one exploration: `<exploration>/<phase>/<schedule>/seed-<seed>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reproduction {
    pub(super) exploration: String,
    pub(super) phase: String,
    pub(super) schedule: Schedule,
    pub(super) seed: u64,
}

impl fmt::Display for Reproduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/seed-{}", self.exploration, self.phase, self.schedule, self.seed)
    }
}

impl FromStr for Reproduction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |reason: String| {
            format!(
                "{text:?} is no reproduction: {reason}; give one as a report prints it, such as \
                 `my_test/up/cut-12/seed-1`"
            )
        };
        let mut parts = text.rsplitn(4, '/');
        let (Some(seed), Some(schedule), Some(phase), Some(exploration)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refuse("it has fewer than four parts".to_owned()));
        };
        let seed = seed.strip_prefix("seed-").and_then(|seed| seed.parse().ok());
        Ok(Self {
            exploration: exploration.to_owned(),
            phase: phase.to_owned(),
            schedule: schedule.parse().map_err(refuse)?,
            seed: seed.ok_or_else(|| refuse("it does not end with the seed".to_owned()))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read() {
        for schedule in [
            Schedule::Plain,
            Schedule::Cut(7),
            Schedule::CutTwice(7, 12),
            Schedule::Trouble(Trouble::LostAnswerStaleLists, 3),
        ] {
            let printed = Reproduction {
                exploration: "a/test::of_mine".into(),
                phase: "change-2".into(),
                schedule,
                seed: 9,
            };
            assert_eq!(printed.to_string().parse(), Ok(printed));
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, why) in [
            ("up/cut-1/seed-1", "fewer than four"),
            ("a/up/cut-x/seed-1", "\"x\" is no number"),
            ("a/up/flood-1/seed-1", "no trouble \"flood\""),
            ("a/up/cut-1/1", "does not end with the seed"),
        ] {
            let error = text.parse::<Reproduction>().unwrap_err();
            assert!(error.contains(why) && error.contains("my_test/up/cut-12/seed-1"), "{error}");
        }
    }
}
