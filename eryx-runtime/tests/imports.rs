//! What a sandbox can ask of its host is one interface.

use wasmparser::{Parser, Payload};

#[test]
fn the_host_alone() {
    let component = eryx_runtime::base_component().expect("the base links");
    // How many modules and components are open: what is within others is theirs.
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
