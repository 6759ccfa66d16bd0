"""A BabelQueue producer and consumer over Redis, written from the contract (envelope schema 1, Redis binding) with nothing but the standard library.

usage: babelqueue.py DSN produce QUEUE             reads lines {"job": …, "data": …, "headers": {…}?}, prints what was stored
       babelqueue.py DSN push QUEUE                reads lines, each a JSON string: stores these very bytes
       babelqueue.py DSN consume QUEUE [OPTIONS]   prints a line of JSON per message: the stored text, the headers of its frame, its envelope, its outcome
       babelqueue.py DSN letters QUEUE             prints the dead letters of the queue, each with what is wrong with it (nothing)

options of consume: count=N (then stop), fail=N (so many times a message fails, 0), attempts=N (then it is a dead letter, 3), pause=MS (per message, 0),
wait=S (for the next message, 1; then stop)
"""

import json
import socket
import sys
import time
import urllib.parse
import uuid

LANGUAGES = ("php", "go", "python", "java", "dotnet", "node")


class Redis:
    def __init__(self, dsn):
        url = urllib.parse.urlparse(dsn)
        self.socket = socket.create_connection((url.hostname, url.port or 6379), 10)
        self.file = self.socket.makefile("rb")
        if url.password:
            login = [urllib.parse.unquote(part) for part in (url.username, url.password) if part]
            self.command("AUTH", *login)

    def command(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.settimeout(30)
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("Redis has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        return rest


# ---- The envelope

def encode(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def make(job, data, queue):
    return {
        "job": job,
        "trace_id": str(uuid.uuid4()),
        "data": data,
        "meta": {"id": str(uuid.uuid4()), "queue": queue, "lang": "python", "schema_version": 1, "created_at": int(time.time() * 1000)},
        "attempts": 0,
    }


def frame(body, headers):
    return encode({"__bq_frame": 1, "headers": headers, "body": body.decode()}) if headers else body


def unframe(stored):
    if stored[:1] == b"{" and b'"__bq_frame"' in stored:
        value = json.loads(stored)
        if isinstance(value, dict) and value.get("__bq_frame") and isinstance(value.get("body"), str):
            return value["body"].encode(), value.get("headers") or {}
    return stored, {}


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def reason_to_refuse(envelope):
    """The first of the consumer's checks that fails."""
    meta = envelope.get("meta")
    for fine, reason in (
        (isinstance(envelope.get("job") or envelope.get("urn"), str), "missing_urn"),
        (isinstance(meta, dict), "missing_meta"),
        (isinstance(meta, dict) and is_count(meta.get("schema_version")) and meta["schema_version"] == 1, "unsupported_schema_version"),
        (isinstance(envelope.get("data"), dict), "invalid_data"),
        (isinstance(envelope.get("trace_id"), str) and envelope["trace_id"].strip() != "", "missing_trace_id"),
        (is_count(envelope.get("attempts")), "invalid_attempts"),
    ):
        if not fine:
            return reason
    return None


def faults_of_producer(envelope):
    """What the schema asks of producers, beyond what consumers check."""
    meta = envelope["meta"]
    faults = []
    for name, value in (("trace_id", envelope["trace_id"]), ("meta.id", meta.get("id"))):
        try:
            uuid.UUID(value)
        except (ValueError, TypeError, AttributeError):
            faults.append(f"{name} is no UUID")
    if list(envelope)[:5] != ["job", "trace_id", "data", "meta", "attempts"]:
        faults.append(f"fields in the order {', '.join(envelope)}")
    if not isinstance(meta.get("queue"), str) or meta["queue"] == "":
        faults.append("meta.queue is no name")
    if meta.get("lang") not in LANGUAGES:
        faults.append(f"meta.lang is {meta.get('lang')}")
    if not is_count(meta.get("created_at")):
        faults.append("meta.created_at is no time")
    return faults


def faults_of_block(envelope, queue):
    block = envelope.get("dead_letter")
    if not isinstance(block, dict):
        return ["no dead_letter block"]
    faults = []
    fields = ["reason", "error", "exception", "failed_at", "original_queue", "attempts", "lang"]
    if list(block)[:7] != fields or list(envelope).index("dead_letter") != len(envelope) - 1:
        faults.append(f"dead_letter with {', '.join(block)} after {', '.join(envelope)}")
        return faults
    if block["reason"] not in ("failed", "unknown_urn", "poison"):
        faults.append(f"reason {block['reason']}")
    for name in ("error", "exception"):
        if block[name] is not None and not isinstance(block[name], str):
            faults.append(f"{name} is no text")
    if not is_count(block["failed_at"]) or abs(block["failed_at"] - time.time() * 1000) > 3600 * 1000:
        faults.append(f"failed_at {block['failed_at']}")
    if block["original_queue"] != queue:
        faults.append(f"original_queue {block['original_queue']}")
    if not is_count(block["attempts"]) or block["attempts"] != envelope["attempts"]:
        faults.append(f"attempts {block['attempts']} and {envelope['attempts']}")
    if block["lang"] not in LANGUAGES:
        faults.append(f"lang {block['lang']}")
    return faults


# ---- Commands

def say(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


def produce(redis, queue):
    for line in sys.stdin:
        message = json.loads(line)
        stored = frame(encode(make(message["job"], message["data"], queue)), message.get("headers"))
        redis.command("RPUSH", queue, stored)
        say(stored=stored.decode())


def push(redis, queue):
    for line in sys.stdin:
        redis.command("RPUSH", queue, json.loads(line).encode())


def fail(redis, queue, envelope, most):
    """Stores the message again before the caller takes it out of the processing list: a crash in between leaves it twice, and never loses it."""
    envelope["attempts"] += 1
    if envelope["attempts"] < most:
        redis.command("RPUSH", queue, encode(envelope))
        return "retried"
    envelope["dead_letter"] = {
        "reason": "failed",
        "error": "it was told to fail",
        "exception": "RuntimeError",
        "failed_at": int(time.time() * 1000),
        "original_queue": queue,
        "attempts": envelope["attempts"],
        "lang": "python",
    }
    redis.command("RPUSH", queue + ".dlq", encode(envelope))
    return "dead-lettered"


def handle(redis, queue, stored, options):
    body, headers = unframe(stored)
    envelope = json.loads(body)
    line = {"stored": stored.decode(), "headers": headers, "envelope": json.loads(body), "refused": reason_to_refuse(envelope)}
    line["faults"] = [] if line["refused"] else faults_of_producer(envelope)
    if line["refused"]:
        redis.command("RPUSH", queue + ".dlq", stored)
        line["outcome"] = "refused"
    elif envelope["attempts"] < options["fail"]:
        line["outcome"] = fail(redis, queue, envelope, options["attempts"])
    else:
        line["outcome"] = "handled"
    return line


def consume(redis, queue, *given):
    options = {"count": 0, "fail": 0, "attempts": 3, "pause": 0, "wait": 1}
    for option in given:
        name, value = option.split("=")
        options[name] = int(value)
    handled = 0
    while not options["count"] or handled < options["count"]:
        stored = redis.command("BLMOVE", queue, queue + ":processing", "LEFT", "RIGHT", options["wait"])
        if stored is None:
            break
        time.sleep(options["pause"] / 1000)
        line = handle(redis, queue, stored, options)
        line["removed"] = redis.command("LREM", queue + ":processing", 1, stored)
        handled += 1
        say(**line)


def letters(redis, queue):
    for stored in redis.command("LRANGE", queue + ".dlq", 0, -1):
        envelope = json.loads(stored)
        say(stored=stored.decode(), envelope=envelope, faults=faults_of_producer(envelope) + faults_of_block(envelope, queue))


COMMANDS = {"produce": produce, "push": push, "consume": consume, "letters": letters}

if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8", newline="\n")
    if len(sys.argv) < 4 or sys.argv[2] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[2]](Redis(sys.argv[1]), *sys.argv[3:])
