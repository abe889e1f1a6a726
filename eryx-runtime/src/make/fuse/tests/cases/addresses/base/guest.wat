(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)) (needed "a.so"))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "GOT.func" "twice" (global $twice (mut i32)))
  (import "GOT.mem" "kept" (global $kept (mut i32)))
  (import "env" "apply" (func $apply (param i32 i32) (result i32)))
  (import "env" "apply_kept" (func $apply_kept (param i32) (result i32)))
  (import "env" "get_hidden" (func $get_hidden (result i32)))
  (type $op (func (param i32) (result i32)))
  (func (export "run") (param $which i32) (param $x i32) (result i32)
    (block $kept (block $own (block $apply (block $hidden
      (br_table $hidden $apply $own $kept (local.get $which)))
      ;; 0: an address that the other library stored
      (return (call_indirect (type $op) (local.get $x) (call $get_hidden))))
      ;; 1: the other library calls an address that this one stored
      (return (call $apply (global.get $twice) (local.get $x))))
      ;; 2: an address and a call of this library
      (return (call_indirect (type $op) (local.get $x) (global.get $twice))))
    ;; 3: the extension's function, called by the other library; 4: called by this one
    (if (result i32) (i32.eq (local.get $which) (i32.const 3))
      (then (call $apply_kept (local.get $x)))
      (else (call_indirect (type $op) (local.get $x) (i32.load (global.get $kept)))))))
