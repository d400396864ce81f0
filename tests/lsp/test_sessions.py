"""What no editor sends: the server says so or goes on, and ends when its input does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.batch_normalization(x, training=True)
op = tf.train.AdamOptimizer().minimize(tf.reduce_mean(h))
"""
URI = "file:///no%20such%20folder/a.py"


def framed(text: str | bytes) -> bytes:
    body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def message(method: str, number: int | None = None, **params: object) -> bytes:
    head = {"jsonrpc": "2.0", "method": method} | ({} if number is None else {"id": number})
    return framed(json.dumps(head | {"params": params}))


START = message("initialize", 0, capabilities={}, rootUri=None, processId=None) + message(
    "initialized"
)
OPEN = message(
    "textDocument/didOpen",
    textDocument={"uri": URI, "languageId": "python", "version": 1, "text": PROGRAM},
)
HOVER = message(
    "textDocument/hover",
    5,
    textDocument={"uri": URI},
    position={"line": 3, "character": 6},
)
END = framed('{"jsonrpc": "2.0", "id": 9, "method": "shutdown"}') + framed(
    '{"jsonrpc": "2.0", "method": "exit"}'
)

SESSIONS = {
    "nothing": b"",
    "bytes": bytes(range(256)) * 20,
    "no length": b"A: b\r\n\r\n{}",
    "a length below zero": b"Content-Length: -5\r\n\r\n{}",
    "cut off": START + OPEN + b"Content-Length: 500\r\n\r\n{",
    "no end": START + OPEN,
    "usual": START + OPEN + HOVER + END,
    "no JSON": START + framed("{{{") + OPEN + HOVER + END,
    "deep JSON": START + framed("[" * 100_000) + OPEN + HOVER + END,
    "not UTF-8": START + framed(b'"\xff\xfe"') + OPEN + HOVER + END,
    "no messages": START + b"".join(map(framed, ("[]", "null", "3", "{}"))) + OPEN + HOVER + END,
    "digits": START + framed('{"jsonrpc": "2.0", "id": %s}' % ("9" * 5_000)) + OPEN + HOVER + END,
}


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
def test_the_server_ends_as_it_should(session: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bnlint", "server"],
        input=session,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"bnlint: " not in done.stderr
    assert b"bnlint/cli" not in done.stderr
    if session.endswith(HOVER + END):
        assert b'"id": 5' in done.stdout
        assert b'"id": 9' in done.stdout
