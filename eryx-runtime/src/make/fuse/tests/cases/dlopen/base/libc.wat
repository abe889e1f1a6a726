;; The functions that `libdl.so` imports.
(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (func (export "strlen") (param $at i32) (result i32)
    (local $n i32)
    (loop $next
      (if (i32.load8_u (i32.add (local.get $at) (local.get $n)))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $next))))
    (local.get $n))
  (func (export "memcmp") (param $one i32) (param $other i32) (param $n i32) (result i32)
    (local $by i32)
    (loop $next
      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
      (local.set $by (i32.sub (i32.load8_u (local.get $one)) (i32.load8_u (local.get $other))))
      (if (local.get $by) (then (return (local.get $by))))
      (local.set $one (i32.add (local.get $one) (i32.const 1)))
      (local.set $other (i32.add (local.get $other) (i32.const 1)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next))
    unreachable))
