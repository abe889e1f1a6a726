(module
  (@dylink.0 (mem-info))
  (func (export "scale") (param f64) (result f64) (local.get 0)))
