"""The command line (extra ``cli``): ``orderflow run``, ``show``, ``explain`` and others."""

from __future__ import annotations

import sys
from io import TextIOWrapper

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit code 0 done, 1 orders in trouble, 2 bad usage or input."""
    try:
        from orderflow.cli.app import app  # noqa: PLC0415 (an extra, loaded on demand)
    except ImportError as error:
        print(f"orderflow needs its extra: pip install 'orderflow[cli]' ({error})", file=sys.stderr)
        raise SystemExit(2) from None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # characters that the stream lacks are escaped
            stream.reconfigure(errors="backslashreplace")
    app()
