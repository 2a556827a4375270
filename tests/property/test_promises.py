"""The promises hold through random lives; every step is checked."""

from __future__ import annotations

from tests.property.lives import Lives

TestLives = Lives.TestCase
