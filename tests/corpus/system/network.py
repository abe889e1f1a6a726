# Sockets within the sandbox, and none out of it.
import asyncio
import errno
import select
import socket


def refused(what, function, *arguments):
    try:
        print(what, function(*arguments))
    except socket.gaierror as error:
        print(what, "gaierror", error.errno == socket.EAI_NONAME)
    except OSError as error:
        print(what, type(error).__name__, errno.errorcode.get(error.errno))


refused("connect outside:", socket.create_connection, ("1.1.1.1", 80))
refused("connect to nobody:", socket.create_connection, ("127.0.0.1", 80))
refused("look up:", socket.getaddrinfo, "example.com", 80)
refused("by name:", socket.create_connection, ("example.com", 80))
refused("UDP:", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
print([result[4] for result in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)])
print([result[4] for result in socket.getaddrinfo("10.0.0.1", 80, type=socket.SOCK_STREAM)])

one, other = socket.socketpair()
one.sendall(b"ping")
print(other.recv(10))
other.sendall(b"pong")
print(one.recv(2), one.recv(10))
print(select.select([one], [one], [], 0)[:2] == ([], [one]))
other.send(b"!")
print(select.select([one], [], [], 1)[0] == [one])
one.recv(1)

# A buffer that nobody reads fills up; then the writer must wait.
one.setblocking(False)
sent = 0
try:
    while True:
        sent += one.send(b"x" * 10_000)
except BlockingIOError:
    print("full after", sent)
print(select.select([], [one], [], 0)[1])
while sent:
    sent -= len(other.recv(100_000))
print(select.select([], [one], [], 0)[1] == [one])

one.shutdown(socket.SHUT_WR)
print(other.recv(1))
other.close()
one.close()

one, other = socket.socketpair()
other.close()
print(one.recv(1))
refused("write to nobody:", one.send, b"x")

server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
refused("taken:", socket.create_server, ("127.0.0.1", port))
client = socket.create_connection(("127.0.0.1", port))
accepted, address = server.accept()
print(address == client.getsockname(), client.getpeername() == server.getsockname())
server.setblocking(False)
refused("accept nobody:", server.accept)
server.close()
refused("closed:", socket.create_connection, ("127.0.0.1", port))
refused("bind outside:", socket.create_server, ("10.1.2.3", 0))
client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(port, word):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(word.encode() + b"\n")
    answer = await reader.readline()
    # Much more than fits into a buffer.
    big = b"z" * 1_000_000 + b"\n"
    task = asyncio.create_task(reader.readexactly(len(big)))
    for start in range(0, len(big), 50_000):
        writer.write(big[start : start + 50_000])
        await writer.drain()
    echoed = await task
    writer.close()
    await writer.wait_closed()
    return answer, echoed == big.upper()


async def main():
    await asyncio.sleep(0.01)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2_000_000)
    port = server.sockets[0].getsockname()[1]
    answers = await asyncio.gather(*(ask(port, word) for word in ("one", "two", "three")))
    server.close()
    try:
        async with asyncio.timeout(0.02):
            await asyncio.Event().wait()
    except TimeoutError:
        print("TimeoutError")
    return answers


print(asyncio.run(main()))
