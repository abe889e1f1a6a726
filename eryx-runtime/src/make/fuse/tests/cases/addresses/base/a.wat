;; A base library's functions whose addresses others take.
(module
  (@dylink.0 (mem-info (memory 8 2) (table 2 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (type $op (func (param i32) (result i32)))
  (elem (global.get $table) func $hidden $twice)
  (func $hidden (type $op) (i32.add (local.get 0) (i32.const 100)))
  (func $twice (export "twice") (type $op) (i32.mul (local.get 0) (i32.const 2)))
  ;; The address of a function that is not exported.
  (func (export "get_hidden") (result i32) (global.get $table))
  (func (export "apply") (param $f i32) (param $x i32) (result i32)
    (call_indirect (type $op) (local.get $x) (local.get $f)))
  ;; A function that the extension stored.
  (global (export "kept") i32 (i32.const 4))
  (func (export "apply_kept") (param $x i32) (result i32)
    (call_indirect (type $op) (local.get $x)
      (i32.load (i32.add (global.get $memory) (i32.const 4))))))
