# Pairs of sockets with full buffers, for ever.
# ends: exception OSError | exception MemoryError | limit Memory
# limits: memory=64MiB
import socket

kept = []
while True:
    one, other = socket.socketpair()
    one.setblocking(False)
    try:
        while True:
            one.send(b"x" * 100_000)
    except BlockingIOError:
        kept.append((one, other))
