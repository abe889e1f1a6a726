# Asks itself for connections that it never takes.
# ends: exception OSError | exception MemoryError | limit Memory | limit WallTime
# limits: memory=64MiB
import socket

server = socket.create_server(("127.0.0.1", 0), backlog=2**31 - 1)
kept = []
while True:
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(server.getsockname())
    kept.append(client)
