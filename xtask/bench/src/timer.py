# Follows a snippet's text, here and there alike. `start` lets whoever listens read a clock of
# their own before each run; the line after it says how long the run took and what it gave.


def _measure(runs):
    import time

    for _ in range(runs):
        print("start", flush=True)
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(f"{wall!r} {cpu!r} {result!r}", flush=True)
