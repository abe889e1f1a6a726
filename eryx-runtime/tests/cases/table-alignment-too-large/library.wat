(module (@dylink.0 (mem-info (table 1 40))))
