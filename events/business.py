"""What concerns the business, not one lead: agreements, quotas, spend, people, rates, forecasts; and the log itself."""

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from events.base import BusinessEvent, LogEvent, Priced
from events.fields import Amount, Count, CurrencyCode, DecimalText, Id, Period, Rate, Reason, Word


class SlaAgreed(BusinessEvent):
    """Marketing and sales agreed; the agreement as in its TOML file."""

    agreement: dict[str, Any]


class PricedAlways(Priced):
    """An event that is nothing without its money."""

    amount: Amount
    currency: CurrencyCode


class QuotaSet(BusinessEvent, PricedAlways):
    """What a representative is to sell in a period."""

    rep: Word
    period: Period


class TargetSet(BusinessEvent):
    """What a team or a channel is to reach in a period."""

    measure: Word
    value: DecimalText
    period: Period
    team: Word | None = None
    channel: Word | None = None


class SpendRecorded(BusinessEvent, PricedAlways):
    """What marketing or sales spent; negative for a credit note."""

    MAY_BE_NEGATIVE: ClassVar[bool] = True

    kind: Literal["marketing", "sales"]
    channel: Word | None = None
    campaign: Word | None = None
    period: Period | None = None


class WorkingTimeRecorded(BusinessEvent):
    """How long a representative worked, and how much of it she sold."""

    rep: Word
    minutes: Count
    selling_minutes: Count


class MemberJoined(BusinessEvent):
    """Somebody joins a team."""

    rep: Word
    team: Word
    role: Word


class MemberLeft(BusinessEvent):
    """Somebody leaves a team."""

    rep: Word
    team: Word
    role: Word


class ExchangeRateSet(BusinessEvent):
    """One unit of `from` is `rate` units of `to`."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    from_: CurrencyCode = Field(alias="from")
    to: CurrencyCode
    rate: Rate


class ForecastSubmitted(BusinessEvent, PricedAlways):
    """What a representative expects to sell in a period."""

    rep: Word
    period: Period
    category: Word | None = None
    note: Word | None = None


class RunRetracted(LogEvent):
    """From this position on views leave the events of that intake run out."""

    run: Id
    reason: Reason | None = None


class RunRestored(LogEvent):
    """A retraction is taken back."""

    run: Id
    reason: Reason | None = None


class PositionsLost(LogEvent):
    """An older backup was put back knowingly: what stood at these positions is gone, and they are given anew from `first` on.

    hash: the chain's at the last of them, as the key file remembered it.
    """

    first: Count
    last: Count
    hash: Word | None = None
