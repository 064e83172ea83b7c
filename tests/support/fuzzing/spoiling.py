"""Spoils valid input in the ways that files and replies are spoilt, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

ODD: tuple[bytes, ...] = (
    *(b"\0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800"),
    *(b"\r", b"\n\n", b"\x0b\x0c\x1c\x85", b"\xe2\x80\xa8", b"\xe2\x80\x8b", b"\xc2\xad"),
    *(b"null", b"true", b"NaN", b"Infinity", b"-1e999", b"1e400", b"-0", b"9" * 30, b"9" * 5000),
    *(b"[]", b"{}", b'""', b"[[", b"{{", b'{"a":', b"[" * 3000, b'{"a":' * 3000, b"]" * 50),
    *(b"../../etc/passwd", b"..", b"/", b"C:\\x", b"%2e%2e%2f", b"-rf", b"~", b"a" * 300),
    *(b"<script>", b"]]>", b"&#0;", b"&#x110000;", b"&amp;" * 50, b"{{ 7 * 7 }}", b"$(id)"),
    *(b"00:00:00.000 --> 99:59:59.999", b"-->", b"99999:99:99.999 --> 0:0", b"1:02:03"),
    *(b"WEBVTT", b"NOTE", b"STYLE", b"<00:00:01.000><c>", b"```json", b"```", b"<think>"),
    *(b"&x *x", b"<<: *x", b"!!python/object/apply:os.system", b"? [a]\n: b", b"- - - -", b": :"),
    *("\u202e\u2066".encode(), "e\u0301".encode(), "\U0001f9d1\u200d\U0001f33e".encode()),
)
"""What trips readers."""


def spoilt(seeds: Sequence[bytes], draw: random.Random) -> bytes:
    """One of the seeds, changed in one to five places; now and then something else altogether."""
    if draw.random() < 0.02:
        return draw.randbytes(draw.randrange(200))
    made = draw.choice(seeds)
    for _ in range(draw.randint(1, 5)):
        made = draw.choice(_WAYS)(made, seeds, draw)
    return made[:200_000]


def _place(made: bytes, draw: random.Random) -> int:
    return draw.randint(0, len(made))


def _cut(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    return made[: _place(made, draw)]


def _insert(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    at = _place(made, draw)
    return made[:at] + draw.choice(ODD) + made[at:]


def _replace(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    """Put something odd in the place of a word, a number or a sign."""
    at = _place(made, draw)
    return made[:at] + draw.choice(ODD) + made[at + draw.randint(1, 12) :]


def _flip(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    changed = bytearray(made)
    for _unused in range(min(len(changed), draw.randint(1, 8))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _splice(made: bytes, seeds: Sequence[bytes], draw: random.Random) -> bytes:
    other = draw.choice(seeds)
    return made[: _place(made, draw)] + other[_place(other, draw) :]


def _repeat(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    start = _place(made, draw)
    piece = made[start : start + draw.randint(1, 200)]
    return made[:start] + piece * draw.choice((2, 3, 200)) + made[start:]


def _lines(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    lines = made.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines[: draw.randint(1, len(lines))])


def _encode(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    return made.decode("utf-8", "replace").encode(
        draw.choice(("utf-16", "cp1252", "utf-32")), "replace"
    )


def _value(made: bytes, _: Sequence[bytes], draw: random.Random) -> bytes:
    """Put another JSON value in the place of one."""
    at = made.find(b":", _place(made, draw))
    if at < 0:
        return made
    ends = [place for sign in (b",", b"}", b"\n") if (place := made.find(sign, at)) > 0]
    values = (b" null", b" 0", b" -1", b" []", b" {}", b' "x"', b" true", b' [null, {"a": 1}]')
    return made[: at + 1] + draw.choice(values) + made[min(ends, default=len(made)) :]


_WAYS: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    *(_cut, _insert, _replace, _flip, _splice, _repeat, _lines, _encode, _value, _value, _replace),
)
