(module
  (@dylink.0 (mem-info))
  (import "GOT.func" "PyNoSuch_Function" (global (mut i32))))
