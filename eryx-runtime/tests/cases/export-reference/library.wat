(module
  (@dylink.0 (mem-info))
  (func (export "identity") (param externref) (result externref) (local.get 0)))
