"""Where the time went between capture and first response."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from projections.asked import Asked
from projections.errors import QuestionError
from projections.history import History
from projections.views import ask, open_number
from tests.projections.fake_log import FakeLog, log_of

ZONE = ZoneInfo("Europe/Berlin")
NOW = 1_800_000_000_000_000
HOURS = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
AGREED = {
    "name": "ours",
    "effective_from": "2026-01-01",
    "calendar": {"zone": "Europe/Berlin", "hours": HOURS},
    "sales": {"tier": [{"id": "all", "response": "1h"}]},
}
STORY: list[tuple[Any, ...]] = [
    ("L1", "LeadCaptured", "2026-03-06T10:00:00+01:00", {"lead_source": "web"}),  # a Friday
    ("L1", "MarketingQualified", "2026-03-06T12:00:00+01:00"),
    ("L1", "LeadHandedOff", "2026-03-06T16:00:00+01:00", {"handoff": "H1", "to_team": "sales"}),
    ("L1", "LeadAssigned", "2026-03-09T10:00:00+01:00", {"owner": "ben"}),
    ("L1", "InteractionLogged", "2026-03-09T10:10:00+01:00", {"kind": "email", "direction": "outbound", "automatic": True}),
    ("L1", "InteractionLogged", "2026-03-09T10:30:00+01:00", {"kind": "call", "direction": "outbound"}),
]  # fmt: skip


def rows(log: FakeLog, view: str = "wait", **options: Any) -> list[Any]:
    return list(ask(view, History.open(None, log), Asked.of(options), ZONE.key, lambda: NOW).rows)


def charged(log: FakeLog, **options: Any) -> dict[str, tuple[float | None, float]]:
    """Hours of business time and of all time."""
    found = rows(log, **options)
    return {row["charged"]: (_hours(row["business_s"]), row["wall_s"] / 3600) for row in found}


def told(log: FakeLog, **options: Any) -> list[tuple[str, str, str | None, float]]:
    """The pieces: step, party, who, hours of all time."""
    found = rows(log, "wait journeys", **options)
    return [(row["step"], row["charged"], row["who"], row["wall_s"] / 3600) for row in found]


def way(*events: tuple[Any, ...]) -> FakeLog:
    """A log of one lead: (type, time), (type, time, data) or (type, time, data, actor); times of 2026-03-06."""
    log = FakeLog()
    for type_, time, *more in events:
        data, actor = (*more, None, None)[:2]
        at = f"2026-03-06T{time}:00Z" if len(time) == 5 else time
        log.add("L1", type_, at, sequence=(data or {}).pop("sequence", None), **(data or {}))
        log.rows[-1]["actor"] = actor
    return log


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def agreed_log() -> FakeLog:
    log = FakeLog()
    log.add("ours", "SlaAgreed", "2026-01-01T00:00:00Z", agreement=AGREED)
    for lead, type_, time, *data in STORY:
        log.add(lead, type_, time, **(data[0] if data else {}))
    return log


def test_a_whole_way():
    # marketing 10–12 and 12–16; the queue Friday 16–17 and Monday 9–10; ben 10:00–10:30
    assert charged(agreed_log()) == {"system": (0, 0), "marketing": (6, 6), "queue": (2, 66), "person": (0.5, 0.5)}
    assert [(row["step"], row["charged"], row["who"]) for row in rows(agreed_log(), "wait journeys")] == [
        ("mql", "marketing", None), ("handoff", "marketing", None), ("owner", "queue", None), ("response", "person", "ben"),
    ]  # fmt: skip


def test_without_an_agreement_business_time_is_not_known():
    assert charged(log_of(STORY)) == {
        "system": (None, 0), "marketing": (None, 6), "queue": (None, 66), "person": (None, 0.5),
    }  # fmt: skip


def test_an_automatic_step_is_the_system_s():
    log = log_of(STORY)
    for row in log.rows:
        if row["type"] in ("MarketingQualified", "LeadHandedOff"):
            row["actor"] = "system:scoring"
        if row["type"] == "LeadAssigned":
            row["data"] = json.dumps({"owner": "system:bot"})
    assert {name: wall for name, (_, wall) in charged(log).items()} == {
        "system": 6.5, "marketing": 0, "queue": 66, "person": 0,
    }  # fmt: skip


def test_who_waits_or_ended_is_told_and_in_no_sum():
    log = log_of(
        [*STORY[:3], ("L2", "LeadCaptured", "2026-03-06T10:00:00Z"), ("L2", "LeadDisqualified", "2026-03-07T10:00:00Z")]
    )
    result = ask("wait", History.open(None, log), Asked.of({}), ZONE.key, lambda: NOW)
    assert (list(result.rows), result.notes) == (
        [], ["not in the sums: 1 journeys still wait for a response, 1 ended without one"],
    )  # fmt: skip
    assert {row["status"] for row in rows(log, "wait journeys")} == {"waiting", "ended"}


def test_cut_by_a_dimension_and_a_period():
    found = rows(agreed_log(), by=["lead_source", "month"])
    assert {(row["period"], row["lead_source"]) for row in found} == {("2026-03", "web")}
    assert rows(agreed_log(), since="2026-04-01") == []


def test_a_merged_lead_is_one_way():
    log = log_of([("L0", "LeadCaptured", "2026-03-06T09:00:00+01:00"), *STORY])
    log.add("L1", "LeadsMerged", "2026-03-08T10:00:00+01:00", merged="L0")
    assert charged(log)["marketing"] == (None, 7)


def test_no_leads():
    assert rows(FakeLog()) == []


CAPTURED, QUALIFIED = ("LeadCaptured", "10:00", {"owner": "ben"}), ("MarketingQualified", "11:00")
CALL = {"kind": "call", "direction": "outbound"}


def handed(time: str = "12:00") -> tuple[str, str, dict[str, Any]]:
    return "LeadHandedOff", time, {"handoff": "H1"}


def called(time: str = "13:00", actor: str | None = None) -> tuple[str, str, dict[str, Any], str | None]:
    return "InteractionLogged", time, dict(CALL), actor


def test_a_milestone_before_the_capture_stands_at_the_capture():
    log = way(("MarketingQualified", "08:00"), handed("09:00"), CAPTURED, called("12:00"))
    assert told(log) == [
        ("mql", "marketing", None, 0), ("handoff", "marketing", None, 0), ("response", "person", "ben", 2),
    ]  # fmt: skip


def test_a_response_before_the_capture_took_no_time():
    log = way(handed("08:00"), called("09:00"), CAPTURED)
    assert {wall for _, wall in charged(log).values()} == {0}
    assert {row["status"] for row in rows(log, "wait journeys")} == {"answered"}


def test_a_contact_known_by_the_day_of_the_handoff_answers_it_and_is_in_no_sum():
    result = ask(
        "wait", History.open(None, way(CAPTURED, handed(), called("2026-03-06"))), Asked.of({}), "UTC", lambda: NOW
    )
    assert (list(result.rows), result.notes) == ([], ["not in the sums: 1 are known only by a day"])


def test_a_contact_on_the_day_of_an_end_known_by_its_day_is_a_response():
    log = way(CAPTURED, handed(), called(), ("LeadDisqualified", "2026-03-06", {"reason": "time"}))
    assert charged(log)["person"] == (None, 1)
    late = way(
        CAPTURED, handed(), called("2026-03-07T00:00:00Z"), ("LeadDisqualified", "2026-03-06", {"reason": "time"})
    )
    assert charged(late) == {}


def test_an_agreement_is_in_force_from_its_day_on_for_a_handoff_known_by_that_day():
    def log(effective_from: str) -> FakeLog:
        # the handoff's day begins in UTC, hours before it does in New York
        made = way(CAPTURED, ("LeadHandedOff", "2026-03-06", {"handoff": "H1"}), called("2026-03-07T10:00:00Z"))
        for day, zone, kinds in (("2026-01-01", "UTC", ["email"]), (effective_from, "America/New_York", ["call"])):
            version = AGREED | {"effective_from": day, "calendar": {"zone": zone, "hours": HOURS}}
            version["sales"] = {"responds_by": kinds, "tier": [{"id": "all", "response": "1h"}]}
            made.add("ours", "SlaAgreed", "2026-01-01T00:00:00Z", "2026-03-08T00:00:00Z", agreement=version)
        return made

    def notes(made: FakeLog) -> list[str]:
        return list(ask("wait", History.open(None, made), Asked.of({}), "UTC", lambda: NOW).notes)

    assert notes(log("2026-03-06")) == ["not in the sums: 1 are known only by a day"]
    assert notes(log("2026-03-07")) == ["not in the sums: 1 journeys still wait for a response"]


def test_a_lead_without_a_capture_begins_with_its_first_decision_and_a_note_says_so():
    log = way(("SalesQualified", "10:00"), QUALIFIED, handed(), called())
    assert told(log)[:2] == [("mql", "marketing", None, 1), ("handoff", "marketing", None, 1)]
    result = ask("wait", History.open(None, log), Asked.of({}), "UTC", lambda: NOW)
    assert result.notes == ["1 journeys have no capture and begin with their first decision"]
    assert told(way(called(), ("LeadScored", "10:00", {"score": 3}))) == []


def test_until_the_capture_is_known_to_have_happened_the_first_decision_begins():
    log = way(handed("09:00"), CAPTURED)
    assert told(log, now="2026-03-06T09:30:00Z") == [
        ("handoff", "marketing", None, 0), ("owner", "queue", None, 0.5),
    ]  # fmt: skip
    assert told(log, now="2026-03-06T10:30:00Z") == [
        ("handoff", "marketing", None, 0), ("response", "person", "ben", 0.5),
    ]  # fmt: skip


def test_of_equal_instants_the_sequence_says_which_came_first():
    log = way(
        CAPTURED, handed(),
        ("InteractionLogged", "13:00", CALL | {"sequence": 2}, "anna"),
        ("InteractionLogged", "13:00", CALL | {"sequence": 1}, "system:dialler"),
    )  # fmt: skip
    assert told(log)[-1] == ("response", "system", "system:dialler", 1)
    log = way(
        CAPTURED,
        ("LeadHandedOff", "12:00", {"sequence": 2}, "anna"),
        ("LeadHandedOff", "12:00", {"sequence": 1}, "system:x"),
    )
    assert told(log)[0] == ("handoff", "system", "system:x", 2)


def test_an_mql_at_the_very_instant_of_the_handoff_is_on_the_way_and_one_after_it_is_not():
    assert [step for step, *_ in told(way(CAPTURED, handed(), ("MarketingQualified", "12:00"), called()))] == [
        "mql",
        "handoff",
        "response",
    ]
    assert [step for step, *_ in told(way(CAPTURED, handed(), ("MarketingQualified", "12:01"), called()))] == [
        "handoff",
        "response",
    ]


def test_what_a_system_answered_is_charged_to_no_person():
    log = way(CAPTURED, handed(), ("LeadAssigned", "12:30", {"owner": "cem"}), called(actor="system:mailer"))
    assert told(log)[1:] == [("response", "system", "system:mailer", 0.5), ("response", "system", "system:mailer", 0.5)]


def test_a_handoff_after_the_journey_s_end_is_not_on_the_way():
    log = way(CAPTURED, ("LeadDisqualified", "11:00", {"reason": "time"}), (*handed(), "system:router"), called())
    assert told(log) == [("handoff", "marketing", None, 1)]


def test_a_handoff_without_an_id_has_owners_too():
    assert told(way(CAPTURED, ("LeadHandedOff", "12:00"), called()))[-1] == ("response", "person", "ben", 1)


def test_an_owner_told_again_takes_no_piece_of_his_own():
    log = way(CAPTURED, handed(), ("LeadAssigned", "12:30", {"owner": "ben"}), called())
    assert told(log)[1:] == [("response", "person", "ben", 1)]


@pytest.mark.parametrize(("number", "word"), [("sales", "queue"), ("queue,steps", "wall_s")])
def test_what_has_no_journeys_behind_it_is_told_in_one_sentence(number, word):
    with pytest.raises(QuestionError, match=word):
        open_number("wait", History.open(None, log_of(STORY)), Asked.of({}), "UTC", lambda: NOW, number)


def test_behind_a_number_stands_what_is_charged_of_each_journey():
    found = open_number(
        "wait", History.open(None, agreed_log()), Asked.of({"by": "journey"}), "UTC", lambda: NOW, "queue"
    )
    assert [column.name for column in found.columns] == ["journey", "lead", "charged", "business_s", "wall_s"]
    assert list(found.rows) == [{"journey": 1, "lead": 1, "charged": "queue", "business_s": 7200, "wall_s": 66 * 3600}]
