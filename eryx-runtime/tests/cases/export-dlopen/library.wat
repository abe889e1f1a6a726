(module
  (@dylink.0 (mem-info))
  (func (export "dlopen") (param i32 i32) (result i32) (i32.const 0)))
