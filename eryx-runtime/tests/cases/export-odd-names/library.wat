;; Names with a meaning in components, and arbitrary ones.
(module
  (@dylink.0 (mem-info))
  (func (export ""))
  (func (export "wasi:cli/run@0.2.0#run"))
  (func (export "env"))
  (func (export "a name with \22quotes\22 and \e2\98\83")))
