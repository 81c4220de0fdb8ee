"""The versions of the agreement: one line of them per workspace, whatever their names, each in force from its first day on."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from events.instants import midnight
from projections.definitions.agreement import Agreement


class Version(NamedTuple):
    """An agreement as it was recorded. recorded_at: µs of UTC."""

    agreement: Agreement
    position: int
    recorded_at: int
    actor: str | None = None

    @property
    def begins(self) -> int:
        """µs of UTC: midnight of its first day in the calendar's zone."""
        return midnight(self.agreement.effective_from, self.agreement.calendar.zone)


class Reign(NamedTuple):
    """A version and the time in which it is in force: begins ≤ t < ends (µs of UTC); ends: None for the last one."""

    version: Version
    begins: int
    ends: int | None


def reigns(versions: Iterable[Version]) -> list[Reign]:
    """Which version is in force when: of those begun the one with the latest first day, of several from one day the one recorded last."""
    there = list(versions)
    found: list[tuple[int, Version]] = []
    for begins in sorted({version.begins for version in there}):
        begun = (version for version in there if version.begins <= begins)
        latest = max(begun, key=lambda version: (version.agreement.effective_from, version.position))
        if not found or found[-1][1] is not latest:
            found.append((begins, latest))
    ends = [begins for begins, _ in found[1:]]
    return [Reign(version, begins, end) for (begins, version), end in zip_longest(found, ends)]


def in_force(found: Sequence[Reign], instant: int) -> Version | None:
    """The version in force at an instant (µs of UTC); None before the first."""
    return next((reign.version for reign in reversed(found) if reign.begins <= instant), None)
