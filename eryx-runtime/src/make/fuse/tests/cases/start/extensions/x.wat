(module
  (@dylink.0 (mem-info (memory 8 2) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.mem" "kept" (global $kept (mut i32)))
  (global $seven (mut i32) (i32.const 0))
  (data (global.get $memory) "\00\00\00\00\07")
  (func $start
    (global.set $seven (i32.add (global.get $memory) (i32.const 4))))
  (start $start)
  (func (export "__wasm_call_ctors")
    (i32.store offset=4 (global.get $kept) (i32.load (global.get $seven)))))
