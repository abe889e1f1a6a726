(module
  (@dylink.0 (mem-info))
  (import "env" "PyExc_ValueError" (func)))
