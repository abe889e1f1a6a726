# Empty lines: few bytes, but each may cost whoever reads them much more.
# expect: limit OutputLines
# limits: output_lines=1000
print("\n" * 5000)
