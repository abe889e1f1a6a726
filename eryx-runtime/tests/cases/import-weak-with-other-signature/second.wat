(module
  (@dylink.0
    (mem-info)
    (import-info "env" "nobody_has_this" binding-weak undefined))
  (import "env" "nobody_has_this" (func (result i32))))
