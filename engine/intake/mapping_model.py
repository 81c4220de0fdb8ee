"""What a mapping file may say (docs/mappings.md is its reference)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from engine.intake.encodings import named
from engine.intake.templates import template
from engine.intake.texts import FALSE, TRUE, time_format
from events.instants import PLAIN_DATE, zone_named
from events.registry import event_class

KINDS_OF_TOLD = {bool: "a truth", int: "a number", str: "a text", dict: "a table", list: "a list", date: "a date"}
FileFormat = Literal["ndjson", "csv", "batch", "parquet", "xes"]
MARKS = ".,'’ _\u00a0\u202f"


def _kind(value: object) -> str | None:
    return "a table" if isinstance(value, Told) else KINDS_OF_TOLD.get(type(value))


def _template(text: str) -> str:
    template(text)
    return text


def _delimiter(text: object) -> object:
    return "\t" if text == "tab" else text


def _format(text: object) -> object:
    return "ndjson" if text == "json" else text


def _mark(text: str) -> str:
    if text not in MARKS:
        raise ValueError(f"{text!r} is no mark of numbers; known are {' '.join(MARKS[:3])}, blanks and _")
    return text


def _plain_date(text: str) -> str:
    template(text)
    if "{" not in text and not PLAIN_DATE.fullmatch(text):
        raise ValueError(f"{text!r}: a constant time is a plain date (2020-01-01) and stands for some time")
    return text


def _no_time_of_day(day: object) -> object:
    if isinstance(day, datetime):
        raise ValueError("a constant time is a plain date (2020-01-01) and stands for some time")
    return day


class Declared(BaseModel):
    """One table of a mapping file; a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Text = Annotated[str, AfterValidator(_template)]
Format = Annotated[str, AfterValidator(time_format)]
Mark = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_mark)]
Zone = Annotated[str, AfterValidator(lambda name: zone_named(name).key)]
Type = Annotated[str, AfterValidator(lambda name: event_class(name).__name__)]


class Told(Declared):
    """How a value comes out of a row.

    column or text: where from. map: what becomes of which text; otherwise: of those that it does not name (default:
    they stay). formats: time formats in place of the mapping's. precision `day`: the time of day is left out. split: the text is a list,
    parted there.
    """

    column: str | None = None
    text: Text | None = None
    map: dict[str, str] = Field(default_factory=dict)
    otherwise: str | None = None
    formats: list[Format] | None = None
    precision: Literal["day"] | None = None
    split: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        if (self.column is None) == (self.text is None):
            raise ValueError("names a column or a text, one of both")
        return self


class Condition(Declared):
    """What a cell must be. is, not, starts: a text or several. present: whether the cell tells anything.

    changed: whether both it and the previous row's cell tell something, and not the same.
    """

    is_: list[str] | None = Field(default=None, alias="is")
    not_: list[str] | None = Field(default=None, alias="not")
    starts: list[str] | None = None
    present: bool | None = None
    changed: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: one if name in ("present", "changed") else texts(one) for name, one in given.items()}


def texts(given: Any) -> Any:
    """A value or a list of values as the texts that a cell may hold."""
    several = given if isinstance(given, list) else [given]
    return [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in several]


def _condition(given: Any) -> Any:
    if isinstance(given, bool | dict | Condition):
        return given
    return {"is": texts(given)}


Value = Annotated[
    Annotated[bool, Tag("a truth")]
    | Annotated[int, Tag("a number")]
    | Annotated[Text, Tag("a text")]
    | Annotated[Told, Tag("a table")]
    | Annotated[list[Text], Tag("a list")],
    Discriminator(
        _kind, custom_error_type="value", custom_error_message="is a text, a number, true, false, a table or a list"
    ),
]
Time = Annotated[
    Annotated[date, BeforeValidator(_no_time_of_day), Tag("a date")]
    | Annotated[Annotated[str, AfterValidator(_plain_date)], Tag("a text")]
    | Annotated[Told, Tag("a table")],
    Discriminator(
        _kind, custom_error_type="value", custom_error_message="is a text with columns, a plain date or a table"
    ),
]
Times = Annotated[
    Annotated[list[Time], Field(min_length=1)],
    BeforeValidator(lambda given: given if isinstance(given, list) else [given]),
]
When = Annotated[
    Annotated[bool, Tag("a truth")] | Annotated[Condition, Tag("a table")],
    Discriminator(lambda given: "a truth" if isinstance(given, bool) else "a table"),
    BeforeValidator(_condition),
]


class MappedEvent(Declared):
    """One `[[event]]`: what a row becomes, and when.

    time: of several the first that the row tells; a plain date stands for some time. when: all of them must hold.
    """

    type: Type
    subject: Value
    time: Times
    id: Value | None = None
    actor: Value | None = None
    sequence: Value | None = None
    known: Value | None = None
    correlationid: Value | None = None
    causationid: Value | None = None
    when: dict[str, When] = Field(default_factory=dict)
    data: dict[str, Value] = Field(default_factory=dict)


class MappingFile(Declared):
    """A mapping file."""

    source: str | None = Field(default=None, min_length=1)
    trusted: bool | None = None
    archive: bool | None = None
    earliest: date | None = None
    unknown: Literal["quarantine", "keep", "ignore"] | None = None

    format: Annotated[FileFormat, BeforeValidator(_format)] | None = None
    encoding: Annotated[str, AfterValidator(named)] | None = None
    delimiter: Annotated[str, BeforeValidator(_delimiter), Field(min_length=1, max_length=1)] | None = None
    header: bool = True
    columns: list[Annotated[str, Field(min_length=1)]] | None = None

    decimal: Mark | None = None
    thousands: Mark | None = None
    time_formats: list[Format] = Field(default_factory=list)
    zone: Zone | None = None
    ambiguous: Literal["earlier", "later"] | None = None

    null: list[str] = Field(default_factory=lambda: [""])
    trim: bool = False
    true: list[str] = Field(default_factory=lambda: list(TRUE))
    false: list[str] = Field(default_factory=lambda: list(FALSE))
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    within: Text | None = None
    event: list[MappedEvent] = Field(default_factory=list)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.header == (self.columns is not None):
            raise ValueError(
                "`columns` names the columns of a file without a header: header = false and columns = [...]"
            )
        if self.columns is not None and len(set(self.columns)) < len(self.columns):
            raise ValueError("`columns` names one twice")
        if self.delimiter is not None and self.delimiter in '"\r\n\0':
            raise ValueError("`delimiter` is one character between cells, like , ; | or tab")
        if self.thousands is not None and self.thousands == (self.decimal or "."):
            raise ValueError("`thousands` and `decimal` are the same mark; declare both")
        for event in self.event:
            if self.within is None and any(
                isinstance(one, Condition) and one.changed is not None for one in event.when.values()
            ):
                raise ValueError("`changed` looks at the row before: say `within` which rows belong together")
        if both := set(self.true) & set(self.false):
            raise ValueError(f"{min(both)!r} is among the spellings of `true` and of `false`")
        return self
