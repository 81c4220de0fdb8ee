"""What was agreed: the versions of the agreement that are known, and what they promise, as tables."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from events.instants import EPOCH_DAY, midnight
from projections.database import table
from projections.definitions.agreement import Agreement, Tier, agreement
from projections.definitions.business_calendar import BusinessCalendar
from projections.definitions.definition import hashed
from projections.definitions.span import Span
from projections.errors import DefinitionError, QuestionError

PROMISES = ("response", "decision", "follow_up")
TOLD = "SELECT position, agreement FROM business WHERE type = 'SlaAgreed' ORDER BY position"


@dataclass(frozen=True)
class Agreed:
    """The versions of the agreement, by the date from which they are effective; of one midnight the last recorded.

    notes: what a reader of the verdicts must know.
    """

    versions: Sequence[Agreement]
    notes: Sequence[str] = field(default_factory=tuple)

    @cached_property
    def definition(self) -> str:
        """Name and hash: of the one version, or of the last with the hash of all that is in force from their dates on."""
        told = {
            f"{version.effective_from} {version.calendar.zone.key}": version.definition for version in self.versions
        }
        last = self.versions[-1]
        return last.definition if len(told) == 1 else f"{last.name}@{hashed(told)} ({len(told)} versions)"

    @cached_property
    def calendars(self) -> list[BusinessCalendar]:
        """Every calendar in which something is promised, once."""
        found = {
            calendar.definition: calendar
            for _, tier, version in self._tiers()
            for calendar in (version.calendar_of(tier),)
        }
        return list(found.values())

    @cached_property
    def promises(self) -> list[str]:
        """What any tier promises."""
        told = {name for _, tier, _ in self._tiers() for name, _, _ in promised(tier)}
        return [name for name in PROMISES if name in told]

    def must_promise(self, promise: str) -> None:
        """Raises QuestionError for what no tier promises."""
        if promise not in self.promises:
            raise QuestionError(
                f"{promise!r} is not promised; {self.versions[-1].name} promises {', '.join(self.promises)}"
            )

    @property
    def longest(self) -> int:
        """µs of business time of the longest promise."""
        spans = [span for _, tier, _ in self._tiers() for _, span, _ in promised(tier)]
        return max((span.micros for span in spans if not span.wall), default=0)

    def tables(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes the tables `version` (number, effective, begins), `responding` (version, kind) and `term`, a row for each promise of a tier, numbered.

        version: its place by effective date. effective: days since 1970-01-01; begins: µs of its midnight in the calendar's zone.
        """
        numbers = range(len(self.versions))
        effective = [(version.effective_from - EPOCH_DAY).days for version in self.versions]
        begins = [midnight(version.effective_from, version.calendar.zone) for version in self.versions]
        version = {
            "number": pa.array(numbers, pa.int32()),
            "effective": pa.array(effective, pa.int32()),
            "begins": pa.array(begins, pa.int64()),
        }
        table(connection, "version", pa.table(version))
        kinds = [(number, kind) for number in numbers for kind in self.versions[number].sales.responds_by]
        responding = {
            "version": pa.array([number for number, _ in kinds], pa.int32()),
            "kind": pa.array([kind for _, kind in kinds], pa.string()),
        }
        table(connection, "responding", pa.table(responding))
        table(connection, "term", self._terms())

    def _terms(self) -> pa.Table:
        places = {calendar.definition: place for place, calendar in enumerate(self.calendars)}
        rows: list[dict[str, Any]] = [
            {
                "version": self.versions.index(version),
                "tier_number": number,
                "tier": tier.id,
                "promise": name,
                "amount": span.micros,
                "calendar": None if span.wall else places[version.calendar_of(tier).definition],
                "needed": count,
            }
            for number, tier, version in self._tiers()
            for name, span, count in promised(tier)
        ]
        schema = {"version": pa.int32(), "tier_number": pa.int32(), "tier": pa.string(), "promise": pa.string()}
        schema |= {"amount": pa.int64(), "calendar": pa.int32(), "needed": pa.int32()}
        terms = pa.Table.from_pylist(rows, pa.schema(list(schema.items())))
        return terms.append_column("term", pa.array(range(len(rows)), pa.int16()))

    def _tiers(self) -> Iterator[tuple[int, Tier, Agreement]]:
        for version in self.versions:
            for number, tier in enumerate(version.sales.tier):
                yield number, tier, version


def promised(tier: Tier) -> Iterator[tuple[str, Span, int]]:
    """What a tier promises: the promise's name, its time, how many contacts it needs."""
    if tier.response is not None:
        yield "response", tier.response, 1
    if tier.decision is not None:
        yield "decision", tier.decision, 1
    if tier.follow_up is not None:
        yield "follow_up", tier.follow_up.within, tier.follow_up.count


def agreed(connection: duckdb.DuckDBPyConnection, what_if: str | Mapping[str, Any] | None = None) -> Agreed:
    """What was agreed, over a database with the view `business`.

    what_if: an agreement (a TOML file, or the mapping itself) that is taken for the last one recorded.
    Raises QuestionError where none is known.
    """
    begun: dict[tuple[date, str], Agreement] = {}  # from one midnight on; in the order of recording
    notes = []

    def learn(version: Agreement) -> None:
        key = (version.effective_from, version.calendar.zone.key)
        begun.pop(key, None)
        begun[key] = version

    for position, told in connection.sql(TOLD).fetchall():
        try:
            version = _read(told)
        except DefinitionError as error:
            notes.append(f"SlaAgreed at position {position} is left out: {error}")
            continue
        learn(version)
    if what_if is not None:
        learn(agreement(what_if))
    if not begun:
        raise QuestionError(
            "; ".join(
                ["no agreement is recorded here or known by then: record one with `leadlog agree FILE.toml`", *notes]
            )
        )
    return Agreed(sorted(begun.values(), key=lambda version: version.effective_from), notes)


def _read(told: str | None) -> Agreement:
    document = json.loads(told) if told is not None else None
    if not isinstance(document, Mapping):
        raise DefinitionError("agreement: is no mapping")
    return agreement(document)
