//! `pyconfig.h` and `build-details.json` of the Python that the base libraries carry.
//!
//! The packaged headers are those of another machine; the answers of this Python are in the stdlib
//! archive, in `_sysconfig_vars__wasi_wasm32-wasi.json`.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// What Python appends to the name of an extension module.
pub(super) const SUFFIX: &str = ".cpython-314-wasm32-wasi.so";

/// A macro whose value is a string, which `_sysconfig_vars` has without its quotes.
const STRING: &str = "PLATLIBDIR";

/// What every Python asks of its C library; `_sysconfig_vars` leaves such names out.
const FEATURES: &str = "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE 1\n#endif\n";

/// Writes `pyconfig.h`: the names of `template`, another machine's, with the values of `variables`.
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
            // configure writes 0 for what it looked for and did not find, and leaves the macro
            // undefined; only the HAVE_DECL_ family is always defined.
            Some(Value::Number(value)) => {
                if value.as_i64() == Some(0) && !name.starts_with("HAVE_DECL_") {
                    continue;
                }
                value.to_string()
            }
            Some(value) => bail!("_sysconfig_vars has an odd value for {name}: {value}"),
        };
        writeln!(text, "#define {name} {value}")?;
    }
    text.push_str(FEATURES);
    text.push_str("#endif\n");
    Ok(text)
}

/// The macro that a line of a `pyconfig.h` defines, or says is undefined.
fn name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("/* #undef ").or_else(|| {
        line.strip_prefix('#')
            .and_then(|line| line.trim_start().strip_prefix("define "))
    })?;
    rest.split_whitespace().next()
}

/// Writes `build-details.json` (PEP 739), by which meson knows a Python that it cannot run.
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
