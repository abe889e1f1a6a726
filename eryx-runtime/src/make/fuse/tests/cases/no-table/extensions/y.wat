(module
  (@dylink.0 (mem-info (memory 0 0) (table 0 0)))
)
