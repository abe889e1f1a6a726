# The same as raw JSON, past the function that makes JSON, so that nothing in the sandbox checks it.
# ends: exception ValueError | exception RuntimeError | trap
call = echo.__globals__["host_call"]
answer = call(0, "[[" + "[" * 200_000 + "]" * 200_000 + "],{}]")
raise ValueError(str(answer)[:100])
