//! Libraries, linked as an image's are.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};
use wit_component::StringEncoding;
use wit_parser::Resolve;

use crate::error::ImageError;
use crate::input::base;
use crate::make::fuse::{Fused, fuse};
use crate::make::link::link;
use crate::module::world::host::INTERFACE;

/// Base libraries and extensions, by name and in the order of linking. The last one of the base is the
/// guest: what it exports can be called from outside.
#[derive(Default)]
pub(super) struct Libraries {
    pub(super) base: Vec<(String, Vec<u8>)>,
    pub(super) extensions: Vec<(String, Vec<u8>)>,
}

impl Libraries {
    /// Puts the base's own `libdl.so` before the base libraries.
    pub(super) fn add_libdl(&mut self) {
        let mut libraries = base::libraries().iter();
        let libdl = libraries.find(|library| library.name == "libdl.so");
        let libdl = libdl.expect("the base has it").load();
        let libdl = libdl.expect("it is not damaged");
        self.base.insert(0, ("libdl.so".to_owned(), libdl));
    }

    /// Has the guest's exports called from outside: all functions with names as WIT has them.
    pub(super) fn lift(&mut self) {
        if let Some((_, guest)) = self.base.last_mut() {
            *guest = with_world(guest);
        }
    }

    pub(super) fn link(&self) -> Result<Vec<u8>, ImageError> {
        let base = base::borrowed(&self.base);
        link(&base, &base::borrowed(&self.extensions))
    }

    /// Links them without the extensions.
    pub(super) fn link_base(&self) -> Result<Vec<u8>, ImageError> {
        link(&base::borrowed(&self.base), &[])
    }

    /// Fuses a component that came of these libraries.
    pub(super) fn fuse(&self, component: &[u8]) -> Result<Fused, ImageError> {
        let names: Vec<&str> = self.base.iter().map(|(name, _)| &**name).collect();
        fuse(component, &names)
    }
}

/// A type in a module and as WIT has it.
const TYPES: [(ValType, &str); 4] = [
    (ValType::I32, "s32"),
    (ValType::I64, "s64"),
    (ValType::F32, "f32"),
    (ValType::F64, "f64"),
];

/// A library with a section that says which of its exports are the component's.
fn with_world(library: &[u8]) -> Vec<u8> {
    let module = Signatures::read(library);
    let mut world = "package test:test; world test {".to_owned();
    if module.calls_host {
        let _ = write!(world, "import {INTERFACE};");
    }
    for export in &module.exports {
        let is_in_wit = |name: &str| {
            let known = |letter: u8| letter.is_ascii_lowercase() || letter == b'-';
            name.bytes().all(known)
        };
        if export.kind != ExternalKind::Func || !is_in_wit(export.name) {
            continue;
        }
        let (parameters, results) = module.of_function(export.index);
        let parameters = (0..).zip(parameters);
        let parameters: Vec<_> = parameters
            .map(|(index, of_type)| format!("p{index}: {of_type}"))
            .collect();
        let result = match *results {
            [] => String::new(),
            [result] => format!(" -> {result}"),
            // No function of a component can have several.
            _ => continue,
        };
        let (name, parameters) = (export.name, parameters.join(", "));
        let _ = write!(world, "export {name}: func({parameters}){result};");
    }
    world.push('}');

    let mut resolve = Resolve::default();
    let host = include_str!("../../../../wit/world.wit");
    resolve
        .push_str("host.wit", host)
        .expect("it is the host's");
    let package = resolve.push_str("test.wit", &world).expect("it is WIT");
    let world = resolve.select_world(&[package], Some("test"));
    let world = world.expect("the package has one world");
    let mut library = library.to_vec();
    let encoding = StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut library, &resolve, world, encoding)
        .expect("a world of numbers");
    library
}

/// The signatures of a module's exports.
struct Signatures<'m> {
    types: Vec<wasmparser::FuncType>,
    functions: Vec<u32>,
    exports: Vec<wasmparser::Export<'m>>,
    calls_host: bool,
}

impl<'m> Signatures<'m> {
    fn read(module: &'m [u8]) -> Self {
        let mut signatures = Self {
            types: Vec::new(),
            functions: Vec::new(),
            exports: Vec::new(),
            calls_host: false,
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload.expect("it is a module") {
                Payload::TypeSection(section) => {
                    let types = section.into_iter_err_on_gc_types();
                    signatures.types = types.flatten().collect();
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports().flatten() {
                        signatures.calls_host |= import.module == INTERFACE;
                        if let TypeRef::Func(of_type) = import.ty {
                            signatures.functions.push(of_type);
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    signatures.functions.extend(section.into_iter().flatten());
                }
                Payload::ExportSection(section) => {
                    signatures.exports = section.into_iter().flatten().collect();
                }
                _ => {}
            }
        }
        signatures
    }

    /// The types that go in and out of a function, as WIT has them.
    fn of_function(&self, index: u32) -> (Vec<&'static str>, Vec<&'static str>) {
        let of_type = &self.types[self.functions[index as usize] as usize];
        let names = |types: &[ValType]| types.iter().map(|it| of_type_in_wit(*it)).collect();
        (names(of_type.params()), names(of_type.results()))
    }
}

fn of_type_in_wit(of_type: ValType) -> &'static str {
    let found = TYPES.iter().find(|(it, _)| *it == of_type);
    found.expect("only numbers go in and out").1
}

/// The target `link` of `fuzz` links libraries to these. It has no compiler for their text.
#[test]
fn base_of_fuzzing_is_of_its_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/base");
    let compile = |name: &str| wat::parse_file(folder.join(name)).expect("it is WebAssembly");
    let libraries = [
        ("libc.so", compile("libc.wat")),
        ("guest.so", with_world(&compile("guest.wat"))),
    ];
    for (name, compiled) in libraries {
        let path = folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &compiled).expect("it is ours");
        }
        let there = fs::read(&path).unwrap_or_default();
        assert!(
            there == compiled,
            "{name} is not of its text and of the host's world; BLESS=1 writes it anew"
        );
    }
}
