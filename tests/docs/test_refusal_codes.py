"""The page of refusals lists every code that the library can give, and no other."""

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "refusals.md"


def codes() -> Iterator[str]:
    """The literal code of each `Refusal(…)`, `….refuse(…)` and `known(…)` in the source."""
    for path in sorted((ROOT / "src" / "orderflow").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case (
                    ast.Call(
                        func=ast.Name("Refusal") | ast.Attribute(attr="refuse" | "Refusal"),
                        args=[ast.Constant(str(code)), *_],
                    )
                    | ast.Call(func=ast.Name("known"), args=[_, ast.Constant(str(code)), *_])
                ):
                    yield code


def test_the_page_lists_exactly_the_codes_of_the_source() -> None:
    listed = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == sorted(set(codes()))
