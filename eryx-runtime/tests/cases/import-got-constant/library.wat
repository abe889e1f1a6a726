(module
  (@dylink.0 (mem-info))
  (import "GOT.mem" "PyExc_ValueError" (global i32)))
