# ends: exception ValueError
import builtins

print("before")
for name in "print", "str", "type", "isinstance", "repr", "compile", "exec", "len", "BaseException", "__import__":
    delattr(builtins, name)
raise ValueError("still told")
