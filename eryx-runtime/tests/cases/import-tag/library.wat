(module
  (@dylink.0 (mem-info))
  (import "env" "__cpp_exception" (tag (param i32))))
