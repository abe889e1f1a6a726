# As deep as brackets may be.
exec("match 1:\n case " + "[" * 190 + "x" + "]" * 190 + ": pass")
