# Waits for a byte that nobody can send.
# ends: trap
import socket

one, other = socket.socketpair()
one.recv(1)
