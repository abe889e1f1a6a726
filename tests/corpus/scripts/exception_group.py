# ends: exception ExceptionGroup
def fail(kind, text):
    raise kind(text)


errors = []
for kind in ValueError, TypeError:
    try:
        fail(kind, kind.__name__.lower())
    except kind as error:
        errors.append(error)
try:
    raise ExceptionGroup("all", [*errors, ExceptionGroup("inner", [OSError(2, "gone")])])
except* TypeError as group:
    print("caught", group.exceptions)
