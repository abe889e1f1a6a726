# Prints what a result might look like, in case somebody reads it from there.
# ends: exit 4
print('{"value": 1, "error": null}\n\0["value", "1", "", "1"]')
raise SystemExit(4)
