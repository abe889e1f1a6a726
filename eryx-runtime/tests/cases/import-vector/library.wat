(module
  (@dylink.0 (mem-info))
  (import "env" "add4" (func (param v128 v128) (result v128))))
