# Asks who and where it is: the answers are the same on every machine.
import os
import platform
import socket
import sys
import time

(variable,) = os.environ.items()
print(list(variable), os.getpid(), socket.gethostname(), end=" ")
print(sys.platform, platform.machine(), os.cpu_count(), time.tzname[0])
texts = [str(os.uname()), str(sys.argv), str(sys.path), sys.executable, str(os.stat("/tmp")), sys.version]
print(all(word not in text for text in texts for word in ("/home", "/root", "/work", "/usr", "target")))
