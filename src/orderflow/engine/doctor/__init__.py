"""The doctor, the checks that it makes, and what brings stored work in line with the rules."""

from typing import TYPE_CHECKING

from orderflow.engine.doctor.doctor import *  # noqa: F403 (it names what it has)
from orderflow.renamed import old_names

if not TYPE_CHECKING:  # a type checker knows the new names alone
    __getattr__ = old_names(__name__)
