"""What every event has in common."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from events.fields import Amount, CurrencyCode
from events.money import minor_units


class Event(BaseModel):
    """A fact, in the past tense. Its fields are the `data` of the wire; when, who and where from stand in the envelope."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LeadEvent(Event):
    """Something that happened to one lead."""


class Observation(LeadEvent):
    """True whatever state the lead is in: always recorded."""


class Decision(LeadEvent):
    """Legal only in some states of the lead (engine.lead)."""


class Identity(LeadEvent):
    """Who a lead is: merges and erasure."""


class BusinessEvent(Event):
    """Something that concerns the business, not one lead; the envelope's subject names the stream."""


class LogEvent(Event):
    """Something that concerns the log itself."""


class Priced(BaseModel):
    """An event with money: `amount` in major units and `currency` on the wire, both or neither; an integer of minor units inside."""

    amount: Amount | None = None
    currency: CurrencyCode | None = None

    @model_validator(mode="before")
    @classmethod
    def _to_minor_units(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        amount, currency = data.get("amount"), data.get("currency")
        if (amount is None) != (currency is None):
            raise ValueError("amount and currency come both or not at all")
        if amount is None or currency is None:
            return data
        try:
            return data | {"amount": minor_units(amount, currency)}
        except ValueError as error:
            field = "currency" if "ISO 4217" in str(error) else "amount"
            raise ValueError(f"{field}: {error}") from None

    @model_validator(mode="after")
    def _not_negative(self) -> Self:
        if self.amount is not None and self.amount < 0 and not getattr(self, "MAY_BE_NEGATIVE", False):
            raise ValueError("amount: only SpendRecorded may be negative")
        return self
