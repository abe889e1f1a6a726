(module
  (@dylink.0 (mem-info))
  (func (export "add4") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1))))
