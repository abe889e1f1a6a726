(module
  (@dylink.0 (mem-info (memory 2097152 4) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  ;; Each byte's value is its address.
  (func $write (local $at i32)
    (loop $next
      (i32.store
        (i32.add (global.get $memory) (local.get $at))
        (i32.mul (i32.add (local.get $at) (i32.const 7)) (i32.const -1640531535)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 2097152)))))
  (func $read (result i32) (local $at i32) (local $sum i32)
    (loop $next
      (local.set $sum
        (i32.add
          (i32.mul (local.get $sum) (i32.const 31))
          (i32.load (i32.add (global.get $memory) (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 2097152))))
    (local.get $sum))
  (func (export "copy") (param $to i32) (param $from i32) (param $size i32) (result i32)
    (call $write)
    (memory.copy
      (i32.add (global.get $memory) (local.get $to))
      (i32.add (global.get $memory) (local.get $from))
      (local.get $size))
    (call $read))
  (func (export "fill") (param $to i32) (param $value i32) (param $size i32) (result i32)
    (call $write)
    (memory.fill
      (i32.add (global.get $memory) (local.get $to))
      (local.get $value)
      (local.get $size))
    (call $read)))
