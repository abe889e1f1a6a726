//! Functions for fuzzing: each takes arbitrary bytes, and panics if this crate handles them wrongly.
//!
//! The targets in `fuzz` call them with random bytes; the tests below call them with the seeds in
//! `fuzz/seeds`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::function::read;
use crate::parameters::Parameters;
use crate::{ErrorKind, Exception};

/// An argument whose fields have several types.
#[derive(Deserialize)]
struct Fields {
    id: u32,
    text: String,
    items: Option<Vec<Value>>,
    #[serde(default)]
    big: i128,
}

/// Reads the bytes as untrusted JSON from a guest: the arguments of host functions of several types,
/// and an exception. Each is refused with an exception that Python can raise, or read correctly.
pub fn call(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Some(fields) = read_argument::<Fields>(text) {
        // Reading the same values again, as keyword arguments, gives the same struct.
        let Fields { id, text, big, .. } = fields;
        let named = json!({ "id": id, "text": text }).to_string();
        let named = named.trim_end_matches('}');
        let again = read_argument::<Fields>(&format!("[[], {named}, \"big\": {big}}}]"));
        let again = again.expect("the same values were read before");
        assert!((again.id, again.text, again.big) == (id, text, big));
        assert!(again.items.is_none(), "the call has no argument `items`");
    }
    read_argument::<()>(text);
    if let Some(all) = read_argument::<BTreeMap<String, Value>>(text) {
        // Of two values with one key, `read` parses the last; this parses both, and may refuse them.
        let whole: Result<(Vec<Value>, BTreeMap<String, Value>), _> = serde_json::from_str(text);
        if let Ok((positional, keyword)) = whole {
            assert!(positional.is_empty(), "a map takes keyword arguments only");
            assert!(keyword == all);
        }
    }
    if let Ok(exception) = serde_json::from_str::<Exception>(text) {
        let groups = exception.exceptions.len();
        let kind = ErrorKind::Exception(Box::new(exception.clone()));
        assert!(kind.to_string().starts_with(&exception.type_name));
        assert_eq!(exception.exceptions.len(), groups);
    }
}

/// Reads the argument of a host function, or asserts that the error is a well-formed `TypeError`.
fn read_argument<A: DeserializeOwned>(arguments: &str) -> Option<A> {
    let mut parameters = Parameters::of::<A>();
    for (optional, default) in [("items", Value::Null), ("big", 0.into())] {
        parameters.make_optional(optional, Ok(default));
    }
    match read("function", &parameters, arguments) {
        Ok(argument) => Some(argument),
        Err(error) => {
            let (type_name, message) = error.parts();
            assert_eq!(type_name, "TypeError");
            assert!(message.starts_with("function() "), "{message}");
            assert!(message.len() > "function() ".len());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use eryx_test_support::each_seed;

    use super::*;

    #[test]
    fn call_seeds() {
        each_seed("call", call);
    }

    #[test]
    fn deep_nesting() {
        for depth in [100, 1000, 100_000] {
            let deep = "[".repeat(depth) + &"]".repeat(depth);
            call(deep.as_bytes());
            call(format!("[[1, \"a\", {deep}], {{}}]").as_bytes());
            call(format!("[[], {{\"deep\": {deep}}}]").as_bytes());
            let group = "{\"exceptions\": [".repeat(depth) + &"]}".repeat(depth);
            call(group.as_bytes());
        }
    }
}
