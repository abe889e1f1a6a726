(module
  (@dylink.0 (mem-info))
  (import "env" "memory" (memory 1 2)))
