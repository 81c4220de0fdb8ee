"""Generated histories with deals, money, touches and experiments: late, doubled, contradictory, merged, of runs that are taken back."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from events.instants import Instant
from tests.projections import reference
from tests.projections.fake_log import FakeLog
from tests.projections.test_funnel_reference import ASKED, LEADS, STAGE_EVENTS, fact, instant

OFTEN = ["InteractionLogged"] * 6 + ["DealWon"] * 3 + ["OpportunityOpened"] * 2 + ["LeadCaptured", "DealLost"]
RARELY = [
    "LeadDetailsChanged",
    "LeadRecycled",
    "LeadDisqualified",
    "DealReversed",
    "LeadsMerged",
    "MergeReverted",
    "LeadScored",
]


def told(dice: Random, type_: str) -> dict[str, Any]:
    """The data of an event of that type."""
    data = fact(dice, type_)
    match type_:
        case "InteractionLogged":
            data = {
                "kind": dice.choice(["call", "email", "form", "note"]),
                "direction": dice.choice(["inbound", "outbound"]),
            }
            data |= {"campaign": dice.choice("xy")} if dice.random() < 0.5 else {}
            data |= {"automatic": True} if dice.random() < 0.2 else {}
            if dice.random() < 0.5:
                data |= {"experiment": dice.choice(["E1", "E2"]), "variant": dice.choice("AAB")}
        case "LeadCaptured":
            data |= {"campaign": dice.choice("xy")} if dice.random() < 0.5 else {}
        case "OpportunityOpened" | "DealWon" if dice.random() < 0.8:
            data |= {"amount": dice.choice([1, 100, 333, 1001]), "currency": "EUR"}
        case "DealReversed":
            data = {"opportunity": dice.choice(["O1", "O2"]), "reason": "error"}
            data |= {"amount": dice.choice([1, 50]), "currency": "EUR"} if dice.random() < 0.5 else {}
        case "LeadScored":
            data = {"score": 5}
        case _:
            pass
    return data


@st.composite
def logs(draw: st.DrawFn) -> FakeLog:
    """In about the order of time."""
    dice = Random(draw(st.integers(0, 2**32)))
    log = FakeLog(size=7)
    noise = draw(st.sampled_from([0.05, 0.2]))
    for time in sorted((instant(dice) for _ in range(draw(st.integers(0, 40)))), key=lambda time: time.start):
        type_ = dice.choice(RARELY if dice.random() < noise else OFTEN if dice.random() < 0.7 else STAGE_EVENTS)
        log.add(
            dice.choice(LEADS), type_, time, time.start + dice.choice([0, 0, 0, 3, 10]) * reference.DAY_US,
            source=dice.choice(["crm", "web"]),
            sequence=dice.choice([None, None, 1, 2]),
            run=dice.choice([None, None, "r1"]),
            **told(dice, type_),
        )  # fmt: skip
    if dice.random() < 0.3:
        log.add("", dice.choice(["RunRetracted", "RunRetracted", "RunRestored"]), Instant.exact(ASKED))
        log.rows[-1]["data"] = '{"run": "r1"}'
    return log
