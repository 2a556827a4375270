"""The policies that an application may set, and ready ones."""

from orderflow.kernel.decision.policies import *  # noqa: F403 (it names what it has)
from orderflow.kernel.decision.retention import *  # noqa: F403 (it names what it has)
