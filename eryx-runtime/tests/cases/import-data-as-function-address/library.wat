(module
  (@dylink.0 (mem-info))
  (import "GOT.func" "PyExc_ValueError" (global (mut i32))))
