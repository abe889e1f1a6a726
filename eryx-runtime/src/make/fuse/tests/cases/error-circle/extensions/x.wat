;; A function that only calls itself: it has the first slot behind the base.
(module
  (@dylink.0 (mem-info (memory 0 0) (table 1 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (type $none (func))
  (elem (global.get $table) func $f)
  (func $f (type $none) (call_indirect (type $none) (i32.const 131072))))
