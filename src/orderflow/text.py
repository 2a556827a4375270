"""Text for people: without control characters and passwords."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

__all__ = [
    "UNSAFE",
    "first_of",
    "legible",
    "legible_log",
    "shortened",
    "shown",
    "without_passwords",
]

UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that steer a terminal, end a line invisibly, reverse text, or are invalid.

Tabs and line feeds are not among them.
"""
_RUN = re.compile(f"{UNSAFE.pattern}+")
_IN_ADDRESS = re.compile(r"(//[^\s:/@?#]{0,300}:)\S{0,1000}@")
_IN_DATABASES = re.compile(
    r"((?:sqlite|postgres|mysql|mariadb|oracle|mssql)\w{0,30}(?:\+\w{1,30})?://[^\s:/@?#]{0,300}:)[^\n]{0,1000}@"
)
"""A database's URL may have a password with spaces."""
_NAMED = re.compile(
    r"((?:password|passwd|pwd|secret|token)\s*=\s*)('[^']*'|[^\s&'\";]+)", re.IGNORECASE
)


def legible(text: str) -> str:
    r"""*text* with characters that may do harm when shown spelled out.

    >>> print(legible("\x1b[2Jwiped\x9b out\u2028"))
    \x1b[2Jwiped\x9b out\u2028
    """
    return _RUN.sub(lambda found: ascii(found[0])[1:-1], text)


_TOLD = 4_000
"""Characters of a shown text, at most."""


def shortened(text: str, most: int = _TOLD) -> str:
    """*text*; if it is longer than *most*, its beginning and its end.

    >>> shortened("x" * 5 + "y" * 9, 8)
    'xxxxxy… (6 characters left out) …yy'
    """
    if len(text) <= most:
        return text
    end = most // 4
    left_out = f"… ({len(text) - most} characters left out) …"
    return f"{text[: most - end]}{left_out}{text[-end:]}"


_LONGEST = 300


def shown(value: object) -> str:
    """A value for people, shortened."""
    if isinstance(value, list | tuple | dict) and _is_large(value):
        return f"a {type(value).__name__} of {len(value)}"
    try:
        text = repr(value)
    except Exception:  # a number with many digits, nested lists, a class that fails
        return f"a {type(value).__name__} that is too large to show"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _is_large(value: object) -> bool:
    """Whether it contains, at any depth, more than a person would read."""
    within, left = [value], _LONGEST
    while within:
        one = within.pop()
        if isinstance(one, list | tuple | dict):
            left -= len(one)
            if left < 0:
                return True
            within += one.values() if isinstance(one, dict) else one
        elif isinstance(one, int) and one.bit_length() > _LONGEST:
            return True
    return False


_READ = 20


def first_of(names: Sequence[str]) -> str:
    """The first names of many, and the number of the others.

    >>> first_of(["1", "2"])
    '1, 2'
    """
    more = f" and {len(names) - _READ} more" if len(names) > _READ else ""
    return ", ".join(names[:_READ]) + more


def without_passwords(text: str) -> str:
    """*text* with the passwords of addresses in it replaced by ``***``.

    >>> without_passwords("cannot open postgresql://ana:sesame@db/shop?sslpassword=open")
    'cannot open postgresql://ana:***@db/shop?sslpassword=***'
    """
    for address in (_IN_DATABASES, _IN_ADDRESS):
        text = address.sub(r"\1***@", text)
    return _NAMED.sub(r"\1***", text)


class _Legible(logging.Filter):
    """Makes log records legible, with their tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_passwords(legible(record.getMessage())), ()
        if record.exc_info:
            told = logging.Formatter().formatException(record.exc_info)
            record.exc_text = without_passwords(legible(told))
        return True


def legible_log(name: str = "orderflow") -> logging.Logger:
    """The log of this name, with legible records."""
    log = logging.getLogger(name)
    if not any(isinstance(known, _Legible) for known in log.filters):
        log.addFilter(_Legible())
    return log
