"""Plain HTTP/1.1 over connections that stay open: the least that a client can spend on a request."""
import json
import os
import socket
import ssl
import time
import typing
import urllib.parse

JSON = "application/json"
MERGE = "application/merge-patch+json"


class Trouble(Exception):
    """Something is not as the measurement needs it; the text says what."""


class Answer(typing.NamedTuple):
    status: int
    body: bytes

    def value(self):
        return json.loads(self.body) if self.body else None


class Connection:
    """One connection. Several requests may be sent before the answer to the first is received; after a rest, when the server may
    have closed it, it is opened anew."""

    REST = 30

    def __init__(self, url, headers, ca=None):
        self.where = urllib.parse.urlsplit(url)
        self.context = ssl.create_default_context(cafile=ca) if self.where.scheme == "https" else None
        lines = {"Host": self.where.netloc, "Accept": JSON, **headers}
        self.head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.open()

    def open(self):
        self.socket = socket.create_connection((self.where.hostname, self.where.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context:
            self.socket = self.context.wrap_socket(self.socket, server_hostname=self.where.hostname)
        self.reader, self.used = self.socket.makefile("rb"), time.monotonic()

    def send(self, method, path, body=None, kind=JSON):
        if time.monotonic() - self.used > self.REST:
            self.socket.close()
            self.open()
        self.used = time.monotonic()
        head, payload = f"{method} {path} HTTP/1.1\r\n{self.head}", b""
        if body is not None:
            payload = json.dumps(body).encode()
            head += f"Content-Type: {kind}\r\nContent-Length: {len(payload)}\r\n"
        self.socket.sendall(f"{head}\r\n".encode() + payload)

    def receive(self):
        status, length, chunked = self.receive_head()
        return Answer(status, b"".join(self.chunks()) if chunked else self.reader.read(length))

    def ask(self, method, path, body=None, kind=JSON):
        """A server that is new to a kind answers 429 for a moment."""
        for _ in range(30):
            self.send(method, path, body, kind)
            answer = self.receive()
            if answer.status != 429:
                return answer
            time.sleep(0.5)
        return answer

    def must(self, method, path, body=None, kind=JSON, accept=(200, 201, 202, 204)):
        """What a request is answered with that has to succeed."""
        answer = self.ask(method, path, body, kind)
        if answer.status not in accept:
            raise Trouble(f"{method} {path}: {answer.status} {answer.body[:400].decode(errors='replace')}")
        return answer

    def lines(self, path):
        """The lines of an answer without an end, as they come, however late."""
        self.send("GET", path)
        self.socket.settimeout(None)
        status, length, chunked = self.receive_head()
        if status != 200 or not chunked:
            raise Trouble(f"GET {path}: {status} {self.reader.read(length)[:400].decode(errors='replace')}")
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole

    def receive_head(self):
        line = self.reader.readline()
        if not line:
            raise ConnectionError("the server closed the connection")
        status, length, chunked = int(line.split(b" ", 2)[1]), 0, False
        while (line := self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.lower().partition(b":")
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                chunked = b"chunked" in value
        return status, length, chunked

    def chunks(self):
        while True:
            line = self.reader.readline()
            if not line:
                raise ConnectionError("the server closed the connection")
            size = int(line.split(b";", 1)[0], 16)
            data = self.reader.read(size)
            self.reader.readline()
            if not size:
                return
            yield data

    def cut(self):
        """Ends whoever waits for an answer in another thread."""
        descriptor = socket.socket(fileno=os.dup(self.socket.fileno()))
        try:
            descriptor.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        descriptor.close()


def together(requests):
    """Sends requests, each over a connection of its own, and then waits for all of them, which have to succeed or, for reads,
    may find nothing."""
    for connection, method, path, *rest in requests:
        connection.send(method, path, *rest)
    answers = []
    for connection, method, path, *_ in requests:
        answer = connection.receive()
        if answer.status >= 300 and not (method == "GET" and answer.status == 404):
            raise Trouble(f"{method} {path}: {answer.status} {answer.body[:400].decode(errors='replace')}")
        answers.append(answer)
    return answers
