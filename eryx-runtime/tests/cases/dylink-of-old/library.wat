;; The section `dylink`, without a number, is from before 2021.
(module (@custom "dylink" (before first) "\00\00\00\00\00"))
