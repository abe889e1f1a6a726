(module
  (@dylink.0 (mem-info))
  (func (export "PyInit_library") (param i32) (result i32) (local.get 0)))
