(module
  (@dylink.0 (mem-info))
  (import "env" "PyLong_FromLong" (func (param i64) (result i32))))
