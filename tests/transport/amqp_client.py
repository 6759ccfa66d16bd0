"""A small AMQP 0-9-1 client with nothing but the standard library, as another language's program on the same queue.

usage: amqp_client.py DSN declare QUEUE [ARGUMENT=VALUE …]   a durable queue, as BabelQueue's libraries declare it
       amqp_client.py DSN publish QUEUE                      reads lines {"body": text, "properties": {…}?, "headers": [[name, type, value], …]?}; confirmed
       amqp_client.py DSN consume QUEUE COUNT                prints a line of JSON for each, acknowledged: properties, headers with their wire types, body

Types of header values are those of the wire (t b B s u I i l L f d D S A T F V x); of T the value is a number, of x hexadecimal digits.
"""

import json
import re
import socket
import struct
import sys
import urllib.parse

FORMATS = {b"t": "?", b"b": "b", b"B": "B", b"s": "h", b"u": "H", b"I": "i", b"i": "I", b"l": "q", b"L": "Q", b"f": "f", b"d": "d", b"T": "Q"}
PROPERTIES = ["content_type", "content_encoding", "headers", "delivery_mode", "priority", "correlation_id", "reply_to", "expiration", "message_id",
              "timestamp", "type", "user_id", "app_id", "cluster_id"]
PROPERTY_FORMATS = {"delivery_mode": "B", "priority": "B", "timestamp": "Q"}


def short(text):
    data = text.encode("utf-8", "surrogateescape")
    return struct.pack(">B", len(data)) + data


def long(data):
    return struct.pack(">I", len(data)) + data


def write_value(kind, value):
    kind = kind.encode()
    if kind in FORMATS:
        return kind + struct.pack(">" + FORMATS[kind], value)
    if kind == b"D":
        return kind + struct.pack(">Bi", *value)
    if kind == b"V":
        return kind
    if kind == b"x":
        return kind + long(bytes.fromhex(value))
    if kind == b"S":
        return kind + long(bytes.fromhex(value[4:]) if value.startswith("hex:") else value.encode())
    if kind == b"A":
        return kind + long(b"".join(write_value(*item) for item in value))
    return b"F" + write_table(value)


def write_table(entries):
    return long(b"".join(short(name) + write_value(kind, value) for name, kind, value in entries))


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def short(self):
        return self.take(self.number("B")).decode("utf-8", "replace")

    def value(self):
        kind = self.take(1)
        if kind in FORMATS:
            return [kind.decode(), self.number(FORMATS[kind])]
        if kind in (b"S", b"x"):
            return [kind.decode(), self.take(self.number("I")).decode("utf-8", "replace")]
        if kind == b"F":
            return ["F", self.table()]
        if kind == b"A":
            inner = Reader(self.take(self.number("I")))
            items = []
            while inner.at < len(inner.data):
                items.append(inner.value())
            return ["A", items]
        if kind == b"V":
            return ["V", None]
        raise ValueError(kind)

    def table(self):
        inner = Reader(self.take(self.number("I")))
        found = {}
        while inner.at < len(inner.data):
            name = inner.short()
            found[name] = inner.value()
        return found


class Connection:
    def __init__(self, dsn):
        url = urllib.parse.urlparse(dsn)
        self.socket = socket.create_connection((url.hostname, url.port or 5672), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(b"AMQP\0\0\x09\x01")
        self.expect(10, 10)
        user, password = [urllib.parse.unquote(part) for part in (url.username, url.password)]
        self.method(0, 10, 11, write_table([]) + short("PLAIN") + long(f"\0{user}\0{password}".encode()) + short("en_US"))
        self.expect(10, 30)
        self.method(0, 10, 31, struct.pack(">HIH", 2047, 131072, 0))
        vhost = urllib.parse.unquote(url.path.split("/")[1]) or "/"
        self.method(0, 10, 40, short(vhost) + short("") + b"\0")
        self.expect(10, 41)
        self.method(1, 20, 10, short(""))
        self.expect(20, 11)

    def frame(self, kind, channel, data):
        self.socket.sendall(struct.pack(">BHI", kind, channel, len(data)) + data + b"\xce")

    def method(self, channel, major, minor, arguments=b""):
        self.frame(1, channel, struct.pack(">HH", major, minor) + arguments)

    def read(self):
        kind, channel, size = struct.unpack(">BHI", self.file.read(7))
        data = self.file.read(size)
        assert self.file.read(1) == b"\xce"
        return kind, data

    def expect(self, major, minor):
        while True:
            kind, data = self.read()
            if kind == 1:
                found = struct.unpack(">HH", data[:4])
                if found == (major, minor):
                    return Reader(data[4:])
                raise RuntimeError(f"{found} instead of {(major, minor)}: {data[4:]!r}")

    def declare(self, queue, arguments):
        self.method(1, 50, 10, b"\0\0" + short(queue) + b"\x02" + write_table(arguments))
        self.expect(50, 11)

    def publish(self, queue, lines):
        self.method(1, 85, 10, b"\0")
        self.expect(85, 11)
        for line in lines:
            message = json.loads(line)
            body = bytes.fromhex(message["hex"]) if "hex" in message else message["body"].encode()
            properties = dict(message.get("properties") or {})
            if "headers" in message:
                properties["headers"] = message["headers"]
            flags, values = 0, b""
            for i, name in enumerate(PROPERTIES):
                if name in properties:
                    flags |= 1 << (15 - i)
                    value = properties[name]
                    values += write_table(value) if name == "headers" else struct.pack(">" + PROPERTY_FORMATS[name], value) if name in PROPERTY_FORMATS else short(value)
            self.method(1, 60, 40, b"\0\0" + short("") + short(queue) + b"\x01")
            self.frame(2, 1, struct.pack(">HHQH", 60, 0, len(body), flags) + values)
            for at in range(0, len(body), 100000):
                self.frame(3, 1, body[at:at + 100000])
            self.expect(60, 80)

    def consume(self, queue, count):
        self.method(1, 60, 20, b"\0\0" + short(queue) + short("") + b"\0" + write_table([]))
        self.expect(60, 21)
        for _ in range(count):
            deliver = self.expect(60, 60)
            deliver.short()
            tag, redelivered = deliver.number("Q"), deliver.number("B") & 1
            _, data = self.read()
            header = Reader(data)
            header.take(4)
            size, flags = header.number("Q"), header.number("H")
            properties = {}
            for i, name in enumerate(PROPERTIES):
                if flags & 1 << (15 - i):
                    properties[name] = header.table() if name == "headers" else header.number(PROPERTY_FORMATS[name]) if name in PROPERTY_FORMATS else header.short()
            body = b""
            while len(body) < size:
                body += self.read()[1]
            headers = properties.pop("headers", {})
            print(json.dumps({"properties": properties, "headers": headers, "redelivered": redelivered, "body": body.decode("utf-8", "replace")}), flush=True)
            self.method(1, 60, 80, struct.pack(">QB", tag, 0))

    def close(self):
        self.method(0, 10, 50, struct.pack(">H", 200) + short("") + b"\0\0\0\0")
        self.expect(10, 51)


def main(dsn, command, queue, *rest):
    connection = Connection(dsn)
    if command == "declare":
        pairs = [re.match(r"([^=]+)=(.*)", word).groups() for word in rest]
        connection.declare(queue, [(name, "l", int(value)) if value.isdigit() else (name, "S", value) for name, value in pairs])
    elif command == "publish":
        connection.publish(queue, sys.stdin)
    else:
        connection.consume(queue, int(rest[0]))
    connection.close()


main(*sys.argv[1:])
