(module
  (@dylink.0 (mem-info))
  (import "env" "__tls_base" (global (mut i32))))
