"""Agreements: their form, what they mean, and how a slip is told."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from projections.definitions.agreement import Agreement, agreement
from projections.definitions.place import line_of
from projections.definitions.span import Span
from projections.definitions.versions import Version, in_force, reigns
from projections.errors import DefinitionError

EXAMPLES = Path(__file__).parents[2] / "examples" / "agreements"
# CONTRACT.md, section 3, line by line.
TOLD = """\
name = "smarketing"
effective_from = 2026-01-01

[calendar]
zone = "Europe/Berlin"
holidays = "DE-BY"
closed = ["2026-12-24"]
open = ["2026-03-07 10:00-14:00"]
[calendar.hours]
mon = ["09:00-12:00", "13:00-18:00"]

[sales]
responds_by = ["call", "email", "meeting", "visit", "message", "demo"]
[[sales.tier]]
id = "hot"
when = "score >= 80 or tier == 'hot'"
response = "1h"
decision = "4h"
follow_up = { count = 3, within = "24h" }
[[sales.tier]]
id = "standard"
response = "8h"

[marketing]
qualified_leads = { count = 100, per = "month" }
minimum_score = 50
accepted_share = 0.8

[handoff]
requires = ["company", "phone", "bant.need"]
expires_after = "40h"
"""


def changed(**told: Any) -> dict[str, Any]:
    return tomllib.loads(TOLD) | told


def test_the_form_of_the_contract_is_read(tmp_path):
    (tmp_path / "ours.toml").write_text(TOLD)
    told = agreement(tmp_path / "ours.toml")
    hot, standard = told.sales.tier
    assert (told.name, told.effective_from, told.calendar.zone.key) == ("smarketing", date(2026, 1, 1), "Europe/Berlin")
    assert hot.when is not None
    assert hot.when.holds({"score": 80})
    assert (hot.response, hot.decision, standard.when) == (Span.of("60min"), Span.of("4h"), None)
    assert hot.follow_up is not None
    assert (hot.follow_up.count, str(hot.follow_up.within)) == (3, "24h")
    assert told.marketing is not None
    assert told.marketing.qualified_leads is not None
    assert (told.marketing.qualified_leads.count, told.marketing.minimum_score, told.marketing.accepted_share) == (
        100,
        50,
        0.8,
    )
    assert told.handoff is not None
    assert told.handoff.requires == ("company", "phone", "bant.need")
    assert told.calendar_of(hot) is told.calendar


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_the_examples_are_right(file):
    told = agreement(file)
    assert told.calendar.openings(date(2026, 3, 2), date(2026, 3, 8))
    assert agreement(told.told()) == told


def test_the_same_meaning_has_the_same_hash():
    def definition(**told: Any) -> str:
        return agreement(changed(**told)).definition.split("@")[1]

    same = agreement(TOML_IN_OTHER_WORDS).definition.split("@")[1]
    assert definition() == definition(name="other") == same
    assert definition() != definition(effective_from="2026-01-02")
    assert definition() != definition(handoff={"expires_after": "41h"})


TOML_IN_OTHER_WORDS = {
    "name": "in other words",
    "effective_from": "2026-01-01",
    "calendar": {
        "zone": "Europe/Berlin", "holidays": "DE-BY", "closed": [date(2026, 12, 24)], "open": "2026-03-07 10:00-14:00",
        "hours": {"mon": ["13:00-18:00", "09:00-12:00"], "tue": []},
    },
    "sales": {
        "tier": [
            {"id": "hot", "when": 'score>=80 or (tier == "hot")', "response": "60min", "decision": "4h",
             "follow_up": {"count": 3, "within": "24h"}},
            {"id": "standard", "response": "8h"},
        ]
    },
    "marketing": {"qualified_leads": {"count": 100, "per": "month"}, "minimum_score": 50, "accepted_share": 0.8},
    "handoff": {"requires": ["company", "phone", "bant.need"], "expires_after": "40h"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"09:00-12:00", "13', '"09:00-13:30", "13', 10, "calendar.hours.mon: 09:00-13:30 and 13:00-18:00 overlap"),
        ('"09:00-12:00", "13:00-18:00"]', '"22:00-06:00"]\ntue = ["05:00-09:00"]', 10, "mon: runs into tue: .*overlap"),
        ('13:00-18:00"', '13:00-25:00"', 10, "no such time of day"),
        ('13:00-18:00"', '13:00-13:00"', 10, "no time at all"),
        ('13:00-18:00"', '1-6pm"', 10, "write 09:00-12:00"),
        ('mon = ["09:00-12:00", "13:00-18:00"]', "mon = []", 9, "nothing would ever be due"),
        ("mon =", "monday =", 10, r"is no key here \(meant: mon\?\)"),
        ("Europe/Berlin", "Europe/Munich", 5, "'Europe/Munich' is no IANA time zone"),
        ("DE-BY", "DE-BX", 6, "DE has no state 'BX'; there are BB, BE, BW, BY"),
        ("DE-BY", "XX", 6, "no country whose holidays are known"),
        ("DE-BY", "Germany", 6, "write a country's code of two letters"),
        ("2026-12-24", "2026-02-30", 7, "closed.1: '2026-02-30' is no date"),
        ("2026-12-24", "24.12.2026", 7, "write 2026-12-24"),
        ('"2026-12-24"', '"2026-12-24",\n"2026-12-24 10:00-12:00"', 8, "closed.2: 2026-12-24 is there twice"),
        ('"2026-12-24"', '"2026-12-24 09:00-11:00",\n"2026-12-24 10:00-12:00"', 8, "overlap"),
        ("2026-03-07 10:00-14:00", "2026-03-07", 8, "is open, but when"),
        ('id = "standard"', 'id = "standard"\nwhen = "tier == \'hot\' and score > 90"', 22, "tier.2.when: no lead reaches the tier 'standard'"),
        ('when = "score >= 80 or tier == \'hot\'"\n', "", 19, "tier.2: no lead reaches the tier 'standard': 'hot' before it has no `when`"),
        ('id = "standard"', 'id = "hot"', 21, "'hot' is there twice"),
        ("score >= 80", "scor >= 80", 16, r"when: there is no field 'scor' \(meant: score\?\)"),
        ("score >= 80", "score == 'hot'", 16, "score is a number"),
        ('response = "1h"', 'respnse = "1h"', 17, r"is no key here \(meant: response\?\)"),
        ('response = "1h"', 'response = "0h"', 17, "promises no time at all"),
        ('response = "1h"', 'response = "2d"', 17, "so say hours"),
        ('response = "1h"', 'response = "99999h"', 17, "more than 10,000 hours"),
        ('response = "1h"', 'response = "9000h"', 17, "takes 22 years of that calendar"),
        ("count = 3", "count = 0", 19, "0 is no number that can be promised"),
        ('"month"', '"fortnight"', 25, "'day', 'week', 'month', 'quarter' or 'year'"),
        ("0.8", '"80%"', 27, "a part of 1, like 0.8"),
        ('"phone"', '"fone"', 30, r"requires.2: 'fone' is none of .*\(meant: phone\?\)"),
        ('"visit"', '"visits"', 13, r"\(meant: visit\?\)"),
        ("effective_from = 2026-01-01\n", "", 1, "effective_from: is missing"),
        ("2026-01-01", "2026-01-01T09:00:00", 2, "is no date"),
        ("[marketing]", "[maketing]", 24, r"\(meant: marketing\?\)"),
    ],
)  # fmt: skip
def test_a_slip_names_file_line_and_the_fix(tmp_path, old, new, line, said):
    assert old in TOLD
    (tmp_path / "ours.toml").write_text(TOLD.replace(old, new, 1))
    with pytest.raises(DefinitionError, match=f"^ours.toml, line {line}: .*{said}"):
        agreement(tmp_path / "ours.toml")


def test_two_entries_of_one_date_are_its_hours_where_they_do_not_contradict():
    told = agreement(
        changed(
            calendar=tomllib.loads(TOLD)["calendar"] | {"open": ["2026-03-07 10:00-12:00", "2026-03-07 13:00-14:00"]}
        )
    )
    assert told.told()["calendar"]["open"] == ["2026-03-07 10:00-12:00, 13:00-14:00"]
    assert agreement(told.told()) == told


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 1),
        (("calendar", "closed", 0), 7),
        (("calendar", "hours", "mon", 1), 10),
        (("sales", "tier", 1, "id"), 21),
        (("sales", "tier", 1, "when"), 20),  # is not there: its table is
        (("nowhere",), 1),
    ],
)
def test_the_line_of_a_key(path, line):
    assert line_of(TOLD, path) == line


@pytest.mark.parametrize(
    ("text", "micros", "said"),
    [("1h", 60, "1h"), ("90min", 90, "1h 30min"), ("1h 30min", 90, "1h 30min"), ("1h30min", 90, "1h 30min"), ("8h wall", 480, "8h wall")],
)  # fmt: skip
def test_a_span_is_hours_and_minutes(text, micros, said):
    span = Span.of(text)
    assert (span.micros, str(span), span.wall) == (micros * 60_000_000, said, text.endswith("wall"))
    assert Span.of(str(span)) == span


def version(position: int, day: str, zone: str = "Europe/Berlin") -> Version:
    calendar = tomllib.loads(TOLD)["calendar"] | {"zone": zone}
    return Version(agreement(changed(effective_from=day, calendar=calendar)), position, position)


def test_the_latest_first_day_is_in_force_and_of_one_day_the_one_recorded_last():
    found = reigns(
        [version(1, "2026-01-01"), version(2, "2026-06-01"), version(3, "2026-03-01"), version(4, "2026-06-01")]
    )
    assert [reign.version.position for reign in found] == [1, 3, 4]
    assert [reign.ends for reign in found] == [found[1].begins, found[2].begins, None]
    assert in_force(found, found[0].begins - 1) is None
    for reign in found:
        assert in_force(found, reign.begins) is reign.version


def test_a_version_recorded_later_for_the_same_day_rules_whatever_its_zone():
    berlin, york = version(2, "2026-01-01"), version(1, "2026-01-01", "America/New_York")
    assert [reign.version for reign in reigns([york, berlin])] == [berlin]


def test_an_agreement_is_a_value():
    assert agreement(changed()) == Agreement.model_validate(changed())
