"""A row becomes the events that a mapping makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.intake.fieldkinds import kinds
from engine.intake.mapping import Mapping as MappingOfFile
from engine.intake.mapping_model import Condition, MappedEvent, Told
from engine.intake.previous import PREFIX
from engine.intake.templates import Row, Template, column, template
from engine.intake.texts import Reading
from events.cloudevents import Sender, proposal
from events.envelope import Proposal
from events.faults import Fault
from events.instants import Instant, Precision, parse_instant
from events.registry import event_class

AS_THE_CONTRACT = Reading()  # how constants are written, whatever the file's own marks are
ATTRIBUTES = ("id", "subject", "actor", "sequence", "correlationid", "causationid")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A value of a mapping, ready to be taken from rows. columns: those that it reads. take: its text or texts, None for nothing."""

    columns: tuple[str, ...]
    take: Callable[[Row], Any]
    reading: Reading
    day: bool = False

    @property
    def constant(self) -> bool:
        """Whether every row tells the same."""
        return not self.columns


class EventOfRow:
    """One `[[event]]` of a mapping, at work."""

    def __init__(self, number: int, told: MappedEvent, mapping: MappingOfFile, sender: Sender) -> None:
        self.number, self.type = number, told.type
        self._sender = sender
        self._of = event_class(told.type)
        self._when = [_condition(name, given, mapping.reading) for name, given in told.when.items()]
        self._changing = {
            PREFIX + name
            for name, given in told.when.items()
            if isinstance(given, Condition) and given.changed is not None
        }
        self._times = [given if isinstance(given, date) else compiled(given, mapping.reading) for given in told.time]
        self._attributes = {
            name: compiled(given, mapping.reading) for name in ATTRIBUTES if (given := getattr(told, name)) is not None
        }
        self._known = None if told.known is None else compiled(told.known, mapping.reading)
        values = {name: table for name, table in mapping.file.values.items() if name in told.data}
        self._data = {
            name: with_values(compiled(given, mapping.reading), values.get(name)) for name, given in told.data.items()
        }
        self._kinds = kinds(self._of)
        self._constants = {name for name, value in self._data.items() if value.constant}
        self._nested = any("." in name for name in self._data)

    @property
    def columns(self) -> set[str]:
        """The columns that it reads."""
        values = [
            *self._attributes.values(),
            *self._data.values(),
            *(one for one in self._times if isinstance(one, Compiled)),
        ]
        if self._known is not None:
            values.append(self._known)
        return {name for value in values for name in value.columns} | {name for name, _ in self._when} | self._changing

    @property
    def brings_known(self) -> bool:
        """Whether it tells when it was learned, which only an archive may."""
        return self._known is not None

    def columns_of(self, field: str) -> tuple[str, ...]:
        """The columns out of which an attribute or field comes."""
        if field == "time":
            return tuple(name for one in self._times if isinstance(one, Compiled) for name in one.columns)
        value = self._known if field == "knowntime" else self._attributes.get(field) or self._data.get(field)
        return value.columns if value else ()

    def applies(self, row: Row) -> bool:
        """Whether the row is such an event. Raises Fault where a truth is spelled in none of the declared ways."""
        return all(holds(row) for _, holds in self._when)

    def hints(self, row: Row) -> dict[str, Any]:
        """What names the event, faulty or not."""
        found: dict[str, Any] = {"type": self.type}
        for name in ("id", "subject"):
            if name in self._attributes:
                found[name] = self._attributes[name].take(row)
        return found

    def proposal(self, row: Row) -> Proposal:
        """The event that the row tells. Raises Fault."""
        event: dict[str, Any] = {"type": self.type}
        for name, value in self._attributes.items():
            if (taken := value.take(row)) is not None:
                event[name] = taken
            elif name == "id":
                raise Fault("id", "null", "is missing: the row tells none")
        event["time"], undated = self._time(row)
        if self._known is not None and (known := self._known.take(row)) is not None:
            event["knowntime"] = self._known.reading.instant(known, "knowntime")
        event["data"] = self._fields(row)
        found = proposal(event, self._sender)
        return replace(found, time=_some_time(event["time"], self._sender)) if undated else found

    def _time(self, row: Row) -> tuple[str, bool]:
        for one in self._times:
            if isinstance(one, date):
                return one.isoformat(), True
            if (taken := one.take(row)) is not None:
                told = one.reading.instant(taken, "time")
                return told[:10] if one.day else told, one.constant
        raise Fault("time", "time", "the row tells none")

    def _fields(self, row: Row) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in self._data.items():
            taken = value.take(row)
            if taken is None:
                continue
            if isinstance(taken, str):
                taken = field_value(self._kinds[name], taken, name, value, self._sender)
            fields[name] = taken
        if "currency" in fields and "amount" not in fields and self._data["currency"].constant:
            del fields["currency"]  # a constant currency is nothing without its amount
        return deepened(fields, self._constants) if self._nested else fields


def field_value(kind: str, text: str, name: str, value: Compiled, sender: Sender) -> Any:
    """A text as that kind of field takes it; an instant is told in UTC. Raises Fault."""
    taken = value.reading.converted(kind, text, name)
    if kind != "instant":
        return taken
    return str(parse_instant(taken[:10] if value.day else taken, sender.zone, sender.ambiguous, name, sender.days))


def deepened(fields: Mapping[str, Any], constants: set[str]) -> dict[str, Any]:
    """Names with a dot become objects (`recurring.amount`); one of constants alone is left out."""
    flat = {name: value for name, value in fields.items() if "." not in name}
    for name, value in fields.items():
        outer, _, inner = name.partition(".")
        if inner and any(other.startswith(f"{outer}.") and other not in constants for other in fields):
            if not isinstance(deeper := flat.setdefault(outer, {}), dict):
                raise Fault(outer, "duplicate", f"is told as such and as `{name}`; one of both is enough")
            deeper[inner] = value
    return flat


def compiled(given: Any, reading: Reading) -> Compiled:
    """A value of a mapping file, ready to be taken from rows."""
    match given:
        case list():
            several = [template(text) for text in given]
            return Compiled(_columns(several), lambda row: _first(several, row), reading)
        case Told():
            return _of_table(given, reading)
        case str():
            one = template(given)
            return Compiled(one.columns, one.fill, reading if one.columns else AS_THE_CONTRACT)
        case bool():
            return Compiled((), lambda _row: given, AS_THE_CONTRACT)
        case _:
            return Compiled((), lambda _row: str(given), AS_THE_CONTRACT)


def with_values(value: Compiled, table: Mapping[str, str] | None) -> Compiled:
    """The value with its field's table of `values`."""
    if table is None:
        return value
    take = value.take
    return replace(value, take=lambda row: table.get(taken, taken) if (taken := take(row)) is not None else None)


def _of_table(told: Told, reading: Reading) -> Compiled:
    source = column(told.column) if told.column is not None else template(told.text or "")
    if told.formats is not None:
        reading = replace(reading, time_formats=tuple(told.formats))
    mapped, otherwise, part = told.map, told.otherwise, told.split

    def take(row: Row) -> Any:
        text = source.fill(row)
        if text is None:
            return None
        if mapped or otherwise is not None:
            text = mapped.get(text, text if otherwise is None else otherwise)
        return [one.strip() for one in text.split(part) if one.strip()] if part else text

    return Compiled(source.columns, take, reading, told.precision == "day")


def _columns(templates: list[Template]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in templates for name in one.columns))


def _first(templates: list[Template], row: Row) -> str | None:
    return next((text for one in templates if (text := one.fill(row)) is not None), None)


def _condition(name: str, given: bool | Condition, reading: Reading) -> tuple[str, Callable[[Row], bool]]:
    if isinstance(given, bool):

        def is_so(row: Row) -> bool:
            text = row[name]
            return text is not None and reading.truth(text, name) is given

        return name, is_so
    wanted, refused = given.is_, given.not_
    starts = tuple(given.starts or ())
    before = PREFIX + name

    def holds(row: Row) -> bool:
        text = row[name]
        if (
            given.changed is not None
            and (text not in (None, row[before]) and row[before] is not None) is not given.changed
        ):
            return False
        if given.present is not None and (text is not None) is not given.present:
            return False
        if wanted is not None and text not in wanted:
            return False
        if refused is not None and text in refused:
            return False
        return not starts or (text is not None and text.startswith(starts))

    return name, holds


def _some_time(day: str, sender: Sender) -> Instant:
    return Instant.of_day(date.fromisoformat(day), sender.zone or sender.days, Precision.NONE)
