//! The linked component imports one interface of the host, and nothing else.

use wasmparser::{Parser, Payload};

#[test]
fn the_component_imports_the_host_interface_alone() {
    let component = eryx_runtime::base_component().expect("the base links");
    // The nesting depth: only the imports of the outermost component count.
    let mut depth = 0;
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(&component) {
        match payload.expect("it is a component") {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let import = import.expect("it is a component");
                    found.push(import.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    assert_eq!(found, ["eryx:sandbox/host@0.1.0"]);
}
