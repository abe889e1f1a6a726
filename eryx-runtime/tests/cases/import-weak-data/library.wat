;; The linker makes stubs of weak functions, not of weak data.
(module
  (@dylink.0
    (mem-info)
    (import-info "GOT.mem" "nobody_has_this" binding-weak undefined))
  (import "GOT.mem" "nobody_has_this" (global (mut i32))))
