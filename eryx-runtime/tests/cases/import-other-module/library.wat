(module
  (@dylink.0 (mem-info))
  (import "__main_module__" "PyLong_FromLong" (func (param i32) (result i32))))
