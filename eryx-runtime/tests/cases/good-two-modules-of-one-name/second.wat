;; `one/module.so` and `two/module.so`: `PyInit_` functions are looked up in one library.
(module
  (@dylink.0 (mem-info))
  (func (export "PyInit_module") (result i32) (i32.const 0)))
