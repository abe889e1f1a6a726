(component
  (core module $base (func (export "run") (result i32) (i32.const 0)))
  (core instance $base (instantiate $base))
  (func $run (result s32) (canon lift (core func $base "run")))
  (export "run" (func $run)))
