"""What a dossier tells: the handoff, what was known then, why this owner, its course, the verdicts with their proof, the events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import NoSuchLead, SeveralLeads
from engine.handoff_view import with_sealed
from engine.lead_story import story
from engine.ledger.errors import NoSuchHandoff, SeveralHandoffs
from engine.names import found, shown
from engine.views import ask as ask_named
from engine.views import named
from engine.workspace import Workspace
from events.envelope import Recorded, parted
from events.registry import NAMES_ANOTHER
from projections.asked import Asked, limits
from projections.errors import QuestionError
from projections.history import History
from projections.result import Result, instant
from projections.views import ask

KNOWN_BEFORE = ("LeadScored", "MarketingQualified", "BantAssessed", "LeadAssigned")
OF_THE_OWNER = ("LeadAssigned",)
ENDS = ("rejected", "withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class Dossier:
    """A handoff's dossier.

    handoff: its row of the view `handoffs`. agreement: name and hash; None where none is known. verdicts, proof: rows of `sla verdicts` and
    `sla explain`. events: position, hash, both clocks, type, who, what is told in clear, and their part: before, handoff, contact or owner.
    """

    handoff: Mapping[str, Any]
    agreement: str | None
    verdicts: Sequence[Mapping[str, Any]]
    proof: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    position: int | None
    as_of: str | None

    def document(self) -> dict[str, Any]:
        """The dossier as a JSON document."""
        return {
            "dossier": "handoff",
            "position": self.position,
            "as_of": self.as_of,
            "agreement": self.agreement,
            "handoff": dict(self.handoff),
            "verdicts": [dict(row) for row in self.verdicts],
            "proof": [dict(row) for row in self.proof],
            "events": [dict(row) for row in self.events],
        }


def dossier(workspace: Workspace, handoff: str, options: Mapping[str, Any]) -> Dossier:
    """The dossier of a handoff. handoff: its id, SOURCE/ID or LEAD/HANDOFF. options: lead, as_of, now, zone.

    Raises NoSuchHandoff, SeveralHandoffs.
    """
    zone, asked_at = workspace.settings.zone, workspace.clock()
    cut = limits(Asked.of(_window(options)), zone, lambda: asked_at)
    result, lead = _the_one(workspace, handoff, options, asked_at)
    result = with_sealed(workspace, result, cut.as_of)
    (row,) = named(workspace, result).rows
    about = _window(options) | {"handoff": row["handoff"], "lead": str(workspace.log.streams([lead])[lead])}
    verdicts, proof = _judged(workspace, about, asked_at)
    told = list(_events(story(workspace.log, lead, cut.as_of), row, cut.zone))
    return Dossier(row, result.definition, verdicts, proof, told, result.position, result.as_of)


def _window(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in ("as_of", "now", "zone")}


def _the_one(workspace: Workspace, handoff: str, options: Mapping[str, Any], asked_at: int) -> tuple[Result, int]:
    """The view's answer with the one row that is meant, and the number of its lead."""
    history = History.open(workspace.history, workspace.log)
    whose = options.get("lead")
    first = None if whose is None else found(workspace.log, workspace.keys, str(whose))
    for lead, id_ in [(first, handoff), *(_parted(workspace, handoff) if first is None else ())]:
        told = _window(options) | {"handoff": id_} | ({} if lead is None else {"lead": lead})
        result = ask("handoffs", history, Asked.of(told), workspace.settings.zone, lambda: asked_at)
        rows = [row for row in result.rows if first is None or row["lead"] == lead]
        if len(rows) == 1:
            return replace(result, rows=rows), rows[0]["lead"]
        if rows:
            names = shown(workspace.log, {row["lead"] for row in rows})
            candidates = ", ".join(sorted(f"{names[row['lead']]} ({row['handoff']})" for row in rows))
            raise SeveralHandoffs(handoff=repr(handoff), leads=candidates)
    raise NoSuchHandoff(handoff=repr(handoff))


def _parted(workspace: Workspace, named_so: str) -> Iterator[tuple[int, str]]:
    """What LEAD/HANDOFF may mean: either may have strokes of its own."""
    for place, letter in enumerate(named_so):
        if letter == "/":
            try:
                yield found(workspace.log, workspace.keys, named_so[:place]), named_so[place + 1 :]
            except (NoSuchLead, SeveralLeads):
                continue


def _judged(
    workspace: Workspace, about: Mapping[str, Any], asked_at: int
) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """The verdicts and their proof; nothing where nothing is promised."""
    try:
        return tuple(ask_named(workspace, f"sla {view}", about, now=asked_at).rows for view in ("verdicts", "explain"))  # type: ignore[return-value]  # of two
    except QuestionError:
        return (), ()


def _events(events: Sequence[Recorded], row: Mapping[str, Any], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """What bears on the handoff, in the order in which it happened."""
    place = next(number for number, event in enumerate(events) if event.position == row["position"])
    before = {event.type: event for event in events[:place] if event.type in KNOWN_BEFORE}
    after = events[place:]
    ended = False
    parts = [(event, "before") for event in events[:place] if before.get(event.type) is event]
    for event in after:
        if getattr(event.data, "handoff", None) == row["handoff"]:
            parts.append((event, "handoff"))
            ended = ended or event.type.removeprefix("Handoff").lower() in ENDS
        elif not ended and event.type == "InteractionLogged":
            parts.append((event, "contact"))
        elif not ended and event.type in OF_THE_OWNER:
            parts.append((event, "owner"))
    for event, part in parts:
        clear, _ = parted(event.data)
        yield {
            "part": part,
            "position": event.position,
            "type": event.type,
            "time": instant(event.time.start, event.time.day, zone),
            "knowntime": instant(event.recorded_at, None, zone),
            "actor": event.actor,
            "source": event.source,
            "data": {name: value for name, value in clear.items() if name not in NAMES_ANOTHER},
            "hash": event.hash.hex(),
        }
