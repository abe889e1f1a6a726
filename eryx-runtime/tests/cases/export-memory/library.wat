(module
  (@dylink.0 (mem-info))
  (memory (export "memory") 1))
