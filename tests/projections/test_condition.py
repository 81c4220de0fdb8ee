"""Conditions: what they say of a lead, and what is refused when they are read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.definitions.condition import NAMES, Condition
from projections.definitions.unreachable import never_first

HOT = {"score": 85, "tier": "hot", "region": "us", "to_team": "sales"}
UNKNOWN: dict[str, object] = {"score": None}


@pytest.mark.parametrize(
    ("text", "of_hot", "of_unknown"),
    [
        ("score >= 80 or tier == 'hot'", True, False),
        ("score >= 80 and tier == 'cold'", False, False),
        ("score > 85", False, False),
        ("score < 100", True, False),  # unknown compared with anything is false
        ("score != 3", True, False),
        ("score >= 84.5", True, False),
        ("score == -3", False, False),
        ('tier == "hot"', True, False),
        ("tier in ['warm', 'hot']", True, False),
        ("region not in ('de', 'at')", True, False),
        ("not region == 'de'", True, True),  # not says the contrary of whatever it is
        ("score == null", False, True),
        ("tier != null", True, False),
        ("tier == 'cold' or region == 'us' and score > 80", True, False),  # and binds closer
        ("(tier == 'hot' or region == 'us') and score > 90", False, False),
        ("not (tier == 'hot' and score > 90)", True, True),
        ("to_team == 'sales'", True, False),
    ],
)
def test_a_condition_holds_or_not(text, of_hot, of_unknown):
    assert Condition(text).holds(HOT) is of_hot
    assert Condition(text).holds(UNKNOWN) is of_unknown


def test_it_tells_which_fields_it_asks_for():
    assert Condition("score >= 80 or tier in ['hot', 'warm']").names == {"score", "tier"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scor >= 80", r"no field 'scor' \(meant: score\?\)"),
        ("score == 'hot'", "score is a number and never 'hot'"),
        ("tier == 3", "tier == '3'"),
        ("tier > 'a'", "texts have no order"),
        ("score > null", "null is neither more nor less"),
        ("tier in ['a', null]", "null in a list"),
        ("origin == 'inbund'", r"meant: inbound\?"),
        ("email == 'x'", "personal and sealed"),
        ("score = 80", "write =="),
        ("tier == hot", "here may stand a number, a text in quotes, null"),
        ("tier == “hot”", "straight quotes"),
        ("score >= 80 OR tier == 'hot'", "here may stand and, or, the end"),
        ("(score > 1", r"at its end: here may stand \), and, or"),
        ("", "at its end"),
        ("score", "at its end"),
        ("1 == 1", "character 1"),
        ("score + 1 > 3", "character 7"),
        ("__import__('os')", "character 1"),
        ("score.real > 3", "character 6"),
        ("not " * 300 + "score > 3", "at most 1,000 characters"),
        (7, "is no condition"),
    ],
)
def test_a_slip_is_refused_when_it_is_read(text, said):
    with pytest.raises(ValueError, match=said):
        Condition(text)


NUMBER = st.integers(-5, 5)
ATOMS = st.one_of(
    st.builds("score {} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBER),
    st.builds(
        "{} {} '{}'".format, st.sampled_from(["tier", "region"]), st.sampled_from(["==", "!="]), st.sampled_from("ab")
    ),
    st.builds("{} {} null".format, st.sampled_from(["score", "tier"]), st.sampled_from(["==", "!="])),
    st.sampled_from(["tier in ['a', 'b']", "region not in ['a']", "score in [1, 2]"]),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda some: st.one_of(
        st.builds("({} or {})".format, some, some),
        st.builds("({} and {})".format, some, some),
        st.builds("not {}".format, some),
    ),
    max_leaves=6,
)
LEADS = st.fixed_dictionaries(
    {
        "score": st.none() | NUMBER,
        "tier": st.none() | st.sampled_from("abc"),
        "region": st.none() | st.sampled_from("abc"),
    }
)


@given(CONDITIONS, LEADS)
def test_its_text_means_the_same_when_it_is_read_again(text, lead):
    condition = Condition(text)
    again = Condition(str(condition))
    assert str(again) == str(condition)
    assert again.holds(lead) == condition.holds(lead)


@given(st.lists(st.none() | CONDITIONS.map(Condition), min_size=1, max_size=4), st.lists(LEADS, max_size=20))
def test_a_condition_that_is_said_to_be_never_first_is_first_for_no_lead(conditions, leads):
    never = never_first(conditions)
    for lead in leads:
        first = next((at for at, one in enumerate(conditions) if one is None or one.holds(lead)), None)
        assert first is None or first != never


@pytest.mark.parametrize(
    ("texts", "never"),
    [
        (["score >= 80", None], None),
        ([None, "score >= 80"], 1),
        (["score >= 80", "score>=80"], 1),
        (["score >= 50", "score >= 80"], 1),
        (["score >= 80", "score >= 50"], None),
        (["score > 80 and score < 81"], 0),
        (["score > 80 and score < 82"], None),
        (["tier == 'a' or region == 'b'", "region == 'b' and score > 3"], 1),
        (["score == null", "score != null", None], 2),
        (["origin == 'inbound'", "origin == 'outbound'", "origin != null"], 2),
    ],
)
def test_a_tier_that_no_lead_reaches_is_found(texts, never):
    assert never_first([None if text is None else Condition(text) for text in texts]) == never


def test_what_tells_too_many_leads_apart_is_not_proved():
    texts = [" and ".join(f"{name} in ['a', 'b', 'c', 'd']" for name in NAMES[1:] if name != "origin")] * 2
    assert never_first([Condition(text) for text in texts]) is None


def test_numbers_are_compared_exactly():
    assert Condition("score >= 0.1").holds({"score": Decimal("0.1")})
