# Waits for a lock that nobody will ever give back.
# ends: trap
import _thread

lock = _thread.allocate_lock()
lock.acquire()
lock.acquire()
