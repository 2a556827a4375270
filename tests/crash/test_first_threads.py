"""Threads that are the first to read what is stored, all at once, in a process that just began."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import attrs

from orderflow.stores.codec import _decode
from tests.forked import started

THREADS = 8
TIMES = 100
WIDTH = 12


def read_at_once() -> None:
    """Have threads read a class that nobody read before, again and again.

    Its fields are of classes of its own, which takes a while to find out.
    """
    sys.setswitchinterval(1e-6)
    for _ in range(TIMES):
        inner = attrs.make_class("Inner", {f"n{n}": attrs.field(type=int) for n in range(WIDTH)})
        outer = attrs.make_class("Outer", {f"i{n}": attrs.field(type=inner) for n in range(WIDTH)})
        text = repr({f"i{n}": {f"n{n}": n for n in range(WIDTH)} for n in range(WIDTH)})
        wanted = outer(*[inner(*range(WIDTH)) for _ in range(WIDTH)])
        together = Barrier(THREADS)

        def read(
            together: Barrier = together, kind: type = outer, text: str = text.replace("'", '"')
        ) -> object:
            together.wait(30)
            found: object = _decode(kind, text)
            return found

        with ThreadPoolExecutor(THREADS) as threads:
            reads = [threads.submit(read) for _ in range(THREADS)]
        assert [each.result() for each in reads] == [wanted] * THREADS


def test_the_first_threads_of_a_process_read_what_is_stored() -> None:
    """A class that is half built when a second thread meets it would end the process."""
    process = started(read_at_once)
    process.join(120)
    assert process.exitcode == 0
