(module
  (@dylink.0 (mem-info))
  (import "GOT.mem" "malloc" (global (mut i32))))
