(module (@dylink.0 (mem-info (memory 0x10000000 0))))
