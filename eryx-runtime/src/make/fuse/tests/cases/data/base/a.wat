(module
  (@dylink.0 (mem-info (memory 8 3) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (global (export "one") i32 (i32.const 4))
  (data (global.get $memory) "\63\00\00\00\0b\00\00\00"))
