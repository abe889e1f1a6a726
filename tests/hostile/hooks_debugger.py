# Asks for somebody at a keyboard.
# expect: exit 1
breakpoint()
1 / 0
