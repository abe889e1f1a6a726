;; A weak symbol may stay without a definition; its address is 0 then.
(module
  (@dylink.0
    (mem-info)
    (import-info "GOT.func" "nobody_has_this" binding-weak undefined))
  (import "GOT.func" "nobody_has_this" (global (mut i32))))
