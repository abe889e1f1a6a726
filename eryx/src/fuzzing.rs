//! What is fuzzed: each function takes any bytes, and panics if something is wrong with this crate.
//!
//! The targets in `fuzz` call these with ever new bytes; the tests below, with those that are kept in
//! `fuzz/seeds`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::function::read;
use crate::parameters::Parameters;
use crate::{ErrorKind, Exception};

/// An argument with fields of several kinds.
#[derive(Deserialize)]
struct Fields {
    id: u32,
    text: String,
    items: Option<Vec<Value>>,
    #[serde(default)]
    big: i128,
}

/// What a guest says that nobody trusts: the arguments of a call, for functions of several types; and
/// an exception. They are refused with an error that Python can raise, or read.
pub fn call(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Some(fields) = given::<Fields>(text) {
        // What was given is the same if it is given again by name.
        let Fields { id, text, big, .. } = fields;
        let named = json!({ "id": id, "text": text }).to_string();
        let named = named.trim_end_matches('}');
        let again = given::<Fields>(&format!("[[], {named}, \"big\": {big}}}]"));
        let again = again.expect("it was read before");
        assert!((again.id, again.text, again.big) == (id, text, big));
        assert!(again.items.is_none(), "nobody gave any");
    }
    given::<()>(text);
    if let Some(all) = given::<BTreeMap<String, Value>>(text) {
        // Of what is given twice the first is not read here; this reads it, and may refuse it.
        let whole: Result<(Vec<Value>, BTreeMap<String, Value>), _> = serde_json::from_str(text);
        if let Ok((by_place, by_name)) = whole {
            assert!(by_place.is_empty(), "none has a place");
            assert!(by_name == all);
        }
    }
    if let Ok(exception) = serde_json::from_str::<Exception>(text) {
        let groups = exception.exceptions.len();
        let kind = ErrorKind::Exception(Box::new(exception.clone()));
        assert!(kind.to_string().starts_with(&exception.type_name));
        assert_eq!(exception.exceptions.len(), groups);
    }
}

/// The argument of a function.
fn given<A: DeserializeOwned>(arguments: &str) -> Option<A> {
    let mut parameters = Parameters::of::<A>();
    for (optional, default) in [("items", Value::Null), ("big", 0.into())] {
        parameters.make_optional(optional, Ok(default));
    }
    match read("function", &parameters, arguments) {
        Ok(argument) => Some(argument),
        Err(error) => {
            let (type_name, message) = error.told();
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
