"""Clients that mean no good, in a thread of their own: they hold connections and say nothing,
half of something or a byte a second, ask and never read; who is cut comes back."""

import random
import select
import socket
import threading
import time

BODY_BYTES_MAX = 4 << 20
POST_HEAD = ("POST %s/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
             "Content-Length: %d\r\n\r\n")


class Client:
    """One connection; `drips` are bytes of which one goes out a second."""

    def __init__(self, player, first=b"", drips=None, receives=True):
        self.player, self.first, self.drips, self.receives = player, first, drips, receives
        self.socket, self.at = None, 0

    def open(self):
        self.at = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if not self.receives:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        try:
            self.socket.connect(self.player.address)
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        self.said = False
        self.player.poll.register(self.socket, select.EPOLLRDHUP | select.EPOLLHUP)
        self.player.by_fd[self.socket.fileno()] = self

    def close(self):
        if self.socket is None:
            return
        self.player.by_fd.pop(self.socket.fileno(), None)
        self.socket.close()
        self.socket = None

    def say(self):
        """Called every second."""
        try:
            if not self.said:
                self.socket.settimeout(3)
                self.socket.sendall(self.first)
                self.socket.setblocking(False)
                self.said = True
            elif self.drips:
                self.socket.send(self.drips[self.at % len(self.drips)].to_bytes(1, "big"))
                self.at += 1
        except BlockingIOError:
            pass
        except OSError:
            self.player.cut(self)


class Hostile(threading.Thread):
    """Plays what `add` gave it, until leave() is called. `cuts` counts who was cut."""

    def __init__(self, host, port, prefix="", comes_back=True):
        super().__init__(daemon=True)
        self.address, self.prefix, self.comes_back = (host, port), prefix, comes_back
        self.clients, self.by_fd, self.cuts = [], {}, 0
        self.poll = select.epoll()
        self.over = threading.Event()
        self.settled = threading.Event()

    def add(self, count, first=b"", drips=None, receives=True):
        first = first if isinstance(first, bytes) else first.encode()
        drips = drips.encode() if drips is not None else None
        self.clients += [Client(self, first, drips, receives) for _ in range(count)]

    def idle(self, count):
        self.add(count)

    def half_header(self, count):
        self.add(count, f"GET {self.prefix}/checkpoint HTTP/1.1\r\nHo")

    def drip_header(self, count):
        self.add(count, f"GET {self.prefix}/checkpoint HTTP/1.1\r\n", "X-Header: slow\r\n")

    def drip_body(self, count):
        self.add(count, POST_HEAD % (self.prefix, BODY_BYTES_MAX), "\x06")

    def promise(self, count):
        """The longest body is announced, and never comes."""
        self.add(count, POST_HEAD % (self.prefix, BODY_BYTES_MAX))

    def never_read(self, count, path, times=1):
        self.add(count, f"GET {self.prefix}{path} HTTP/1.1\r\nHost: x\r\n\r\n" * times,
                 receives=False)

    def stall(self, count, body_bytes):
        """Sends most of a body at once, then nothing."""
        self.add(count, (POST_HEAD % (self.prefix, BODY_BYTES_MAX)).encode() + bytes(body_bytes))

    def cut(self, client):
        client.close()
        self.cuts += 1

    def present(self):
        return sum(client.socket is not None for client in self.clients)

    def run(self):
        random.shuffle(self.clients)
        for client in self.clients:
            client.open()
        while not self.over.is_set():
            for client in self.clients:
                if client.socket is not None:
                    client.say()
            self.settled.set()
            until = time.monotonic() + 1
            while not self.over.is_set() and time.monotonic() < until:
                for fd, _ in self.poll.poll(0.1, 64):
                    if fd in self.by_fd:
                        self.cut(self.by_fd[fd])
            if self.comes_back and not self.over.is_set():
                for client in self.clients:
                    if client.socket is None:
                        client.open()
        for client in self.clients:
            client.close()

    def __enter__(self):
        self.start()
        self.settled.wait(30)
        time.sleep(0.3)
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.join()
        self.poll.close()
