;; Its data has room for addresses, `kept`.
(module
  (@dylink.0 (mem-info (memory 32 2) (table 0 0)) (needed "a.so"))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.mem" "one" (global $one (mut i32)))
  (import "GOT.mem" "two" (global $two (mut i32)))
  (global (export "two") i32 (i32.const 0))
  (global (export "kept") i32 (i32.const 8))
  (data (global.get $memory) "\0c\00\00\00")
  (func (export "__wasm_apply_data_relocs")
    (i32.store offset=8 (global.get $memory) (global.get $one))
    (i32.store offset=12 (global.get $memory) (global.get $two)))
  (func (export "run") (param i32) (result i32)
    (i32.load (i32.load offset=8
      (i32.add (global.get $memory) (i32.mul (local.get 0) (i32.const 4)))))))
