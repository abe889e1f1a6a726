(module (@dylink.0 (mem-info (table 0xffffffff 0))))
