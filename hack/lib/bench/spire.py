"""The calls of SPIRE's Entry service that a plain client needs: unary gRPC over HTTP/2 on the server's Unix socket, with
messages put together by hand."""
import socket
import struct

from .wire import Trouble

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK, PADDED = 1, 4, 1, 8
LARGEST = 2**31 - 1
SERVICE = "/spire.api.server.entry.v1.Entry/"
BATCH = 100
GONE = 5  # NOT_FOUND, which only deletions are answered with


class Channel:
    """One connection, and one call at a time. What flow control lets it receive is more than any run needs."""

    def __init__(self, path, seconds=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self.reader = self.socket.makefile("rb")
        self.stream, self.largest_frame = -1, 16384
        self.initial = self.left = self.window = 65535  # what may be sent: to a new stream, to this one, to all
        # No table of headers, no pushes, and windows as large as can be.
        settings = struct.pack("!HIHIHI", 1, 0, 2, 0, 4, LARGEST)
        self.socket.sendall(
            PREFACE + frame(SETTINGS, 0, 0, settings) + frame(WINDOW, 0, 0, struct.pack("!I", LARGEST - 65535)))

    def call(self, method, message):
        """The answer's message, or None where the server answers with an error, which has none."""
        self.stream += 2
        self.left = self.initial
        names = [(":method", "POST"), (":scheme", "http"), (":path", SERVICE + method), (":authority", "localhost"),
                 ("content-type", "application/grpc"), ("te", "trailers")]
        block = b"".join(b"\0" + text(name) + text(value) for name, value in names)
        self.socket.sendall(frame(HEADERS, END_HEADERS, self.stream, block))
        self.send_body(struct.pack("!BI", 0, len(message)) + message)
        body = b""
        while True:
            kind, flags, stream, payload = self.receive()
            if stream != self.stream:
                continue
            if kind == DATA:
                body += payload[1:len(payload) - payload[0]] if flags & PADDED else payload
            if kind == RESET:
                return None
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                return body[5:] if len(body) >= 5 else None

    def send_body(self, body):
        while body:
            size = min(len(body), self.left, self.window, self.largest_frame)
            if size <= 0:
                self.receive()
                continue
            part, body = body[:size], body[size:]
            self.left -= size
            self.window -= size
            self.socket.sendall(frame(DATA, 0 if body else END_STREAM, self.stream, part))

    def receive(self):
        """One frame; what concerns the connection alone is seen to."""
        head = self.reader.read(9)
        if len(head) < 9:
            raise Trouble("SPIRE closed the connection")
        size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big") & LARGEST
        payload = self.reader.read(size)
        if kind == SETTINGS and not flags & ACK:
            for place in range(0, len(payload), 6):
                name, value = struct.unpack_from("!HI", payload, place)
                if name == 4:
                    self.left += value - self.initial
                    self.initial = value
                elif name == 5:
                    self.largest_frame = value
            self.socket.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, payload))
        elif kind == WINDOW:
            size = int.from_bytes(payload, "big")
            if stream == 0:
                self.window += size
            elif stream == self.stream:
                self.left += size
        elif kind == GOAWAY:
            raise Trouble("SPIRE ended the connection")
        return kind, flags, stream, payload


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def text(value):
    """A header's name or value as HPACK has it, without Huffman's code; shorter than 127 bytes."""
    return bytes([len(value)]) + value.encode()


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """A field of a message: bytes, text, or a number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(message):
    """The fields of a message, in order: number and value."""
    place, found = 0, []

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        key = number()
        if key & 7 == 0:
            found.append((key >> 3, number()))
        elif key & 7 == 2:
            size = number()
            found.append((key >> 3, message[place:place + size]))
            place += size
        else:
            raise Trouble(f"a field of wire type {key & 7}, which no message of SPIRE's entries has")
    return found


def spiffe_id(trust_domain, path):
    return field(1, trust_domain) + field(2, path)


def entry(identifier, whose, parent, selectors):
    """A registration entry; whose it is and its parent are SPIFFE IDs."""
    chosen = b"".join(field(4, field(1, kind) + field(2, value)) for kind, value in selectors)
    return field(1, identifier) + field(2, whose) + field(3, parent) + chosen


class Entries:
    """The calls."""

    def __init__(self, socket_path):
        self.channel = Channel(socket_path)

    def parent_of(self, identifier):
        """The parent of an entry, as its message has it; None where there is no such entry."""
        message = self.channel.call("GetEntry", field(1, identifier))
        return None if message is None else dict(fields(message)).get(3, b"")

    def count(self):
        message = self.channel.call("CountEntries", b"")
        if message is None:
            raise Trouble("SPIRE does not count its entries")
        return dict(fields(message)).get(1, 0)

    def identifiers(self, prefix):
        """Those that begin with a text; an output mask without fields leaves the IDs."""
        found, token = [], ""
        while True:
            message = self.channel.call("ListEntries", field(2, b"") + field(3, 500) + field(4, token))
            if message is None:
                raise Trouble("SPIRE does not list its entries")
            page, token = fields(message), ""
            for number, value in page:
                if number == 1:
                    found.append(dict(fields(value))[1].decode())
                elif number == 2:
                    token = value.decode()
            if not token:
                return [identifier for identifier in found if identifier.startswith(prefix)]

    def create(self, messages):
        self.batch("BatchCreateEntry", [field(1, message) for message in messages], mask=field(2, b""))

    def delete(self, identifiers):
        for start in range(0, len(identifiers), BATCH):
            self.batch("BatchDeleteEntry", [field(1, name) for name in identifiers[start:start + BATCH]])

    def batch(self, method, items, mask=b""):
        message = self.channel.call(method, b"".join(items) + mask)
        if message is None:
            raise Trouble(f"SPIRE refuses {method}")
        for _, result in fields(message):
            status = dict(fields(dict(fields(result)).get(1, b"")))
            if status.get(1, 0) not in (0, GONE):
                raise Trouble(f"{method}: {status[1]} {status.get(2, b'').decode()}")
