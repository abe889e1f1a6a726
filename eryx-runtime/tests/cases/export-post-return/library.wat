(module
  (@dylink.0 (mem-info))
  (func (export "cabi_post_eryx:sandbox/python@0.1.0#boot") (param i32)))
