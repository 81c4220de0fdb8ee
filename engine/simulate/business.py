"""What the office records: who works where, quotas, targets, and what marketing spends."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from engine.simulate.company import CAMPAIGNS, FIELD_SALES, FIRST_DAY, LAST_DAY, OFFICE, TEAMS
from engine.simulate.sale import money
from engine.simulate.story import HOUR, Told
from engine.simulate.working_time import local_second, working

LARGEST = 20_000  # leads at which the budgets are spent in full


def business(rng: Random, leads: int) -> Iterator[Told]:
    """The events of the office, a few a month. leads: how many the history has; quotas and spend go with them."""
    scale = leads / LARGEST
    for second, subject, type_, data in (*_members(), *_quotas(scale), *_targets(leads), *_spend(rng, scale)):
        key = "-".join(str(data[name]) for name in ("rep", "team", "channel", "campaign", "period") if data.get(name))
        yield Told(working(second, HOUR), OFFICE, subject, f"{subject}-{key}", type_, "system:erp", data)


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
                data = {"rep": rep, "period": quarter, **money(round(4_500_000 * scale / 1000 + 1) * 1000)}
                yield local_second(begin), "quotas", "QuotaSet", data


def _targets(leads: int) -> Iterator[Entry]:
    for begin in _months():
        value = str(max(1, leads * 3 // 10 // 24))
        data = {"measure": "marketing_qualified_leads", "value": value, "period": f"{begin:%Y-%m}", "team": "marketing"}
        yield local_second(begin), "targets", "TargetSet", data


def _spend(rng: Random, scale: float) -> Iterator[Entry]:
    for begin in _months():
        end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=3)
        for campaign in CAMPAIGNS:
            if campaign.spend and begin.month in campaign.months:
                spent = round(campaign.spend * scale * 8 * rng.uniform(0.85, 1.15)) + 1
                data = {"kind": "marketing", "channel": campaign.channel, "period": f"{begin:%Y-%m}", **money(spent)}
                yield local_second(end), "spend", "SpendRecorded", data | {"campaign": str(campaign.name)}


def _months() -> Iterator[date]:
    for year in range(FIRST_DAY.year, LAST_DAY.year + 1):
        for month in range(1, 13):
            yield date(year, month, 1)
