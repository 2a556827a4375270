"""The doctor: checks of the promises, and repairs by today's rules."""

from typing import TYPE_CHECKING

from orderflow.engine.doctor.doctor import *  # noqa: F403 (it names what it has)
from orderflow.renamed import old_names

if not TYPE_CHECKING:  # a type checker sees only the new names
    __getattr__ = old_names(__name__)
