(module
  (@dylink.0 (mem-info))
  (memory (export "heap") 1))
