(module
  (@dylink.0 (mem-info))
  (global (export "pi") f64 (f64.const 3.14)))
