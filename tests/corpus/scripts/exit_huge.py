# ends: exit -1
raise SystemExit(2**100)
