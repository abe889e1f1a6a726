(module
  (@dylink.0 (mem-info))
  (import "env" "memory" (memory i64 1)))
