use std::time::Duration;

use eryx::{Limit, Limits};

use super::end::{End, Expected};

/// How long a case may run that is meant to pass its limit on time.
const ENDLESS: Duration = Duration::from_millis(100);

/// Parses limits like `memory=64MiB wall=100ms`: those of the corpus, then those of the case.
///
/// Returns `None` if there are none, and the run has the default ones.
pub(super) fn parse(
    of_corpus: &str,
    of_case: &str,
    ends: &Expected,
) -> Result<Option<Limits>, String> {
    let is_endless = ends.contains(&End::Limit(Limit::WallTime));
    if of_corpus.is_empty() && of_case.is_empty() && !is_endless {
        return Ok(None);
    }
    let mut limits = apply(Limits::default(), of_corpus)?;
    if is_endless {
        limits = limits.wall_time(ENDLESS);
    }
    apply(limits, of_case).map(Some)
}

fn apply(mut limits: Limits, text: &str) -> Result<Limits, String> {
    for word in text.split_whitespace() {
        let (name, value) = word
            .split_once('=')
            .ok_or_else(|| format!("the limit `{word}` has no value; write `{word}=NUMBER`"))?;
        let number = number(value)?;
        let milliseconds = Duration::from_millis(number);
        limits = match name {
            "wall" => limits.wall_time(milliseconds),
            "cpu" => limits.cpu_time(milliseconds),
            "memory" => limits.memory(number),
            "output" => limits.output_bytes(number),
            "output_lines" => limits.output_lines(number),
            "host_calls" => limits.host_calls(number),
            "host_call_bytes" => limits.host_call_bytes(number),
            "result" => limits.result_bytes(number),
            other => return Err(format!("`{other}` is no limit")),
        };
    }
    Ok(limits)
}

/// Parses a number with its unit. Times are in milliseconds.
fn number(text: &str) -> Result<u64, String> {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let number = &text[..text.len() - unit.len()];
    let number: u64 = number
        .parse()
        .map_err(|error| format!("`{text}` has no number: {error}"))?;
    match unit {
        "" | "ms" => Ok(number),
        "s" => Ok(number * 1000),
        "MiB" => Ok(number << 20),
        other => Err(format!("`{other}` is no unit; the units are ms, s and MiB")),
    }
}
