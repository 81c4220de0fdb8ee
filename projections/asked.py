"""What a view can be asked for (CONTRACT.md, section 4), validated, and what it means in µs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from events.faults import Fault
from events.fields import CurrencyCode
from events.instants import EPOCH_DAY, Instant, Precision, midnight, parse_instant, zone_named
from projections.dimensions import At
from projections.errors import QuestionError
from projections.periods import GRAINS, JANUARY, Grain, days_of

Count = Literal["any", "strict", "furthest"]
Basis = Literal["cohort", "period"]
Compared = Literal["previous", "year-ago"]
Through = Literal["stages", "types", "touches"]
Per = Literal["journey", "lead", "opportunity"]
Clock = Callable[[], int]  # µs


class Asked(BaseModel):
    """The options of a view.

    by: dimensions and at most one time grain. filter: dimension → values, None for the unknown one.
    since, until, as_of, now: RFC 3339 or a plain date. period: a value (`2026-Q1`) or a grain (`month`).
    model: the name of a built-in funnel model, a TOML file, or the model itself as a mapping.
    fiscal_year_start: the month with which years and quarters of KPIs begin. compare: with which period values are compared.
    money: whether the funnel tells amounts too; with a currency it does.
    lead: a lead's dense number. kpi: ids; none for all. kpis: a workspace's own, as they are declared. currency: of the report.
    what_if: an agreement in place of the one in force, a TOML file or the mapping itself.
    within: `4h`, `4h wall` of a work list; `30d`, `mql=10bd,30d` of the funnel.
    overdue: what is past due and still open too. met: the share of promises that are to be kept.
    through: what the steps of a path are. rules: of journeys, a TOML file or the mapping itself. goal: a stage of the model.
    per: what a row of the funnel counts; whose touches a deal is credited to, those of its journey or all of its lead's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    now: str | None = None
    period: str | None = None
    zone: str | None = None
    filter: Mapping[str, tuple[str | None, ...]] = {}
    at: At | None = None
    model: str | Mapping[str, Any] = "waterfall"
    count: Count = "any"
    basis: Basis = "cohort"
    lead: int | None = None
    handoff: str | None = None
    kpi: tuple[str, ...] = ()
    kpis: Mapping[str, Mapping[str, Any]] = {}
    currency: CurrencyCode | None = None
    compare: Compared | None = None
    fiscal_year_start: int = Field(default=JANUARY, ge=1, le=12)
    what_if: str | Mapping[str, Any] | None = None
    within: str | None = None
    overdue: bool = False
    met: float = 0.9
    through: Through = "stages"
    rules: str | Mapping[str, Any] | None = None
    goal: str = "won"
    per: Per = "journey"
    money: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """The options by their names, with hyphens or underscores; what is None was not asked. Raises QuestionError."""
        told = {name.replace("-", "_"): value for name, value in options.items() if value is not None}
        if unknown := sorted(set(told) - set(cls.model_fields)):
            raise QuestionError(f"there is no option `{unknown[0]}`; there are {', '.join(cls.model_fields)}")
        try:
            return cls.model_validate(told)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            said = first["msg"].removeprefix("Value error, ")
            raise QuestionError(f"{first['loc'][0]}: {said}" if first["loc"] else said) from None

    @field_validator("by", "kpi", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip() for name in names for part in name.split(",")) if _texts(names) else names

    @field_validator("filter", mode="before")
    @classmethod
    def _conditions(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: _values(told) for name, told in value.items()}
        conditions = [value] if isinstance(value, str) else value
        if not _texts(conditions) or any("=" not in condition for condition in conditions):
            raise ValueError(
                f"{value!r} is no filter; write dimension=value,value (nothing behind the sign: the unknown value)"
            )
        parts = (condition.split("=", 1) for condition in conditions)
        return {name.strip(): _values(values.split(",")) for name, values in parts}

    @property
    def grain(self) -> Grain | None:
        """The time grain that rows are cut by. Raises QuestionError for two of them."""
        asked: set[Grain] = {grain for grain in GRAINS if grain in self.by or grain == self.period}
        if len(asked) > 1:
            raise QuestionError(
                f"one time grain at a time, not {' and '.join(grain for grain in GRAINS if grain in asked)}"
            )
        return next(iter(asked), None)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What is in `by` and no time grain, once each."""
        return tuple(dict.fromkeys(name for name in self.by if name not in GRAINS))


@dataclass(frozen=True, slots=True)
class Limits:
    """The instants of a question in µs of UTC.

    as_of: what was recorded later is not known. asked: the instant at which it is asked. since ≤ t < until.
    currency: of a report on money in several, where the question names none.
    """

    zone: ZoneInfo
    as_of: int | None
    asked: int
    since: int | None
    until: int | None
    currency: str = "EUR"

    def hold(self, start: int, day: int | None, precision: int) -> bool:
        """Whether an event lies between since and until; a plain date stays on its day, "some time" falls into no period."""
        if self.since is None and self.until is None:
            return True
        if precision == Precision.NONE:
            return False
        placed = start if day is None else midnight(EPOCH_DAY + timedelta(days=day), self.zone)
        return (self.since is None or self.since <= placed) and (self.until is None or placed < self.until)


def limits(asked: Asked, zone: str, clock: Clock, currency: str = "EUR") -> Limits:
    """What the question's instants mean. zone, currency: the workspace's. clock: µs, read where no option says the asked instant. Raises QuestionError."""
    try:
        reporting = zone_named(asked.zone or zone)
        as_of = _instant(asked.as_of, "as_of", reporting)
        now = _instant(asked.now, "now", reporting)
        since = _instant(asked.since, "since", reporting)
        until = _instant(asked.until, "until", reporting)
    except Fault as fault:
        raise QuestionError(str(fault)) from None
    begins, ends = [], []
    if since:
        begins.append(since.start)
    if until:
        ends.append(until.start if until.day is None else until.end + 1)
    if asked.period is not None and asked.period not in GRAINS:
        days = days_of(asked.period, asked.fiscal_year_start)
        begins.append(midnight(days.first, reporting))
        ends.append(midnight(days.end, reporting))
    known = as_of.end if as_of else None
    return Limits(
        zone=reporting,
        as_of=known,
        asked=now.end if now else known if known is not None else clock(),
        since=max(begins, default=None),
        until=min(ends, default=None),
        currency=currency,
    )


def _instant(text: str | None, name: str, zone: ZoneInfo) -> Instant | None:
    return None if text is None else parse_instant(text, zone, "earlier", name)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)


def _values(told: Any) -> tuple[str | None, ...]:
    several = told if isinstance(told, list | tuple) else [told]
    return tuple(None if value is None or value == "" else str(value) for value in several)
