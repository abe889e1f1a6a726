(module
  (@dylink.0 (mem-info (memory 8 2) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (global $later i32 (i32.add (global.get $memory) (i32.const 4)))
  (global (export "kept") i32 (i32.const 0))
  (func (export "run") (param i32) (result i32)
    (block $two (block $one (block $zero
      (br_table $zero $one $two (local.get 0)))
      (return (i32.eq (global.get $later) (i32.add (global.get $memory) (i32.const 4)))))
      (return (i32.load (global.get $memory))))
    (i32.load (global.get $later))))
