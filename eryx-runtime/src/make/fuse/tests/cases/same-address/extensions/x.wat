;; The address of its own function from `GOT.func`, as wasm-ld takes it for a replaceable symbol.
(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.func" "ours" (global $ours (mut i32)))
  (import "GOT.func" "theirs" (global $theirs (mut i32)))
  (import "GOT.mem" "kept" (global $kept (mut i32)))
  (func (export "theirs") (result i32) (i32.const 2))
  (func (export "__wasm_call_ctors")
    (i32.store offset=8 (global.get $kept) (global.get $ours))
    (i32.store offset=16 (global.get $kept) (global.get $theirs))))
