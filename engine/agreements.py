"""Agreements in the log: what was agreed, which version is in force, and the recording of a new one."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Trouble
from engine.own_events import own_event
from engine.runs import retracted_runs
from engine.store.reading import Reading
from engine.store.rows import SELECTED, Row
from engine.workspace import Workspace
from events.business import SlaAgreed
from events.instants import Instant
from projections.definitions.agreement import Agreement, agreement
from projections.definitions.versions import Reign, Version, in_force, reigns
from projections.errors import DefinitionError

# Business events are few beside those of leads, and have an index of their own.
AGREED = (
    f"SELECT {SELECTED} FROM event INDEXED BY event_of_business WHERE lead = 0 AND type = 'SlaAgreed' ORDER BY position"
)


class OtherAgreement(Trouble):
    """From {day} on {name} is agreed already, otherwise (position {position}). Choose another `effective_from`,
    or say --replace: reports as of now and later then judge every handoff since that day by the new one, reports as of earlier stay.
    """


class NoAgreement(Trouble):
    """No agreement is in force{when}. `leadlog agree FILE.toml` records one; `leadlog agree --list` shows what there is."""


class NoSuchAgreement(Trouble):
    """There is no agreement {named}. `leadlog agree --list` shows what there is, by name, position and first day."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What recording an agreement did. again: it was recorded before, and nothing was changed. instead_of: the version that it replaces."""

    version: Version
    again: bool
    instead_of: Version | None


def agree(workspace: Workspace, told: Agreement, actor: str | None = None, *, replace: bool = False) -> Agreed:
    """Record SlaAgreed. The same agreement again changes nothing.

    replace: takes the place of what is agreed otherwise from the same day on. Raises OtherAgreement.
    """
    keys = workspace.keys
    with workspace.log.writing() as writing:
        from_then = [one for one in _versions(writing) if one.agreement.effective_from == told.effective_from]
        before = from_then[-1] if from_then else None
        if before is not None and before.agreement == told:
            return Agreed(before, True, None)
        if before is not None and not replace:
            there = before.agreement
            raise OtherAgreement(day=there.effective_from, name=there.name, position=before.position)
        id_ = f"SlaAgreed:{writing.head.position + 1}"  # what was agreed may be replaced, and agreed again
        position = own_event(writing, keys, SlaAgreed(agreement=told.told()), told.name, id_, actor)
        return Agreed(Version(told, position, writing.now, actor), False, before)


def versions(workspace: Workspace, as_of: int | None = None) -> list[Version]:
    """All that was agreed, by position. as_of: µs; what was known then. Raises DefinitionError."""
    with workspace.log.reading() as reading:
        return _versions(reading, as_of)


def agreement_in_force(workspace: Workspace, instant: int) -> Agreement:
    """The agreement in force at an instant (µs). Raises NoAgreement."""
    found = in_force(reigns(versions(workspace)), instant)
    if found is None:
        raise NoAgreement(when=f" at {Instant.exact(instant)}")
    return found.agreement


def named(found: Sequence[Version], name: str | None, now: int) -> Version:
    """A version by its name (the one in force now, else the last agreed), its position or its first day.

    name: None for the one in force. Raises NoAgreement, NoSuchAgreement.
    """
    if name is None:
        if (now_in_force := in_force(reigns(found), now)) is None:
            raise NoAgreement(when="")
        return now_in_force
    meant = [version for version in found if name in (str(version.position), str(version.agreement.effective_from))]
    meant = meant or [version for version in found if version.agreement.name == name]
    if not meant:
        raise NoSuchAgreement(named=name)
    return in_force(reigns(meant), now) or meant[-1]


def states(found: Sequence[Version], now: int) -> dict[int, str]:
    """How each version stands, by position: in force, later, past or replaced."""
    there: list[Reign] = reigns(found)
    current = in_force(there, now)
    told = {version.position: "replaced" for version in found}
    for reign in there:
        told[reign.version.position] = "later" if reign.begins > now else "past"
    if current is not None:
        told[current.position] = "in force"
    return told


def _versions(reading: Reading, as_of: int | None = None) -> list[Version]:
    retracted = retracted_runs(reading, as_of)
    rows = [Row.of(values) for values in reading.execute(AGREED).fetchall()]
    return [_version(row) for row in rows if row.run not in retracted and (as_of is None or row.recorded_at <= as_of)]


def _version(row: Row) -> Version:
    try:
        told = agreement(row.clear()["agreement"])
    except DefinitionError as error:
        raise DefinitionError(f"the agreement recorded at position {row.position}: {error}") from None
    return Version(told, row.position, row.recorded_at, row.actor)
