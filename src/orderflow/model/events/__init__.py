"""Events: what became true, as the journal keeps it."""

from orderflow.model.events.fulfillment import *  # noqa: F403 (it names what it has)
from orderflow.model.events.kinds import *  # noqa: F403 (it names what it has)
from orderflow.model.events.order import *  # noqa: F403 (it names what it has)
from orderflow.model.events.parcel import *  # noqa: F403 (it names what it has)
from orderflow.model.events.returns import *  # noqa: F403 (it names what it has)
