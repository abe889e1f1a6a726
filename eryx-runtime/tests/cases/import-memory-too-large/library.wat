(module
  (@dylink.0 (mem-info))
  (import "env" "memory" (memory 60000)))
