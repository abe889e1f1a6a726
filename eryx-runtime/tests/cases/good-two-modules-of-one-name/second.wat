;; `one/module.so` and `two/module.so`: their start functions are found library by library.
(module
  (@dylink.0 (mem-info))
  (func (export "PyInit_module") (result i32) (i32.const 0)))
