(module (@custom "dylink.0" (before first) "\01\ff\ff\ff\ff\ff\ff"))
