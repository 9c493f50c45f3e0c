"""Faults put in on purpose: errors, lost connections and delays, repeatable by seed."""

import random
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from simulator.rules import Json

KINDS = (
    "status",
    "too_many",
    "reset_before",
    "reset_after",
    "delay",
    "latency",
    "html",
    "hang",
)
DESCRIPTIONS = {
    400: "Bad Request: injected fault",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble and its details."""

    kind: str
    code: int = 500
    description: str = ""
    retry_after: int = 1
    seconds: float = 0.0

    def words(self) -> str:
        """What the answer says."""
        if self.kind == "too_many":
            return f"Too Many Requests: retry after {self.retry_after}"
        return self.description or DESCRIPTIONS.get(self.code, "Internal Server Error")


@dataclass(slots=True)
class Plan:
    """What one request has to go through."""

    before: float = 0.0
    after: float = 0.0
    fault: Fault | None = None


CALM = Plan()


@dataclass(slots=True)
class _Rule:
    pattern: str
    fault: Fault
    probability: float


@dataclass(slots=True)
class _Shot:
    pattern: str
    fault: Fault
    left: int


@dataclass
class Faults:
    """Rules with a probability and one-shot faults, by method pattern ("send*", "webhook")."""

    seed: int = 0
    latency: float = 0.0  # seconds of every round trip, half before and half after the effect
    injected: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._rules: list[_Rule] = []
        self._shots: deque[_Shot] = deque()

    def next(self, pattern: str, kind: str, times: int = 1, **details: Any) -> None:
        """The next `times` requests that match go wrong; queued faults come in order."""
        self._shots.append(_Shot(pattern, _fault(kind, details), times))

    def set(self, pattern: str, kind: str, probability: float = 1.0, **details: Any) -> None:
        """From now on matching requests go wrong with this probability."""
        self._rules.append(_Rule(pattern, _fault(kind, details), probability))

    def clear(self) -> None:
        """No more faults; the counts stay."""
        self.latency = 0.0
        self._rules.clear()
        self._shots.clear()

    def apply(self, wish: Json) -> None:
        """Faults as a bench in another process asks for them.

        {"clear": true, "seed": 7, "latency": 0.1,
         "rules": [{"method": "send*", "kind": "status", "probability": 0.1, "code": 502}],
         "next": [{"method": "sendMessage", "kind": "too_many", "times": 2, "retry_after": 3}]}
        """
        if wish.get("clear"):
            self.clear()
        if "seed" in wish:
            self._random = random.Random(int(wish["seed"]))
        if "latency" in wish:
            self.latency = float(wish["latency"])
        for rule in wish.get("rules", []):
            self.set(rule.pop("method", "*"), rule.pop("kind"), **rule)
        for shot in wish.get("next", []):
            self.next(shot.pop("method", "*"), shot.pop("kind"), **shot)

    def plan(self, method: str) -> Plan:
        """What happens to this request."""
        if not self.latency and not self._rules and not self._shots:
            return CALM
        plan = Plan(self.latency / 2, self.latency / 2)
        shot = next((s for s in self._shots if fnmatchcase(method, s.pattern)), None)
        if shot is not None:
            shot.left -= 1
            if shot.left <= 0:
                self._shots.remove(shot)
            self._add(plan, shot.fault)
        for rule in self._rules:
            matches = fnmatchcase(method, rule.pattern)
            if matches and self._random.random() < rule.probability:
                self._add(plan, rule.fault)
        return plan

    def _add(self, plan: Plan, fault: Fault) -> None:
        if fault.kind == "latency":
            plan.before += fault.seconds / 2
            plan.after += fault.seconds / 2
            return
        if fault.kind == "delay":
            plan.before += fault.seconds
        elif plan.fault is None:
            plan.fault = fault
        else:
            return
        self.injected[fault.kind] = self.injected.get(fault.kind, 0) + 1


def _fault(kind: str, details: dict[str, Any]) -> Fault:
    if kind not in KINDS:
        raise ValueError(f"unknown fault {kind!r}; known are {', '.join(KINDS)}")
    return Fault(kind, **details)
