"""Unit tests of the driver, one file for each module.

`tests/tests/driver.rs` runs them in a sandbox. `native` stands in for the functions that are
written in Rust: it records their calls, and returns what a test has set.
"""

import sys
from types import ModuleType


class Native(ModuleType):
    def __init__(self):
        super().__init__("driver.native")
        self.reset()

    def reset(self):
        self.calls = []
        # What `host_call` returns.
        self.outcome = ["null"]
        # What `host_next` returns, one after the other; then it has nothing.
        self.finished = []
        # Called in place of `host_next`, if set.
        self.next = None
        self.is_state_found = True

    def end_process(self, status):
        self.calls.append(("end_process", status))

    def find_state(self, generator, state):
        self.calls.append(("find_state", generator, state))
        return self.is_state_found

    def host_call(self, function, arguments):
        self.calls.append(("host_call", function, arguments))
        return self.outcome

    def host_begin(self, function, arguments):
        self.calls.append(("host_begin", function, arguments))
        return len(self.named("host_begin"))

    def host_next(self, nanoseconds):
        self.calls.append(("host_next", nanoseconds))
        if self.next:
            return self.next()
        return self.finished.pop(0) if self.finished else []

    def host_cancel(self, call):
        self.calls.append(("host_cancel", call))

    def named(self, name):
        """Returns the arguments of the calls of one function."""
        return [arguments for function, *arguments in self.calls if function == name]


native = sys.modules["driver.native"] = Native()
