(module
  (func)
  (@custom "dylink.0" (after last) "\01\04\00\00\00\00"))
