(module
  (@dylink.0 (mem-info))
  (import "env" "__indirect_function_table" (table 10000000 funcref)))
