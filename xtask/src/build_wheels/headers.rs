//! `pyconfig.h` and `build-details.json` for the Python of the base libraries.
//!
//! Debian's headers describe Python on another platform. The values for this Python come from the
//! archive of the standard library, from `_sysconfig_vars__wasi_wasm32-wasi.json`.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// The suffix of an extension module's file name.
pub(super) const SUFFIX: &str = ".cpython-314-wasm32-wasi.so";

/// A macro whose value is a string; `_sysconfig_vars` omits the quotes.
const STRING: &str = "PLATLIBDIR";

/// The feature macros that Python sets for its C library; `_sysconfig_vars` omits them.
const FEATURES: &str = "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE 1\n#endif\n";

/// Generates `pyconfig.h`: the macros of another platform's `template` with the values of `variables`.
pub(super) fn pyconfig(template: &str, variables: &str) -> Result<String> {
    let variables: Map<String, Value> =
        serde_json::from_str(variables).context("in _sysconfig_vars of the stdlib archive")?;
    let mut seen = BTreeSet::new();
    let mut text = String::from("#ifndef Py_PYCONFIG_H\n#define Py_PYCONFIG_H\n");
    for name in template.lines().filter_map(name) {
        if name == "Py_PYCONFIG_H" || !seen.insert(name) {
            continue;
        }
        let value = match variables.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(value)) if value.is_empty() => continue,
            Some(Value::String(value)) if name == STRING => format!("\"{value}\""),
            Some(Value::String(value)) => value.clone(),
            // A value of 0 means that configure did not find the feature and left the macro undefined.
            // Only the macros HAVE_DECL_… are always defined.
            Some(Value::Number(value)) => {
                if value.as_i64() == Some(0) && !name.starts_with("HAVE_DECL_") {
                    continue;
                }
                value.to_string()
            }
            Some(value) => bail!("_sysconfig_vars: {name} has an unexpected value: {value}"),
        };
        writeln!(text, "#define {name} {value}")?;
    }
    text.push_str(FEATURES);
    text.push_str("#endif\n");
    Ok(text)
}

/// Returns the macro that a line of a `pyconfig.h` defines or marks as undefined.
fn name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("/* #undef ").or_else(|| {
        line.strip_prefix('#')
            .and_then(|line| line.trim_start().strip_prefix("define "))
    })?;
    rest.split_whitespace().next()
}

/// Generates `build-details.json` (PEP 739), which describes Python to meson in a cross build.
pub(super) fn build_details(original: &str, python: &str, prefix: &str) -> Result<String> {
    let mut details: Value =
        serde_json::from_str(original).context("in build-details.json of the stdlib archive")?;
    details["base_prefix"] = json!(prefix);
    details["base_interpreter"] = json!(python);
    details["suffixes"]["extensions"] = json!([SUFFIX, ".abi3.so", ".so"]);
    details["abi"] = json!({
        "flags": [],
        "extension_suffix": SUFFIX,
        "stable_abi_suffix": ".abi3.so",
    });
    details["libpython"] = json!({
        "dynamic": format!("{prefix}/lib/wasm32-wasip2/libpython3.14.so"),
        "link_extensions": false,
    });
    details["c_api"] = json!({
        "headers": format!("{prefix}/python"),
        "pkgconfig_path": format!("{prefix}/pkgconfig"),
    });
    Ok(serde_json::to_string_pretty(&details)?)
}
