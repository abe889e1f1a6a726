# Starts the debugger, which asks for input.
# ends: exit 1
breakpoint()
1 / 0
