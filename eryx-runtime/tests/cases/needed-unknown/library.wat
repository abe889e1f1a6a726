(module (@dylink.0 (mem-info) (needed "libc.so" "libopenblas.so.0")))
