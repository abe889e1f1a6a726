(module
  (@dylink.0 (mem-info))
  (import "GOT.mem" "PyExc_NoSuchError" (global (mut i32))))
