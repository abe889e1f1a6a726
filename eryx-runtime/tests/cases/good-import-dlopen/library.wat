(module
  (@dylink.0 (mem-info))
  (import "env" "dlopen" (func (param i32 i32) (result i32))))
