;; It has a `PyInit_` function of the same name.
(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (func (export "PyInit_one") (result i32) (call $twice (i32.const 10)))
  (export "passed_on" (func $twice)))
