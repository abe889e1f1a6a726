# Empty lines: few bytes, but each may cost whoever reads them much more.
# ends: limit OutputLines
# compare: stderr
# limits: output_lines=1000
print("\n" * 5000)
