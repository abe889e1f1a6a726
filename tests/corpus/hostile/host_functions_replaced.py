# Takes the functions apart, and puts others in their place, for whoever comes next.
# ends: exception ZeroDivisionError
import builtins
import json

names = echo.__globals__
for name in ("_result", "_begin", "_is_async", "host_call"):
    names[name] = lambda *arguments: 1 / 0
json.loads = json.dumps = None
builtins.echo = echo
echo.__code__ = (lambda *args, **kwargs: 1 / 0).__code__.replace(co_freevars=echo.__code__.co_freevars)
echo(1)
