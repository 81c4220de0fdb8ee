"""What the office records: who works where, quotas, targets, and what marketing spends."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import msgspec
import numpy as np
import pyarrow as pa

from engine.simulate.company import CAMPAIGNS, FIELD_SALES, FIRST_DAY, LAST_DAY, OFFICE, TEAMS
from engine.simulate.delivery import Deliveries, delivered
from engine.simulate.working_time import HOUR, local_second, wire, working

LARGEST = 20_000  # leads at which the budgets are spent in full


def business(rng: np.random.Generator, leads: int) -> Deliveries:
    """The events of the office, a few a month. leads: how many the history has; quotas and spend go with them."""
    scale = leads / LARGEST
    entries = (*_members(), *_quotas(scale), *_targets(leads), *_spend(rng, scale))
    at = working(np.array([second for second, *_ in entries]), HOUR)
    texts = [_text(int(second), *entry[1:]) for second, entry in zip(at, entries, strict=True)]
    return delivered(rng, at, pa.array(texts))


def _text(second: int, subject: str, type_: str, data: Mapping[str, str]) -> str:
    """The event as it is sent, up to the brace that closes its data."""
    key = "-".join(str(data[name]) for name in ("rep", "team", "channel", "campaign", "period") if data.get(name))
    event = {
        "specversion": "1.0", "id": f"{subject}-{key}", "source": OFFICE, "type": type_, "subject": subject, "time": wire(second),
        "actor": "system:erp", "data": data,
    }  # fmt: skip
    return msgspec.json.encode(event).decode().removesuffix("}}")


def _money(euros: int) -> dict[str, str]:
    return {"amount": f"{euros}.00", "currency": "EUR"}


Entry = tuple[int, str, str, dict[str, str]]


def _members() -> Iterator[Entry]:
    for team, (role, reps) in TEAMS.items():
        for rep in reps:
            yield local_second(FIRST_DAY), "members", "MemberJoined", {"rep": rep, "team": team, "role": role}


def _quotas(scale: float) -> Iterator[Entry]:
    for begin in _months():
        if begin.month in {1, 4, 7, 10}:
            quarter = f"{begin.year}-Q{begin.month // 3 + 1}"
            for rep in FIELD_SALES:
                data = {"rep": rep, "period": quarter, **_money(round(4_500_000 * scale / 1000 + 1) * 1000)}
                yield local_second(begin), "quotas", "QuotaSet", data


def _targets(leads: int) -> Iterator[Entry]:
    for begin in _months():
        value = str(max(1, leads * 3 // 10 // 24))
        data = {"measure": "marketing_qualified_leads", "value": value, "period": f"{begin:%Y-%m}", "team": "marketing"}
        yield local_second(begin), "targets", "TargetSet", data


def _spend(rng: np.random.Generator, scale: float) -> Iterator[Entry]:
    for begin in _months():
        end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=3)
        for campaign in CAMPAIGNS:
            if campaign.spend and begin.month in campaign.months:
                spent = round(campaign.spend * scale * 8 * rng.uniform(0.85, 1.15)) + 1
                data = {"kind": "marketing", "channel": campaign.channel, "period": f"{begin:%Y-%m}", **_money(spent)}
                yield local_second(end), "spend", "SpendRecorded", data | {"campaign": str(campaign.name)}


def _months() -> Iterator[date]:
    for year in range(FIRST_DAY.year, LAST_DAY.year + 1):
        for month in range(1, 13):
            yield date(year, month, 1)
