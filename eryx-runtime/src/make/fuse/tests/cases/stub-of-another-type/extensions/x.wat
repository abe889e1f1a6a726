(module
  (@dylink.0 (mem-info (memory 0 0) (table 1 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.mem" "kept" (global $kept (mut i32)))
  (type $op (func (param i32) (result i32)))
  (elem (global.get $table) func $stub)
  (func $stub (type $op)
    local.get 0
    i32.const 131072    ;; the first base slot
    call_indirect (type $op))
  (func (export "__wasm_call_ctors") (i32.store (global.get $kept) (global.get $table))))
