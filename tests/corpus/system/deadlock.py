# Whoever waits for what can never happen is not left waiting.
# ends: trap unreachable
import socket

one, other = socket.socketpair()
print("waiting", flush=True)
one.recv(1)
