"""A row whose columns bear the contract's own names: attributes of the event and fields of its data."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.intake.element import SenderOf
from engine.intake.fieldkinds import kinds
from engine.intake.mapped import Compiled, deepened, field_value
from engine.intake.templates import Row, column
from engine.intake.texts import Reading
from events.cloudevents import OURS, WRITTEN_BY_US, Sender, proposal
from events.envelope import Proposal
from events.faults import Fault
from events.registry import TYPES

NEEDED = ("type", "subject", "time")
OF_OTHERS = frozenset({"traceparent", "tracestate", "dataschema", "dataref", "partitionkey", "severity", "sampledrate"})
ATTRIBUTES = (OURS - {"data"}) | WRITTEN_BY_US | OF_OTHERS
FIELDS = frozenset(name for of in TYPES.values() for name in kinds(of))


class PlainRow:
    """Reads rows by the names of their header.

    Raises Fault (`header`) for a column that is missing, or that nobody knows, where the source's mode is to ask.
    """

    def __init__(self, header: Sequence[str] | None, reading: Reading, senders: SenderOf) -> None:
        self._reading, self._senders = reading, senders
        for name in () if header is None else NEEDED:
            if name not in (header or ()):
                raise Fault(
                    name,
                    "header",
                    f"the column `{name}` is missing; columns bear the contract's names, or a mapping tells theirs",
                )
        if senders(None).unknown == "quarantine":
            for name in header or ():
                if name and name not in ATTRIBUTES and name not in FIELDS:
                    raise Fault(name, "header", f"`{name}` is neither an attribute nor a field of any event")

    def proposal(self, row: Row) -> Proposal:
        """The event that the row tells. Raises Fault."""
        told = {name: text for name, text in row.items() if text is not None}
        if "" in told:
            raise Fault("", "cells", f"{told[''][:80]!r} stands in a column without a name")
        sender = self._senders(told.get("source"))
        of = TYPES.get(told.get("type", ""))
        wanted: Mapping[str, str] = kinds(of) if of is not None else {}
        event: dict[str, Any] = {}
        fields: dict[str, Any] = {}
        for name, text in told.items():
            if name in wanted or name not in ATTRIBUTES:
                fields[name] = self._field(wanted.get(name, "text"), text, name, sender)
            else:
                event[name] = self._attribute(name, text)
        return proposal({**event, "data": deepened(fields, set())}, sender)

    def hints(self, row: Row) -> dict[str, Any]:
        """What names the event, faulty or not."""
        return {name: row.get(name) for name in ("source", "id", "subject", "type")}

    def _field(self, kind: str, text: str, name: str, sender: Sender) -> Any:
        return field_value(kind, text, name, Compiled((name,), column(name).fill, self._reading), sender)

    def _attribute(self, name: str, text: str) -> Any:
        if name in ("time", "knowntime"):
            return self._reading.instant(text, name)
        return self._reading.integer(text, name) if name == "schemaversion" else text
