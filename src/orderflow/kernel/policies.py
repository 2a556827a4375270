"""The former place of the policies: import them from :mod:`orderflow.policies`."""

from orderflow.kernel.decision.policies import *  # noqa: F403 (it names what it has)
