# Connects to whatever might be reachable: this machine, the next, a cloud's metadata, names.
import socket

reached = []
addresses = ("127.0.0.1", "0.0.0.0", "169.254.169.254", "10.0.0.1", "172.17.0.1", "1.1.1.1", "localhost")
for address in (*addresses, "2130706433", "0x7f.1", "metadata.google.internal", "example.com", ""):
    for port in (22, 53, 80, 443, 2375, 6443, 8080):
        try:
            with socket.create_connection((address, port), 0.1):
                reached.append((address, port))
        except OSError:
            pass
for address in ("::1", "fe80::1", "::ffff:127.0.0.1"):
    try:
        socket.socket(socket.AF_INET6).connect((address, 80))
        reached.append(address)
    except OSError:
        pass
for family, kind in ((1, 1), (2, 3), (17, 3), (2, 2), (16, 3), (40, 1)):
    try:
        made = socket.socket(family, kind)
        made.connect("/var/run/docker.sock" if family == 1 else ("127.0.0.1", 53))
        reached.append((family, kind))
    except (OSError, TypeError, ValueError):
        pass
for look_up in (socket.gethostbyname, socket.gethostbyname_ex, lambda name: socket.getaddrinfo(name, 80)):
    try:
        reached.append(look_up("example.com"))
    except (OSError, AttributeError):
        pass
print(reached)
