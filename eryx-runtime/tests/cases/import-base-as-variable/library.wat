(module
  (@dylink.0 (mem-info))
  (import "env" "__memory_base" (global (mut i32))))
