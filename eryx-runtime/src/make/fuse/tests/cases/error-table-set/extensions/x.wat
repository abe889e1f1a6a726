(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (type $none (func))
  (elem declare func $f)
  (func $f (export "f") (type $none) (table.set (i32.const 1) (ref.null func))))
