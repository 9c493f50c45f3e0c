"""A local Bot API server with Telegram's rules, for the demo, the tests and the benches."""

from simulator.faults import Faults
from simulator.limits import Limits
from simulator.person import Group, Person
from simulator.server import Simulator

__all__ = ["Faults", "Group", "Limits", "Person", "Simulator"]
