"""What a server may answer that was written, or broken, by somebody else: every behaviour by its name, in one table.

`HEADS` and `BODIES` may come to any request, `MESSAGES` to a question, `PROBABILITIES` where a label's probability is
asked for.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Mapping
from typing import Any

from tests.support.hostile_server import ELSEWHERE, KEY, SLOW, Script, endless, once, reply, said, value

THERE = ELSEWHERE.decode()
Behaviour = tuple[str, Script]
"""What the client makes of it, and what is sent.

To a question: `read` or `unread` (a reply with an answer in it, or without), `empty`, `rejected` (the request is taken
for wrong), `forbidden` or `redirect` (nobody is let in), or the last kind of failure; where a label's probability is
asked for, the reason why there is none begins so.
"""


def token(text: Any, logprob: Any) -> dict[str, Any]:
    """A token that might have been taken."""
    return {"token": text, "logprob": logprob}


def listing(*alternatives: dict[str, Any]) -> bytes:
    """A reply of one token with what else it might have been."""
    taken = alternatives[0] if alternatives else {"token": "SNEG"}
    return said({"content": "SNEG"}, logprobs={"content": [{**taken, "top_logprobs": list(alternatives)}]})


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DEEP = b"[" * 200_000
HEADS: Mapping[str, Behaviour] = {
    "garbage instead of a status line": ("lost", once(b"SSH-2.0-OpenSSH_9.6\r\n")),
    "nothing at all": ("lost", once(b"")),
    "binary noise": ("lost", once(bytes(range(256)) * 40)),
    "empty lines": ("lost", once(b"\r\n" * 50)),
    "empty lines without end": ("lost", endless(b"", b"\r\n" * 1000)),
    "another protocol version": ("empty", once(b"HTTP/9.9 200 OK\r\n\r\n{}")),
    "an old protocol version": ("empty", once(b"HTTP/0.9 200 OK\r\n\r\n{}")),
    "status 999": ("error", once(reply(b"{}", "999 Odd"))),
    "status 0": ("lost", once(reply(b"{}", "000 None"))),
    "no status number": ("lost", once(b"HTTP/1.1 OK\r\n\r\n{}")),
    "a negative status": ("lost", once(b"HTTP/1.1 -200 OK\r\n\r\n{}")),
    "a status of many digits": ("lost", once(b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n{}")),
    "a status line of a megabyte": ("lost", once(b"HTTP/1.1 200 " + b"x" * 1_000_000 + b"\r\n\r\n{}")),
    "a hundred and one headers": ("empty", once(reply(b"{}", "200 OK", *(f"X-{i}: 1" for i in range(101))))),
    "headers without end": ("lost", endless(HEAD, b"X: 1\r\n" * 100)),
    "a header of 70 kB": ("empty", once(reply(b"{}", "200 OK", "X: " + "x" * 70_000))),
    "a header without a colon": ("lost", once(reply(b"{}", "200 OK", "nonsense"))),
    "a header with NUL": ("lost", once(reply(b"{}", "200 OK", "X: a\0b"))),
    "a header that goes on": ("empty", once(reply(b"{}", "200 OK", "X: a", "  folded"))),
    "a header that is no text": ("empty", once(HEAD + b"X: \xff\xfe\r\n\r\n{}")),
    "slow headers": ("slow", endless(HEAD, b"X: 1\r\n", SLOW)),
    "a slow status line": ("slow", endless(b"", b"H", SLOW)),
    "continue without end": ("slow", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001)),
    "two lengths": ("lost", once(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")),
    "a negative length": ("lost", once(HEAD + b"Content-Length: -5\r\n\r\n{}")),
    "a length in words": ("lost", once(HEAD + b"Content-Length: two\r\n\r\n{}")),
    "a length too long for a number": ("lost", once(HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}")),
    "less than was promised": ("lost", once(HEAD + b"Content-Length: 99\r\n\r\n{}")),
    "no length, and the end": ("empty", once(HEAD + b"\r\n{}")),
    "an unknown transfer encoding": ("lost", once(HEAD + b"Transfer-Encoding: magic\r\n\r\n{}")),
    "a chunk of no size": ("lost", once(CHUNKED + b"zz\r\n{}\r\n")),
    "a chunk of a negative size": ("lost", once(CHUNKED + b"-1\r\n{}\r\n")),
    "a chunk size of many digits": ("lost", once(CHUNKED + b"f" * 5000 + b"\r\n{}\r\n")),
    "chunks without end": ("malformed", endless(CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n")),
    "no content": ("malformed", once(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "not modified": ("redirect", once(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
    "an upgrade": ("lost", once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}")),
    "a moved permanently": ("redirect", once(reply(b"", "301 Moved", f"Location: {THERE}"))),
    "a found": ("redirect", once(reply(b"", "302 Found", f"Location: {THERE}"))),
    "a see other": ("redirect", once(reply(b"", "303 See Other", f"Location: {THERE}"))),
    "a temporary redirect": ("redirect", once(reply(b"", "307 Temporary", f"Location: {THERE}"))),
    "a permanent redirect": ("redirect", once(reply(b"", "308 Permanent", f"Location: {THERE}"))),
    "a redirect to a file": ("redirect", once(reply(b"", "302 Found", "Location: file:///etc/passwd"))),
    "a redirect to itself": ("redirect", once(reply(b"", "302 Found", "Location: /v1/models"))),
    "a redirect to nowhere": ("redirect", once(reply(b"", "302 Found"))),
    "a redirect to a broken address": ("redirect", once(reply(b"", "302 Found", "Location: http://[::1"))),
    "a redirect with half characters": (
        "redirect",
        once(b"HTTP/1.1 302 F\r\nLocation: http://\xff\xed\xa0\x80/\r\n\r\n"),
    ),
    "a gzip bomb": (
        "malformed",
        lambda: iter([reply(gzip.compress(b" " * 20_000_000), "200 OK", "Content-Encoding: gzip")]),
    ),
    "an unknown content encoding": ("malformed", once(reply(b"{}", "200 OK", "Content-Encoding: x-odd"))),
    "torn gzip": ("malformed", once(reply(gzip.compress(b"{}")[:9], "200 OK", "Content-Encoding: gzip"))),
    "an older protocol, and the end": ("empty", once(b"HTTP/1.0 200 OK\r\n\r\n{}")),
    "line ends of one character": ("empty", once(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}")),
    "a head, and the end": ("lost", once(HEAD)),
    "a length, and chunks too": ("empty", once(CHUNKED[:-2] + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
    "two replies to one request": (
        "empty",
        once(reply(b"{}") + reply(b'{"choices": [{"message": {"content": "x"}}]}')),
    ),
    "early hints without end": (
        "malformed",
        endless(b"", b"HTTP/1.1 103 Hints\r\nLink: <" + ELSEWHERE + b">\r\n\r\n", 0.001),
    ),
    "a chunk with an extension of a megabyte": (
        "lost",
        once(CHUNKED + b"2;x=" + b"y" * 1_000_000 + b"\r\n{}\r\n0\r\n\r\n"),
    ),
    "trailers without end": ("lost", endless(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: 1\r\n" * 100)),
    "slow chunks": ("slow", endless(CHUNKED, b"1\r\n \r\n", SLOW)),
    "a cookie": ("empty", once(reply(b"{}", "200 OK", "Set-Cookie: taken=1; Path=/"))),
    "a thousand cookies": (
        "empty",
        once(reply(b"{}", "200 OK", *(f"Set-Cookie: c{i}=1; Domain=.0.0.1" for i in range(1000)))),
    ),
    "a name and a password wanted": ("forbidden", once(reply(b"", "401 No", "WWW-Authenticate: Basic realm=x"))),
    "a digest wanted": ("forbidden", once(reply(b"", "401 No", 'WWW-Authenticate: Digest realm="x", nonce="y"'))),
    "a proxy's password wanted": ("rejected", once(reply(b"", "407 Proxy", "Proxy-Authenticate: Basic realm=x"))),
    "another service named": (
        "empty",
        once(reply(b"{}", "200 OK", f'Alt-Svc: h2="{THERE[7:]}"', f"Refresh: 0;url={THERE}")),
    ),
    "several choices of address": ("redirect", once(reply(b"", "300 Many", f"Location: {THERE}"))),
    "a proxy to be used": ("redirect", once(reply(b"", "305 Use Proxy", f"Location: {THERE}"))),
    "a redirect with a name and a password": (
        "redirect",
        once(reply(b"", "302 F", "Location: http://me:secret@127.0.0.1:9/")),
    ),
    "a redirect to another protocol": ("redirect", once(reply(b"", "302 Found", "Location: gopher://127.0.0.1:70/x"))),
    "a part of a reply": ("empty", once(reply(b"{}", "206 Partial", "Content-Range: bytes 0-1/99"))),
    "a deflate bomb": (
        "malformed",
        lambda: iter([reply(zlib.compress(b" " * 20_000_000), "200 OK", "Content-Encoding: deflate")]),
    ),
}
BODIES: Mapping[str, Behaviour] = {
    "a web page": ("malformed", once(reply(b"<html><body>It works!</body></html>", kind="text/html"))),
    "an empty body": ("malformed", once(reply(b""))),
    "null": ("malformed", once(reply(b"null"))),
    "a number": ("malformed", once(reply(b"5"))),
    "a list": ("malformed", once(reply(b"[1]"))),
    "a string": ("malformed", once(reply(b'"x"'))),
    "deep lists": ("malformed", once(reply(DEEP + b"]" * len(DEEP)))),
    "deep lists left open": ("malformed", once(reply(DEEP))),
    "deep objects": ("malformed", once(reply(b'{"a":' * 100_000 + b"1" + b"}" * 100_000))),
    "deep data": (
        "malformed",
        once(reply(b'{"data":' + b"[" * 900 + b"]" * 900 + b',"choices":' + b"[" * 900 + b"]" * 900 + b"}")),
    ),
    "half an object": ("malformed", once(reply(b'{"data": ['))),
    "NaN": ("empty", once(reply(b'{"data": NaN, "choices": [NaN]}'))),
    "a number of 5000 digits": ("malformed", once(reply(b'{"data": [' + b"9" * 5000 + b"]}"))),
    "infinity": ("empty", once(reply(b'{"data": [1e999], "choices": [{"message": 1e999}]}'))),
    "half characters": ("error", once(reply(b'{"data": [{"id": "\\ud800"}], "error": "\\udfff"}'))),
    "bytes that are no text": ("malformed", once(reply(b'{"data": [{"id": "\xff\xfe"}]}'))),
    "UTF-16": ("empty", once(reply('{"data": [{"id": "x"}]}'.encode("utf-16")))),
    "a byte order mark": ("empty", once(reply(b'\xef\xbb\xbf{"data": []}'))),
    "NUL bytes": ("malformed", once(reply(b"\0" * 1000))),
    "a body without end": ("malformed", endless(HEAD + b"\r\n", b" " * 65_536)),
    "a body of 30 MB": ("malformed", once(reply(b" " * 30_000_000))),
    "a slow body": ("slow", endless(HEAD + b"Content-Length: 9999\r\n\r\n", b" ", SLOW)),
    "events without end": ("malformed", endless(HEAD + b"\r\n", b'data: {"choices": []}\n\n' * 500)),
    "events that are no JSON": ("malformed", once(reply(b"data: hello\n\ndata: [DONE]\n\n", kind="text/event-stream"))),
    "events that are deep": ("malformed", once(reply(b"data: " + DEEP + b"\n\n", kind="text/event-stream"))),
    "events that are numbers": ("malformed", once(reply(b"data: 5\n\n", kind="text/event-stream"))),
    "events of odd forms": ("malformed", once(reply(b'data: {"choices": [{"delta": 5}]}\n\ndata: {"choices": 7}\n\n'))),
    "an end of events and nothing else": ("malformed", once(reply(b"data: [DONE]\n\n", kind="text/event-stream"))),
    "data that is a number": ("empty", once(value({"data": 5, "choices": 5}))),
    "data of odd entries": (
        "empty",
        once(value({"data": [5, None, "x", {}, {"id": None}, {"id": []}], "choices": [5]})),
    ),
    "an id that is a list": ("empty", once(value({"data": [{"id": ["x"], "owned_by": {"a": 1}, "root": [1]}]}))),
    "an id of a megabyte": ("empty", once(value({"data": [{"id": "x" * 1_000_000}]}))),
    "an id of control characters": ("empty", once(value({"data": [{"id": "a\x1b[2J\nerror: b"}, {"id": "c"}]}))),
    "30,000 models": ("empty", once(value({"data": [{"id": f"m{i}"} for i in range(30_000)]}))),
    "500 and a web page": ("error", once(reply(b"<html>" * 300_000, "500 Oops", kind="text/html"))),
    "400 and deep lists": ("rejected", once(reply(DEEP, "400 Bad"))),
    "400 and half characters": (
        "rejected",
        once(reply(b'{"error": {"message": "\\ud800", "code": "\\udfff"}}', "400 Bad")),
    ),
    "400 and an error of an odd form": ("rejected", once(value({"error": [1, {"a": None}]}, "400 Bad"))),
    "400 and control characters": (
        "rejected",
        once(value({"error": {"message": "a\x1b[2J\r\n\r\nerror: b"}}, "400 Bad")),
    ),
    "401": ("forbidden", once(value({"error": "no"}, "401 Unauthorized"))),
    "402": ("rejected", once(value({"error": "pay"}, "402 Payment Required"))),
    "404": ("forbidden", once(reply(b"", "404 Not Found"))),
    "418": ("rejected", once(reply(b"", "418 Teapot"))),
    "451": ("rejected", once(reply(b"", "451 Unavailable"))),
    "503 until a date that is none": ("refused", once(reply(b"", "503 Busy", "Retry-After: soon"))),
    "429 for NaN seconds": ("refused", once(reply(b"", "429 Slow", "Retry-After: nan"))),
    "429 for endless seconds": ("refused", once(reply(b"", "429 Slow", "Retry-After: 1e999"))),
    "429 for less than nothing": ("refused", once(reply(b"", "429 Slow", "Retry-After: -5"))),
    "429 for a year": ("refused", once(reply(b"", "429 Slow", "Retry-After: 31536000"))),
    "429 until the year 9999": ("refused", once(reply(b"", "429 Slow", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"))),
    "an error inside 200": ("refused", once(value({"error": {"message": "x", "code": 429}, "choices": None}))),
    "an error of an odd form inside 200": ("error", once(value({"error": [[]], "object": "error"}))),
    "an error with an odd code inside 200": ("error", once(value({"error": {"code": "9" * 400, "message": {"a": 1}}}))),
    "JSON under the name of a picture": ("empty", once(reply(b'{"choices": []}', kind="image/png"))),
    "an odd character set": ("empty", once(reply(b'{"choices": []}', kind="application/json; charset=x-none"))),
    "UTF-32": ("empty", once(reply('{"data": []}'.encode("utf-32")))),
    "a name twice": ("empty", once(reply(b'{"choices": [], "choices": 5, "data": [], "data": 5}'))),
    "JSON, and then more": ("malformed", once(reply(b'{"choices": []} {"choices": []}'))),
    "comments in JSON": ("malformed", once(reply(b'{"choices": [] /* none */}'))),
    "a page that leads elsewhere": (
        "malformed",
        once(reply(b'<meta http-equiv="refresh" content="0;url=' + ELSEWHERE + b'">')),
    ),
    "50,000 names": ("empty", once(value({f"k{i}": i for i in range(50_000)}))),
    "half the bytes of a character": ("malformed", once(reply(b'{"choices": "\xe4\xbd'))),
    "the key comes back in a refusal": ("rejected", once(reply(b'{"error": "no such key: ' + KEY + b'"}', "400 Bad"))),
    "the key comes back in an error": ("error", once(reply(b"{'headers': 'Bearer " + KEY + b"'}", "500 Oops"))),
    "a refusal of grammar": ("rejected", once(value({"error": {"message": "grammar is not supported"}}, "400 Bad"))),
    "a refusal of all but streams": ("rejected", once(value({"error": {"message": "only stream mode"}}, "400 Bad"))),
    "a refusal of so much": (
        "rejected",
        once(value({"error": {"message": "maximum context length is 1 tokens"}}, "400 Bad")),
    ),
    "413": ("rejected", once(reply(b"", "413 Too Large"))),
    "425": ("refused", once(reply(b"", "425 Early"))),
    "429 for milliseconds that are none": (
        "refused",
        once(reply(b"", "429 Slow", "Retry-After-Ms: x", "Retry-After: ")),
    ),
    "500 with the trace of a program": ("error", once(reply(b"Traceback (most recent call last):\n" * 50, "500 Oops"))),
    "503 in a web page": ("refused", once(reply(b"<h1>Bad gateway</h1>", "503 Busy", kind="text/html"))),
    "504": ("error", once(reply(b"", "504 Timeout"))),
    "599": ("error", once(reply(b"", "599 Odd"))),
}
MESSAGES: Mapping[str, Behaviour] = {
    "a message that is a number": ("empty", once(said(5))),
    "a message that is missing": ("empty", once(value({"choices": [{"index": 0}]}))),
    "choices that are an object": ("empty", once(value({"choices": {"0": {}}}))),
    "no choices": ("empty", once(value({"choices": []}))),
    "content that is a number": ("empty", once(said({"content": 5}))),
    "content that is an object": ("empty", once(said({"content": {"text": "x"}}))),
    "content of odd parts": (
        "empty",
        once(said({"content": [5, None, {}, {"type": 5, "text": 7}, {"text": [[["x"]]]}]})),
    ),
    "deep content": (
        "malformed",
        once(reply(b'{"choices":[{"message":{"content":' + b"[" * 900 + b"]" * 900 + b"}}]}")),
    ),
    "content of half characters": (
        "read",
        once(reply(b'{"choices":[{"message":{"content":"<answer>SNEG\\ud800</answer>"},"finish_reason":"stop"}]}')),
    ),
    "8000 answer tags": ("unread", once(said({"content": "<answer>" * 8000}))),
    "a megabyte of answer tags": ("unread", once(said({"content": "<answer>" * 130_000}))),
    "a megabyte of think tags": ("unread", once(said({"content": "</think>" * 130_000}))),
    "a finish reason that is a list": ("empty", once(said({"content": ""}, finish_reason=["stop"]))),
    "a model that is a list": ("unread", once(value({"model": ["x"], "choices": [{"message": {"content": "x"}}]}))),
    "usage of odd forms": (
        "unread",
        once(
            value(
                {
                    "usage": {"prompt_tokens": "x", "completion_tokens": -(10**30)},
                    "choices": [{"message": {"content": "x"}}],
                }
            )
        ),
    ),
    "a refusal": ("empty", once(said({"content": None, "refusal": "I cannot help with that."}))),
    "a tool call": ("empty", once(said({"content": None, "tool_calls": [{"id": "1"}]}))),
    "a reply that was filtered": ("empty", once(said({"content": ""}, finish_reason="content_filter"))),
    "the key comes back as an answer": (
        "unread",
        once(reply(b'{"choices":[{"message":{"content":"key ' + KEY + b'"}}]}')),
    ),
    "reasoning and nothing else": ("unread", once(said({"content": None, "reasoning_content": "I wonder."}))),
    "the answer inside the reasoning": (
        "read",
        once(said({"content": "", "reasoning": "x</think><answer>WPOS</answer>"})),
    ),
    "an old call of a function": (
        "empty",
        once(said({"content": "", "function_call": {"name": "f", "arguments": "{"}})),
    ),
    "a tool call of a megabyte": (
        "empty",
        once(said({"content": None, "tool_calls": [{"arguments": "x" * 1_000_000}]})),
    ),
    "a reply in sound": ("empty", once(said({"content": None, "audio": {"data": "UklGRg==", "transcript": "glad"}}))),
    "a user that speaks": ("read", once(said({"role": "user", "content": "<answer>WPOS</answer>"}))),
    "10,000 choices": ("unread", once(value({"choices": [{"message": {"content": "x"}}] * 10_000}))),
    "control characters": ("read", once(said({"content": "\x1b[2J\x07\0<answer>WPOS</answer>\u202e"}))),
    "an answer in wide letters": (
        "read",
        once(said({"content": "<think>x</think><answer>\uff37\uff30\uff2f\uff33</answer>"})),
    ),
    "an answer of every label": ("unread", once(said({"content": "<answer>SNEG, WNEG, NEUT, WPOS, SPOS</answer>"}))),
    "an answer of no label": ("unread", once(said({"content": "<answer>banana</answer>"}))),
    "a reply that was cut": ("unread", once(said({"content": "<think>it goes on"}, finish_reason="length"))),
    "reasoning of a megabyte": (
        "read",
        once(said({"content": "<think>" + "so " * 350_000 + "</think><answer>WPOS</answer>"})),
    ),
    "a picture from elsewhere": ("read", once(said({"content": f"![x]({THERE}/x.png) <answer>WPOS</answer>"}))),
    "an error in a choice": ("empty", once(value({"choices": [{"error": {"code": 500}, "message": {"content": ""}}]}))),
    "a stream that breaks off": (
        "malformed",
        once(reply(b'data: {"choices": [{"delta": {"content": "<think>x"}}]}\n\ndata: {"cho')),
    ),
    "a stream with an error at its end": (
        "unread",
        once(reply(b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: {"error": {"message": "gone"}}\n\n')),
    ),
}
PROBABILITIES: Mapping[str, Behaviour] = {
    "probabilities of NaN": ("not to be believed", once(listing(token("SNEG", math.nan)))),
    "probabilities of infinity": ("not to be believed", once(listing(token("SNEG", math.inf)))),
    "a probability above one": ("not to be believed", once(listing(token("SNEG", 3.0)))),
    "probabilities that sum to two": ("not to be believed", once(listing(token("SNEG", -0.01), token("SPOS", -0.01)))),
    "probabilities of other words": (
        "the server does not keep",
        once(listing(token("banana", -0.1), token("apple", -3.0))),
    ),
    "probabilities in words": ("the tokens it lists cover", once(listing(token("SNEG", "-0.1")))),
    "probabilities that are true": ("the tokens it lists cover", once(listing(token("SNEG", True)))),
    "probabilities that are missing": ("the tokens it lists cover", once(listing({"token": "SNEG"}))),
    "tokens that are missing": ("the tokens it lists cover", once(listing({"logprob": -0.1}))),
    "tokens that are empty": ("the tokens it lists cover", once(listing(token("", -0.1)))),
    "tokens that are numbers": ("the tokens it lists cover", once(listing(token(5, -0.1)))),
    "tokens of half characters": ("the server does not keep", once(listing(token("\ud83d", -0.1)))),
    "masked tokens alone": ("the tokens it lists cover", once(listing(token("SNEG", -9999.0), token("SPOS", -9999.0)))),
    "one token a thousand times": ("the tokens it lists cover", once(listing(*[token("SNEG", -8.0)] * 1000))),
    "a shared beginning without end": ("the server does not keep", once(listing(token("S", -0.001)))),
    "30,000 alternatives": (
        "the tokens it lists cover",
        once(listing(*(token(f"t{i}", -20.0) for i in range(30_000)))),
    ),
    "no alternatives": ("the tokens it lists cover", once(listing())),
    "alternatives that are an object": (
        "the tokens it lists cover",
        once(said({"content": "x"}, logprobs={"content": [{"top_logprobs": {"a": 1}}]})),
    ),
    "log-probabilities that are a list": ("the tokens it lists cover", once(said({"content": "x"}, logprobs=[1]))),
    "content that is null": ("the tokens it lists cover", once(said({"content": "x"}, logprobs={"content": None}))),
    "log-probabilities of 10,000 tokens": (
        "the server does not keep",
        once(
            said({"content": "x"}, logprobs={"content": [{"token": "S", "top_logprobs": [token("S", -0.1)]}] * 10_000})
        ),
    ),
    "log-probabilities of another form": (
        "the tokens it lists cover",
        once(said({"content": "x"}, logprobs={"tokens": ["S"], "token_logprobs": [0]})),
    ),
}
BEHAVIOURS: Mapping[str, Behaviour] = HEADS | BODIES | MESSAGES | PROBABILITIES
