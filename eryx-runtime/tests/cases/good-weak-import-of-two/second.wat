;; Several libraries may import an undefined weak function.
(module
  (@dylink.0
    (mem-info)
    (import-info "env" "nobody_has_this" binding-weak undefined))
  (import "env" "nobody_has_this" (func))
  (import "GOT.func" "nobody_has_this" (global (mut i32))))
