(module
  (@dylink.0 (mem-info))
  (import "env" "__stack_pointer" (global i32)))
