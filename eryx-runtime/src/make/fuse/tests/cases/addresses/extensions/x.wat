(module
  (@dylink.0 (mem-info (memory 0 0) (table 1 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.func" "twice" (global $twice (mut i32)))
  (import "GOT.mem" "kept" (global $kept (mut i32)))
  (import "env" "apply" (func $apply (param i32 i32) (result i32)))
  (import "env" "get_hidden" (func $get_hidden (result i32)))
  (type $op (func (param i32) (result i32)))
  (elem (global.get $table) func $mine)
  ;; Calls the base with the address of a base function, which the base calls.
  (func $mine (type $op)
    (i32.add
      (call $apply (global.get $twice) (local.get 0))
      (call_indirect (type $op) (local.get 0) (call $get_hidden))))
  (func (export "__wasm_call_ctors")
    (i32.store (global.get $kept) (global.get $table))))
