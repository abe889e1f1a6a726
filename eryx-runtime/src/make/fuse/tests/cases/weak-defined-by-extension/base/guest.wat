;; The base does not depend on extensions, so none can define what the base leaves undefined.
(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)) (import-info "env" "lacking" binding-weak undefined))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "env" "lacking" (func $lacking (result i32)))
  (func (export "call") (result i32) (call $lacking)))
