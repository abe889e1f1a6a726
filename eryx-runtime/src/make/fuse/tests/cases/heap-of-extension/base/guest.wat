(module
  (@dylink.0 (mem-info (memory 8 2) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (global (export "kept") i32 (i32.const 0))
  (func (export "run") (result i32) (i32.gt_u (i32.load (global.get $memory)) (global.get $memory))))
