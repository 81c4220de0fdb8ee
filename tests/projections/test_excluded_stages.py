"""Who enters an excluded stage counts nowhere: `journey`, `experiments` and `cohorts` equal their references without them."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.projections import credits_reference, journey_reference, test_credits, test_journey
from tests.projections.histories import logs
from tests.projections.reference import STAGES, WATERFALL
from tests.projections.test_funnel_reference import questions

FEW = settings(max_examples=max(5, settings.default.max_examples // 10))
EXCLUDED = st.sampled_from(["sql", "offer"])


def model(excluded):
    stages = [{"name": stage, "events": [WATERFALL[stage]], "excluded": stage == excluded} for stage in STAGES]
    return {"name": "without", "stage": stages}


@FEW
@given(log=logs(), question=questions(), excluded=EXCLUDED, through=test_journey.THROUGH)
def test_a_journey_that_entered_it_has_no_path(log, question, excluded, through):
    found = test_journey.asked(log, question, through, model=model(excluded))[0].rows
    expected = journey_reference.paths(log, question, through, frozenset({WATERFALL[excluded]}))
    test_journey.same(found, expected)


@FEW
@given(log=logs(), question=questions(), excluded=EXCLUDED)
def test_a_lead_that_entered_it_is_in_no_variant(log, question, excluded):
    question = replace(question, grain=None)
    found = test_credits.rows("experiments", log, **test_credits.told(question, model=model(excluded)))
    plain = replace(question, **test_credits.NOTHING_MORE)
    assert {(row["experiment"], row["variant"]): (row["leads"], row["converted"]) for row in found} == {
        place: counts[:2]
        for place, counts in credits_reference.trials(log, plain, frozenset({WATERFALL[excluded]})).items()
    }


@FEW
@given(log=logs(), question=questions(), excluded=EXCLUDED)
def test_a_lead_that_entered_it_is_in_no_cohort(log, question, excluded):
    question = replace(question, grain="week")
    found = test_credits.rows("cohorts", log, **test_credits.told(question, model=model(excluded)))
    plain = replace(question, **test_credits.NOTHING_MORE | {"grain": "week"})
    expected = credits_reference.cohorts(log, plain, frozenset({WATERFALL[excluded]}))
    assert {
        (test_credits._week(row["period"]), row["after"]): (
            row["leads"],
            row["reached"],
            round(row["revenue_so_far"] * 100),
        )
        for row in found
    } == expected
