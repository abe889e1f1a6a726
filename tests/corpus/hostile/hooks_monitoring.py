# Has the interpreter call a function at each of its own instructions, and that function too.
# ends: limit WallTime | exception RecursionError
import sys

events = sys.monitoring.events
sys.monitoring.use_tool_id(0, "enemy")
for event in (events.INSTRUCTION, events.LINE, events.CALL, events.PY_START, events.BRANCH_LEFT):
    sys.monitoring.register_callback(0, event, lambda *arguments: sum(range(1000)))
sys.monitoring.set_events(0, events.INSTRUCTION | events.LINE | events.CALL | events.PY_START)
while True:
    pass
