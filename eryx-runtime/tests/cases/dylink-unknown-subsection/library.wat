(module (@custom "dylink.0" (before first) "\09\01\00"))
