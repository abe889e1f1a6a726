//! Small components, each made one module, whose functions then give what they gave before.

use wasmtime::{Engine, Instance, Module, Store};

use super::{Unexpected, analysis, emit, graph};

/// The one module of a component, or why there is none.
fn fused(component: &str) -> Result<Vec<u8>, String> {
    let component = wat::parse_str(component).expect("it is a component");
    let fuse = || -> Result<Vec<u8>, Unexpected> {
        let graph = graph::read(&component)?;
        let facts = analysis::analyse(&graph)?;
        emit::emit(&graph, &facts)
    };
    fuse().map_err(|Unexpected(reason)| reason)
}

/// What the function `run` gives, called some times in a row.
fn run(component: &str, times: usize) -> Vec<i32> {
    let module = fused(component).expect("it can be made one");
    let engine = Engine::default();
    let module = Module::new(&engine, module).expect("it is a module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("it imports nothing");
    let run = instance.get_typed_func(&mut store, "run");
    let run = run.expect("it has the function");
    let mut call = || run.call(&mut store, ()).expect("it does not trap");
    (0..times).map(|_| call()).collect()
}

/// A component in which `$main` exports `run`, with what comes before it.
fn component(before: &str, main: &str, arguments: &str) -> String {
    format!(
        "(component
            {before}
            (core module $main {main})
            (core instance $main (instantiate $main {arguments}))
            (func $run (result s32) (canon lift (core func $main \"run\")))
            (export \"run\" (func $run)))"
    )
}

/// What the linker's `env` has: a table, a memory, and where things are.
const ENV: &str = r#"
    (core module $env
        (table (export "table") 8 funcref)
        (memory (export "memory") 1)
        (global (export "base") i32 (i32.const 4))
        (global (export "counter") (mut i32) (i32.const 40)))
    (core instance $env (instantiate $env))"#;

#[test]
fn calls_from_one_module_to_another() {
    let before = r#"
        (core module $a (func (export "twice") (param i32) (result i32)
            (i32.mul (local.get 0) (i32.const 2))))
        (core instance $a (instantiate $a))"#;
    let main = r#"
        (import "a" "twice" (func $twice (param i32) (result i32)))
        (func (export "run") (result i32) (call $twice (i32.const 21)))"#;
    let component = component(before, main, r#"(with "a" (instance $a))"#);
    assert_eq!(run(&component, 1), [42]);
}

#[test]
fn globals_that_two_modules_share() {
    let before = format!(
        r#"{ENV}
        (core module $a
            (import "env" "counter" (global $counter (mut i32)))
            (func (export "count") (global.set $counter
                (i32.add (global.get $counter) (i32.const 1)))))
        (core instance $a (instantiate $a (with "env" (instance $env))))"#
    );
    let main = r#"
        (import "env" "counter" (global $counter (mut i32)))
        (import "a" "count" (func $count))
        (func (export "run") (result i32) (call $count) (global.get $counter))"#;
    let arguments = r#"(with "env" (instance $env)) (with "a" (instance $a))"#;
    assert_eq!(run(&component(&before, main, arguments), 3), [41, 42, 43]);
}

#[test]
fn globals_that_nobody_writes_are_constants() {
    let main = r#"
        (import "env" "counter" (global $counter (mut i32)))
        (import "env" "base" (global $base i32))
        (global $own i32 (global.get $base))
        (func (export "run") (result i32)
            (i32.add (global.get $counter)
                (i32.add (global.get $base) (global.get $own))))"#;
    let component = component(ENV, main, r#"(with "env" (instance $env))"#);
    assert_eq!(run(&component, 1), [48]);
    let module = fused(&component).expect("it can be made one");
    let mut payloads = wasmparser::Parser::new(0).parse_all(&module).flatten();
    let has_globals = payloads.any(|payload| {
        matches!(payload, wasmparser::Payload::GlobalSection(section) if section.count() > 0)
    });
    assert!(!has_globals);
}

#[test]
fn functions_in_a_table_that_two_modules_fill() {
    let before = format!(
        r#"{ENV}
        (core module $a
            (import "env" "table" (table 8 funcref))
            (import "env" "base" (global $base i32))
            (elem (global.get $base) func $one $two)
            (func $one (result i32) (i32.const 1))
            (func $two (result i32) (i32.const 2)))
        (core instance $a (instantiate $a (with "env" (instance $env))))"#
    );
    let main = r#"
        (import "env" "table" (table 8 funcref))
        (import "env" "counter" (global $counter (mut i32)))
        (type $give (func (result i32)))
        (elem (i32.const 2) func $three)
        (func $three (result i32) (i32.const 300))
        (func (export "run") (result i32)
            (global.set $counter (i32.sub (global.get $counter) (i32.const 36)))
            (i32.add (call_indirect (type $give) (global.get $counter))
                (i32.add (call_indirect (type $give) (i32.const 5))
                    (call_indirect (type $give) (i32.const 2)))))"#;
    let component = component(&before, main, r#"(with "env" (instance $env))"#);
    assert_eq!(run(&component, 1), [303]);
}

#[test]
fn stubs_that_look_up_one_function() {
    let before = format!(
        r#"{ENV}
        (core module $stubs
            (import "env" "table" (table 8 funcref))
            (type $add (func (param i32 i32) (result i32)))
            (func (export "add") (type $add)
                local.get 0 local.get 1 i32.const 3 call_indirect (type $add)))
        (core instance $stubs (instantiate $stubs (with "env" (instance $env))))
        (core module $a
            (import "env" "table" (table 8 funcref))
            (elem (i32.const 3) func $add)
            (func $add (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))
        (core instance $a (instantiate $a (with "env" (instance $env))))"#
    );
    let main = r#"
        (import "stubs" "add" (func $add (param i32 i32) (result i32)))
        (func (export "run") (result i32) (call $add (i32.const 50) (i32.const 8)))"#;
    let component = component(&before, main, r#"(with "stubs" (instance $stubs))"#);
    assert_eq!(run(&component, 1), [42]);
    // Nobody needs the table or the stub any more.
    let module = fused(&component).expect("it can be made one");
    let module = Module::new(&Engine::default(), module).expect("it is a module");
    assert_eq!(module.resources_required().num_tables, 0);
}

#[test]
fn data_of_several_modules_in_one_memory() {
    let before = format!(
        r#"{ENV}
        (core module $a
            (import "env" "memory" (memory 1))
            (import "env" "base" (global $base i32))
            (data (global.get $base) "\07"))
        (core instance $a (instantiate $a (with "env" (instance $env))))"#
    );
    let main = r#"
        (import "env" "memory" (memory 1))
        (data (i32.const 5) "\09")
        (data $later "\01\02\03")
        (func (export "run") (result i32)
            (memory.init $later (i32.const 6) (i32.const 1) (i32.const 1))
            (i32.load (i32.const 4)))"#;
    let component = component(&before, main, r#"(with "env" (instance $env))"#);
    assert_eq!(run(&component, 1), [0x0002_0907]);
}

#[test]
fn what_is_not_understood_is_named() {
    for (before, main, arguments, reason) in [
        (
            "(core module $a) (core instance (instantiate $a)) (core instance (instantiate $a))",
            "",
            "",
            "a module that is instantiated twice",
        ),
        ("(core module $a (tag))", "", "", "a tag"),
        (
            "(core module $a (type (struct)))",
            "",
            "",
            "a type that is no function's",
        ),
        (
            "",
            "(func $start) (start $start)",
            "",
            "a module with a start function, after it was started",
        ),
        (
            "",
            "(table 1 funcref) (elem func $f) (func $f)",
            "",
            "a passive element segment",
        ),
        (
            "",
            "(table 1 funcref) (elem (i32.const 0) funcref (ref.null func))",
            "",
            "an element segment of expressions",
        ),
        (
            ENV,
            r#"(import "env" "table" (table $t 8 funcref))
               (func $grow (result i32) (table.grow $t (ref.null func) (i32.const 1)))
               (func (export "also") (result i32) (call $grow))"#,
            r#"(with "env" (instance $env))"#,
            "code that handles tables or references",
        ),
    ] {
        let called = if main.contains("$grow") {
            "$grow"
        } else {
            "$zero"
        };
        let main = format!(
            "{main} (func $zero (result i32) (i32.const 0))
             (func (export \"run\") (result i32) (call {called}))"
        );
        assert_eq!(
            fused(&component(before, &main, arguments)),
            Err(reason.to_owned())
        );
    }
}
