(module
  (@dylink.0 (mem-info))
  (func (export "cblas_dgemm")))
