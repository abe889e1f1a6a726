(module
  (@dylink.0 (mem-info))
  (func (export "eryx:sandbox/python@0.1.0#execute") (param i32) (result i32) (i32.const 0)))
