"""Agreements in the log: every version stays, the same again changes nothing, and what is in force is effective-dated."""

import pytest

from engine.agreements import (
    NoAgreement,
    NoSuchAgreement,
    OtherAgreement,
    agree,
    agreement_in_force,
    named,
    states,
    versions,
)
from engine.retraction import retract
from events.instants import parse_instant
from projections.definitions.agreement import Agreement, agreement
from tests.engine.conftest import tell


def agreed(name: str = "smarketing", day: str = "2026-01-01", response: str = "1h") -> Agreement:
    return agreement(
        {
            "name": name,
            "effective_from": day,
            "calendar": {"zone": "Europe/Berlin", "hours": {"mon": ["09:00-18:00"]}},
            "sales": {"tier": [{"id": "all", "response": response}]},
        }
    )


def at(day: str) -> int:
    return parse_instant(f"{day}T12:00:00Z").start


def test_an_agreement_is_recorded_as_an_event_and_read_again(desk):
    done = agree(desk.workspace, agreed(), "ops:anna")
    assert (done.version.position, done.again, done.instead_of) == (1, False, None)
    assert desk.types() == ["SlaAgreed"]
    (found,) = versions(desk.workspace)
    assert (found.agreement, found.actor) == (agreed(), "ops:anna")


def test_the_same_agreement_again_changes_nothing(desk):
    agree(desk.workspace, agreed())
    assert agree(desk.workspace, agreed(response="60min")).again
    assert desk.types() == ["SlaAgreed"]


def test_another_one_from_the_same_day_on_must_be_meant(desk):
    agree(desk.workspace, agreed())
    with pytest.raises(OtherAgreement, match=r"2026-01-01 .*position 1.*--replace"):
        agree(desk.workspace, agreed(response="2h"))
    done = agree(desk.workspace, agreed(response="2h"), replace=True)
    assert done.instead_of is not None
    assert done.instead_of.position == 1
    assert agree(desk.workspace, agreed(), replace=True).version.position == 3, "what was replaced may be agreed again"
    assert states(versions(desk.workspace), at("2026-06-01")) == {1: "replaced", 2: "replaced", 3: "in force"}


def test_the_agreement_in_force_goes_by_its_first_day(desk):
    agree(desk.workspace, agreed("later", "2026-06-01"))
    agree(desk.workspace, agreed("first", "2026-01-01"))
    assert agreement_in_force(desk.workspace, at("2026-05-31")).name == "first"
    assert agreement_in_force(desk.workspace, at("2026-06-01")).name == "later"
    with pytest.raises(NoAgreement):
        agreement_in_force(desk.workspace, at("2025-12-31"))
    found = versions(desk.workspace)
    assert states(found, at("2026-05-31")) == {1: "later", 2: "in force"}
    assert [named(found, name, at("2026-05-31")).position for name in (None, "later", "1", "2026-01-01")] == [
        2,
        1,
        1,
        2,
    ]
    with pytest.raises(NoSuchAgreement):
        named(found, "nothing", at("2026-05-31"))


def test_what_a_retracted_run_agreed_does_not_count_and_as_of_earlier_it_does(desk):
    desk.take(tell("SlaAgreed", subject="smarketing", agreement=agreed().told()), run="import")
    known = desk.workspace.clock()
    desk.clock.micros += 1
    retract(desk.workspace, "import")
    assert versions(desk.workspace) == []
    assert [version.position for version in versions(desk.workspace, as_of=known)] == [1]


def test_a_bad_agreement_that_comes_in_as_an_event_is_kept_aside_with_its_reason(desk):
    told = agreed().told()
    told["calendar"]["zone"] = "Europe/Munich"
    desk.take(tell("SlaAgreed", subject="smarketing", agreement=told))
    assert desk.types() == []
    assert desk.reasons() == [
        "agreement: range: calendar.zone: 'Europe/Munich' is no IANA time zone; write one like Europe/Berlin"
    ]
