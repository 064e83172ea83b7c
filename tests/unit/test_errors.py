"""The tree of errors is what its module says it is, and crosses process boundaries whole."""

from __future__ import annotations

import copy
import pickle
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from understudy import errors
from understudy.errors import (
    RowError,
    TeacherReplyError,
    TranscriptError,
    UnderstudyError,
    WriteError,
)

ARGUMENTS = {
    TranscriptError: ("dQw4w9WgXcQ", "rate_limited", "429 Too Many Requests"),
    TeacherReplyError: ("dQw4w9WgXcQ:q07", "not_json", "Sure! Here are"),
    RowError: ("data/pairs.jsonl", 12, "no Answer: answer: Field required"),
    WriteError: ("data/demo/videos.jsonl", "No space left on device"),
}
"""For classes that take more than a message; a new one is added here."""


def tree(cls=UnderstudyError):
    yield cls
    for child in cls.__subclasses__():
        yield from tree(child)


CLASSES = [cls for cls in tree() if cls.__module__ == errors.__name__]


def example(cls):
    """An instance as the code raises it."""
    for ancestor in cls.__mro__:
        if ancestor in ARGUMENTS:
            return cls(*ARGUMENTS[ancestor])
    return cls("the base models/none has no tokenizer: copy tokenizer.json into it")


def raise_it(error):
    raise error


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling_with_all_it_carries(cls, protocol):
    error = example(cls)

    back = pickle.loads(pickle.dumps(error, protocol))

    assert type(back) is cls
    assert str(back) == str(error)
    assert vars(back) == vars(error)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_survives_copying(cls):
    error = example(cls)

    assert vars(copy.copy(error)) == vars(error)


def test_an_error_comes_back_from_another_process():
    error = example(TeacherReplyError)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        back = pool.submit(raise_it, error).exception(timeout=60)

    assert type(back) is TeacherReplyError
    assert vars(back) == vars(error)


def drawn():
    """(name, depth) of each class in the module docstring's tree, in order."""
    for line in errors.__doc__.splitlines():
        if bullet := re.match(r"( *)[*-] (\w+Error)\b", line):
            yield bullet[2], len(bullet[1]) // 2


def test_the_tree_in_the_docstring_is_the_tree_of_the_code():
    def real(cls=UnderstudyError, depth=0):
        yield cls.__name__, depth
        for child in cls.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from real(child, depth + 1)

    assert list(drawn()) == list(real())


def test_only_what_passes_by_itself_is_retryable():
    assert {cls.__name__ for cls in CLASSES if cls.retryable} == {
        "SourceThrottledError",
        "SourceUnreachableError",
        "TeacherBusyError",
    }


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_has_a_sentence_of_its_own(cls):
    assert cls.__doc__
    assert cls is UnderstudyError or cls.__doc__ != cls.__base__.__doc__


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            errors.SourceThrottledError("dQw4w9WgXcQ", "ip_blocked"),
            "dQw4w9WgXcQ: ip blocked",
        ),
        (
            errors.TranscriptUnavailableError("-a", "no_captions", "nobody wrote any"),
            "-a: no captions (nobody wrote any)",
        ),
        (
            errors.TeacherReplyError("a:q01", "not_json", "x" * 200),
            f"a:q01: the teacher's reply is unusable, not_json: {'x' * 80!r}",
        ),
        (errors.RowError("a.jsonl", 3, "not UTF-8"), "a.jsonl, line 3: not UTF-8"),
    ],
)
def test_a_message_names_the_item_and_the_cause(error, message):
    assert str(error) == message


def test_a_refused_write_says_what_is_safe_and_what_to_do():
    message = str(WriteError("data/a.json", "No space left on device"))

    assert "cannot write data/a.json: No space left on device" in message
    assert "Nothing was changed" in message
    assert "run the same command again" in message


def test_an_untrusted_excerpt_cannot_forge_a_line_of_output():
    message = str(TeacherReplyError("a:q01", "not_json", "ok\nerror: pay here\x1b[2J"))

    assert "\n" not in message
    assert "\x1b" not in message


def test_a_message_can_be_printed_whatever_was_typed():
    error = errors.ConfigError("no setting 'train.\udcff'")

    assert str(error).encode() == b"no setting 'train.\\udcff'"
