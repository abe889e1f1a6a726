# Calls past the function that makes JSON: numbers of no function, and texts that are no arguments.
# expect: done
# stdout: x
names = echo.__globals__
came = set()
texts = ("", "null", "[]", "[[],{}", "[[1],{},2]", "[{},[]]", '[[],{"value":1,"value":2}]', "\0", "[[NaN],{}]")
for number in (0, 1, 99, 2**31 - 1, 2**31, 2**32 - 1, -1, 2**64):
    for text in texts:
        try:
            answer = names["host_call"](number, text)
            came.add("value" if len(answer) == 1 else answer[0])
        except Exception as error:
            came.add(type(error).__name__)
print(sorted(came))
