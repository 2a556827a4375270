"""The doctor: looks at everything that is stored, and says what is off and what mends it."""

from orderflow.engine.doctor.doctor import *  # noqa: F403 (it names what it has)
