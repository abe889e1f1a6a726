(component
  (core module $env
    (table (export "table") 8 funcref)
    (memory (export "memory") 1)
    (global (export "base:memory_base") i32 (i32.const 1024))
    (global (export "base:table_base") i32 (i32.const 4)))
  (core instance $env (instantiate $env))
  (alias core export $env "memory" (core memory $memory))
  (alias core export $env "table" (core table $table))
  (alias core export $env "base:memory_base" (core global $memory_base))
  (core instance $given
    (export "memory" (memory $memory))
    (export "__indirect_function_table" (table $table))
    (export "__memory_base" (global $memory_base)))
  (core module $base
    (import "env" "memory" (memory 0))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__memory_base" (global $memory i32))
    (elem (i32.const 4000000000) func $f)
    (func $f)
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $base (instantiate $base (with "env" (instance $given))))
  (func $run (result s32) (canon lift (core func $base "run")))
  (export "run" (func $run)))
