# The line that a traceback shows has thirty million letters, all of them wide.
# ends: any
exec(compile("1 / 0  # " + "\N{SNOWMAN}" * 10_000_000, "<string>", "exec"))
