//! Linking the libraries of a test as those of an image.

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

/// Base libraries and extensions with their names, in the order of linking. The last base library is the
/// guest: tests call its exports.
#[derive(Default)]
pub(super) struct Libraries {
    pub(super) base: Vec<(String, Vec<u8>)>,
    pub(super) extensions: Vec<(String, Vec<u8>)>,
}

impl Libraries {
    /// Adds the real `libdl.so` as the first base library.
    pub(super) fn add_libdl(&mut self) {
        let mut libraries = base::libraries().iter();
        let libdl = libraries.find(|library| library.name == "libdl.so");
        let libdl = libdl.expect("the base has libdl.so").load();
        let libdl = libdl.expect("it is not damaged");
        self.base.insert(0, ("libdl.so".to_owned(), libdl));
    }

    /// Makes the guest's exports callable from outside: all functions whose names are valid in WIT.
    pub(super) fn lift(&mut self) {
        if let Some((_, guest)) = self.base.last_mut() {
            *guest = with_world(guest);
        }
    }

    pub(super) fn link(&self) -> Result<Vec<u8>, ImageError> {
        let base = base::borrowed(&self.base);
        link(&base, &base::borrowed(&self.extensions))
    }

    /// Links the base without the extensions.
    pub(super) fn link_base(&self) -> Result<Vec<u8>, ImageError> {
        link(&base::borrowed(&self.base), &[])
    }

    /// Fuses a component that was linked from these libraries.
    pub(super) fn fuse(&self, component: &[u8]) -> Result<Fused, ImageError> {
        let names: Vec<&str> = self.base.iter().map(|(name, _)| &**name).collect();
        fuse(component, &names)
    }
}

/// The number types of core modules, with their names in WIT.
const TYPES: [(ValType, &str); 4] = [
    (ValType::I32, "s32"),
    (ValType::I64, "s64"),
    (ValType::F32, "f32"),
    (ValType::F64, "f64"),
];

/// Returns a library with a `component-type` section that exports its functions from the component.
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
        let (parameters, results) = module.signature(export.index);
        let parameters = (0..).zip(parameters);
        let parameters: Vec<_> = parameters
            .map(|(index, ty)| format!("p{index}: {ty}"))
            .collect();
        let result = match *results {
            [] => String::new(),
            [result] => format!(" -> {result}"),
            // A function of a component has one result at most.
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
        .expect("the host's WIT is valid");
    let package = resolve
        .push_str("test.wit", &world)
        .expect("the generated world is valid");
    let world = resolve.select_world(&[package], Some("test"));
    let world = world.expect("the package has one world");
    let mut library = library.to_vec();
    let encoding = StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut library, &resolve, world, encoding)
        .expect("a world of numbers");
    library
}

/// A module's exports and their signatures.
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
                        if let TypeRef::Func(ty) = import.ty {
                            signatures.functions.push(ty);
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

    /// Returns the parameters and results of a function by their names in WIT.
    fn signature(&self, index: u32) -> (Vec<&'static str>, Vec<&'static str>) {
        let ty = &self.types[self.functions[index as usize] as usize];
        let names = |types: &[ValType]| types.iter().map(|it| wit_name(*it)).collect();
        (names(ty.params()), names(ty.results()))
    }
}

fn wit_name(ty: ValType) -> &'static str {
    let found = TYPES.iter().find(|(it, _)| *it == ty);
    found.expect("tests pass only numbers").1
}

/// The fuzz target `link` links libraries to these compiled base libraries, because it cannot compile
/// their text.
#[test]
fn fuzzing_base_matches_its_text() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/base");
    let compile = |name: &str| wat::parse_file(directory.join(name)).expect("it is WebAssembly");
    let libraries = [
        ("libc.so", compile("libc.wat")),
        ("guest.so", with_world(&compile("guest.wat"))),
    ];
    for (name, compiled) in libraries {
        let path = directory.join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &compiled).expect("the directory is writable");
        }
        let there = fs::read(&path).unwrap_or_default();
        assert!(
            there == compiled,
            "{name} does not match its text and the host interface; BLESS=1 rewrites it"
        );
    }
}
