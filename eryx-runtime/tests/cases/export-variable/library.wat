(module
  (@dylink.0 (mem-info))
  (global (export "counter") (mut i32) (i32.const 0)))
