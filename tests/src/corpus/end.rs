use std::fmt;

use eryx::Limit;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Exit(i32),
    /// The class of an exception.
    Exception(String),
    Limit(Limit),
    Trap(Cause),
    HostPanic,
    /// Anything else, which no case expects.
    Other(String),
}

/// Why an instance trapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Stack,
    Unreachable,
    Other(String),
}

/// How a case may end.
pub(super) struct Expected(Vec<Alternative>);

#[derive(PartialEq, Eq)]
enum Alternative {
    Any,
    AnyTrap,
    End(End),
}

const LIMITS: [Limit; 9] = [
    Limit::WallTime,
    Limit::CpuTime,
    Limit::Memory,
    Limit::OutputBytes,
    Limit::OutputLines,
    Limit::HostCalls,
    Limit::HostCallBytes,
    Limit::ResultBytes,
    Limit::Fuel,
];

impl Expected {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let alternatives = text.split(" | ").map(|words| {
            let alternative = Alternative::parse(words);
            alternative.ok_or_else(|| format!("`{words}` is no end"))
        });
        alternatives.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the run may end like this.
    pub(super) fn allows(&self, end: &End) -> bool {
        self.0.iter().any(|alternative| match alternative {
            Alternative::Any => true,
            Alternative::AnyTrap => matches!(end, End::Trap(_)),
            Alternative::End(expected) => expected == end,
        })
    }

    /// Whether this end is named.
    pub(super) fn contains(&self, end: &End) -> bool {
        self.0.contains(&Alternative::End(end.clone()))
    }

    /// Whether there is one way to end.
    pub(super) fn is_one(&self) -> bool {
        matches!(*self.0, [ref one] if *one != Alternative::Any)
    }

    /// Whether the run must reach its end.
    pub(super) fn is_done(&self) -> bool {
        self.is_one() && self.contains(&End::Done)
    }
}

impl Alternative {
    fn parse(words: &str) -> Option<Self> {
        let end = match words.split_once(' ') {
            None => match words {
                "any" => return Some(Self::Any),
                "trap" => return Some(Self::AnyTrap),
                "done" => End::Done,
                _ => return None,
            },
            Some(("exit", status)) => End::Exit(status.parse().ok()?),
            Some(("exception", class)) => End::Exception(class.to_owned()),
            Some(("limit", name)) => {
                let named = |limit: &&Limit| format!("{limit:?}") == name;
                End::Limit(*LIMITS.iter().find(named)?)
            }
            Some(("trap", "stack")) => End::Trap(Cause::Stack),
            Some(("trap", "unreachable")) => End::Trap(Cause::Unreachable),
            Some(("host", "panic")) => End::HostPanic,
            Some(_) => return None,
        };
        Some(Self::End(end))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, alternative) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { " | " };
            f.write_str(separator)?;
            match alternative {
                Alternative::Any => f.write_str("any")?,
                Alternative::AnyTrap => f.write_str("trap")?,
                Alternative::End(end) => end.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Exit(status) => write!(f, "exit {status}"),
            Self::Exception(class) => write!(f, "exception {class}"),
            Self::Limit(limit) => write!(f, "limit {limit:?}"),
            Self::Trap(Cause::Stack) => f.write_str("trap stack"),
            Self::Trap(Cause::Unreachable) => f.write_str("trap unreachable"),
            Self::Trap(Cause::Other(_)) => f.write_str("trap"),
            Self::HostPanic => f.write_str("host panic"),
            Self::Other(error) => f.write_str(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ends() {
        let text = "done | exit -1 | exception json.decoder.JSONDecodeError | limit WallTime | \
                    trap | trap stack | trap unreachable | host panic | any";
        let expected = Expected::parse(text).expect("these are all ends");
        assert_eq!(expected.to_string(), text);
    }

    #[test]
    fn what_is_allowed() {
        let stack = End::Trap(Cause::Stack);
        let other = End::Trap(Cause::Other("cause".to_owned()));
        for (text, allows_stack, allows_other) in [
            ("any", true, true),
            ("trap", true, true),
            ("trap stack", true, false),
            ("trap unreachable", false, false),
            ("done | trap stack", true, false),
        ] {
            let expected = Expected::parse(text).expect("these are all ends");
            assert_eq!(expected.allows(&stack), allows_stack, "{text}");
            assert_eq!(expected.allows(&other), allows_other, "{text}");
        }
    }

    #[test]
    fn how_many_ways() {
        for (text, is_one, is_done) in [
            ("done", true, true),
            ("trap", true, false),
            ("any", false, false),
            ("done | trap", false, false),
        ] {
            let expected = Expected::parse(text).expect("these are all ends");
            assert_eq!((expected.is_one(), expected.is_done()), (is_one, is_done));
        }
    }
}
