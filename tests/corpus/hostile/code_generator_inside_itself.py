# A generator that is asked for its next value by itself, closed, thrown into and cleared while it runs.
came = set()


def values():
    for attempt in (
        lambda: next(generator),
        lambda: generator.throw(KeyError),
        lambda: generator.close(),
        lambda: generator.gi_frame.clear(),
        lambda: generator.send(None),
    ):
        try:
            attempt()
        except (ValueError, RuntimeError) as error:
            came.add(type(error).__name__)
    yield 1


generator = values()
next(generator)
print(sorted(came))
