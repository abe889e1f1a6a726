# Calls past the function that makes JSON, with texts that are no arguments; then a function that is none.
# ends: trap
call = echo.__globals__["host_call"]
texts = ("", "null", "[]", "[[],{}", "[[1],{},2]", "[{},[]]", '[[],{"value":1,"value":2}]', "\0", "[[NaN],{}]")
came = set()
for text in texts:
    answer = call(0, text)
    came.add("value" if len(answer) == 1 else answer[0])
print(sorted(came), flush=True)
for number in (2**64, 2**31, -(2**40)):
    try:
        call(number, "[[1],{}]")
    except OverflowError:
        pass
call(99, "[[1],{}]")
