;; What a small extension module looks like: static data, a call into libpython, the address of
;; another library's data, and the address of a function of its own.
(module
  (@dylink.0
    (mem-info (memory 16 2) (table 1 0))
    (needed "libpython3.14.so" "libc.so"))
  (type $init (func (result i32)))
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 1 funcref))
  (import "env" "__memory_base" (global $memory_base i32))
  (import "env" "__table_base" (global $table_base i32))
  (import "env" "__stack_pointer" (global $stack_pointer (mut i32)))
  (import "GOT.mem" "PyExc_ValueError" (global $value_error (mut i32)))
  (import "GOT.func" "PyLong_FromLong" (global $from_long_address (mut i32)))
  (import "env" "PyLong_FromLong" (func $from_long (param i32) (result i32)))
  (func $init (export "PyInit_good") (result i32)
    (call $from_long (i32.load (global.get $memory_base))))
  (func (export "__wasm_apply_data_relocs"))
  (func (export "__wasm_call_ctors"))
  (elem (global.get $table_base) func $init)
  (data (global.get $memory_base) "\2a\00\00\00"))
