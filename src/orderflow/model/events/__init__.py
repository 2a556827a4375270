"""Events: what became true, as the journal keeps it."""

from orderflow.model.events.fulfilling import *  # noqa: F403 (it names what it has)
from orderflow.model.events.giving_back import *  # noqa: F403 (it names what it has)
from orderflow.model.events.kinds import *  # noqa: F403 (it names what it has)
from orderflow.model.events.order import *  # noqa: F403 (it names what it has)
from orderflow.model.events.parcel import *  # noqa: F403 (it names what it has)
