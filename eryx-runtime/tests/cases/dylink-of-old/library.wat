;; The section `dylink` is the format from before 2021.
(module (@custom "dylink" (before first) "\00\00\00\00\00"))
