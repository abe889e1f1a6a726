(module
  (@dylink.0 (mem-info))
  (import "env" "my_memory" (memory 1)))
