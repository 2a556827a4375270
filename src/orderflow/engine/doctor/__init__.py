"""The doctor, the checks that it makes, and what brings stored work in line with the rules."""

from orderflow.engine.doctor.doctor import *  # noqa: F403 (it names what it has)
