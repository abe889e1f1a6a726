(module
  (@dylink.0 (mem-info))
  (@custom "component-type:world" "\00asm\0d\00\01\00"))
