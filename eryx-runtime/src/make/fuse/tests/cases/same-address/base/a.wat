;; Stores addresses, its own first.
(module
  (@dylink.0 (mem-info (memory 24 2) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.func" "ours" (global $ours (mut i32)))
  (global (export "kept") i32 (i32.const 0))
  (func (export "ours") (result i32) (i32.const 1))
  (func (export "__wasm_apply_data_relocs")
    (i32.store (global.get $memory) (global.get $ours))))
