# Asks for somebody at a keyboard.
# expect: exception bdb.BdbQuit
breakpoint()
1 / 0
