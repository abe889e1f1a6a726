(module (@dylink.0 (mem-info (memory 16 0xffffffff))))
