(module
  (@custom "dylink.0" (before first) "\01\04\00\00\00\00")
  (@custom "dylink.0" (before first) "\01\04\10\02\00\00"))
