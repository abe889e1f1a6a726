;; The address of the datum after `three` is in its own data, from where its constructor takes it.
(module
  (@dylink.0 (mem-info (memory 4 2) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.mem" "three" (global $three (mut i32)))
  (import "GOT.mem" "kept" (global $kept (mut i32)))
  (func (export "__wasm_apply_data_relocs")
    (i32.store (global.get $memory) (i32.add (global.get $three) (i32.const 4))))
  (func (export "__wasm_call_ctors")
    (i32.store offset=16 (global.get $kept) (global.get $three))
    (i32.store offset=20 (global.get $kept) (i32.load (global.get $memory)))))
