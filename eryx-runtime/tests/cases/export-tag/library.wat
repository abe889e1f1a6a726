(module
  (@dylink.0 (mem-info))
  (tag (export "__cpp_exception") (param i32)))
