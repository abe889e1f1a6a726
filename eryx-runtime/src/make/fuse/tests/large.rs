//! Generated libraries that are too large to write by hand.

use std::fmt::Write as _;

use super::libraries::Libraries;
use super::run::AsModules;
use crate::make::fuse::Fused;
use crate::module::layout::Value;

/// A guest that calls functions by addresses that extensions left in its data.
const GUEST: &str = r#"(module
  (@dylink.0 (mem-info (memory 8 2) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (type $give (func (result i32)))
  (global (export "kept") i32 (i32.const 0))
  (func (export "run") (param $which i32) (param $function i32) (result i32)
    (call_indirect (type $give)
      (i32.add (local.get $function)
        (i32.load (i32.add (global.get $memory) (i32.mul (local.get $which) (i32.const 4))))))))"#;

const HEAD: &str = r#"
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.mem" "kept" (global $kept (mut i32)))"#;

/// The number of functions that an extension exports. Their names must take less than 64 KiB in all,
/// because the linker puts them before the base.
const EXPORTED: usize = 600;

/// Generates an extension with many functions in the table. Each returns its number, which counts from
/// `first`. The slot of the first one is written to a word of the guest's data.
fn extension(functions: usize, first: usize, word: usize) -> String {
    let mut text =
        format!("(module (@dylink.0 (mem-info (memory 0 0) (table {functions} 0))){HEAD}\n");
    let all: Vec<_> = (0..functions).map(|it| format!(" $f{it}")).collect();
    let all = all.concat();
    let _ = writeln!(text, "(elem (global.get $table) func{all})");
    for function in 0..functions {
        let number = first + function;
        let export = if function < EXPORTED {
            format!("(export \"f{number}\")")
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "(func $f{function} {export} (result i32) (i32.const {number}))"
        );
    }
    let offset = word * 4;
    text + &format!(
        "(func (export \"__wasm_call_ctors\")
           (i32.store offset={offset} (global.get $kept) (global.get $table))))"
    )
}

fn libraries(extensions: &[String]) -> Libraries {
    let bytes = |text: &str| wat::parse_str(text).expect("it is a module");
    let mut libraries = Libraries::default();
    libraries.base.push(("guest.so".to_owned(), bytes(GUEST)));
    for (index, text) in extensions.iter().enumerate() {
        libraries
            .extensions
            .push((format!("x{index}.so"), bytes(text)));
    }
    libraries.lift();
    libraries
}

/// Returns what the guest's `run` returns for words and numbers of functions.
fn run(fused: &Fused, calls: &[(i32, i32)]) -> wasmtime::Result<Vec<Option<Value>>> {
    let linked = AsModules::load(fused)?;
    let mut modules = AsModules::begin(&linked, &fused.start)?;
    let calls = calls.iter();
    calls
        .map(|(which, function)| modules.call("run", &[Value::I32(*which), Value::I32(*function)]))
        .collect()
}

/// The extensions have more functions than one step of their table's size, and more names than reserved
/// `dlsym` slots.
#[test]
fn many_functions() {
    let libraries = libraries(&[extension(5000, 0, 0), extension(4000, 5000, 1)]);
    let component = libraries.link().expect("it can be linked");
    let fused = libraries.fuse(&component).expect("it can be fused");
    let alone = libraries.link_base().expect("the base can be linked");
    let alone = libraries.fuse(&alone).expect("the base can be fused");
    assert!(alone.base == fused.base);
    let calls = [(0, 0), (0, 4999), (1, 0), (1, 3999)];
    let answers = run(&fused, &calls).expect("it runs");
    let expected = [0, 4999, 5000, 8999].map(|number| Some(Value::I32(number)));
    assert_eq!(answers, expected);
}

/// Checks that fusing a library fails with a reason.
fn assert_refused(library: String, reason: &str) {
    let libraries = libraries(&[library]);
    let component = libraries.link().expect("it can be linked");
    let error = libraries
        .fuse(&component)
        .err()
        .map(|error| error.to_string());
    let expected = format!(
        "the libraries cannot be linked: the linked component has something that fuse does not support: {reason}"
    );
    assert_eq!(error, Some(expected));
}

#[test]
fn more_functions_than_extension_slots() {
    let all = " $f".repeat(131_072);
    let library = format!(
        "(module (@dylink.0 (mem-info (memory 0 0) (table 131072 0))){HEAD}
         (func $f) (elem (global.get $table) func{all}))"
    );
    assert_refused(
        library,
        "more than 131071 functions of extensions in the table",
    );
}

/// Each global begins with the value of the one before. The chain is too long for a recursive evaluation
/// on the stack; and the engine does not compile the component itself.
#[test]
fn long_chain_of_globals() {
    let mut library =
        format!("(module (@dylink.0 (mem-info)){HEAD} (global $g0 i32 (i32.const 7))\n");
    let last = 200_000;
    for global in 1..=last {
        let _ = writeln!(
            library,
            "(global $g{global} i32 (global.get $g{}))",
            global - 1
        );
    }
    let _ = write!(
        library,
        "(func $f (result i32) (global.get $g{last})) (elem (global.get $table) func $f)
         (func (export \"__wasm_call_ctors\") (i32.store (global.get $kept) (global.get $table))))"
    );
    let library = library.replace("(mem-info)", "(mem-info (memory 0 0) (table 1 0))");
    let libraries = libraries(&[library]);
    let component = libraries.link().expect("it can be linked");
    let fused = libraries.fuse(&component).expect("it can be fused");
    let answers = run(&fused, &[(0, 0)]).expect("it runs");
    assert_eq!(answers, [Some(Value::I32(7))]);
}

/// The compiler panics where one function uses 65536 globals.
#[test]
fn more_mutable_globals_than_allowed() {
    let mut library = format!("(module (@dylink.0 (mem-info (memory 0 0) (table 1 0))){HEAD}\n");
    let count = 10_001;
    for global in 0..count {
        let _ = writeln!(library, "(global $g{global} (mut i32) (i32.const 0))");
    }
    library.push_str("(elem (global.get $table) func $f) (func $f\n");
    for global in 0..count {
        let _ = writeln!(library, "(global.set $g{global} (i32.const 1))");
    }
    library.push_str("))");
    assert_refused(library, "more than 10000 mutable globals");
}
