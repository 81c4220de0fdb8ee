"""Funnel models: what they count, and what is said of a slip."""

from typing import Any

import pytest

from projections.asked import Asked
from projections.definitions.funnel_model import BUILT_IN, funnel_model
from projections.errors import DefinitionError
from projections.history import History
from projections.views import ask
from tests.projections.fake_log import FakeLog, log_of

NAMES = {
    "waterfall": "lead mql sal sql opportunity offer won",
    "sales_funnel": "akquise kontakt angebot verhandlung abschluss",
    "buyers_journey": "awareness interest consideration intent evaluation",
}


def entered(log: FakeLog, model: Any, **options: Any) -> dict[str, int]:
    rows = ask("funnel", History.open(None, log), Asked.of({"model": model, **options}), "UTC", lambda: 0).rows
    return {row["stage"]: row["entered"] for row in rows if row["entered"]}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_models_have_the_stages_of_the_contract(name):
    model = funnel_model(name)
    assert " ".join(stage.name for stage in model.stages) == NAMES[name]
    assert all({"en", "de"} <= set(stage.label) for stage in model.stages)


def test_a_contact_is_made_by_people():
    log = log_of(
        [
            ("L1", "LeadCaptured", "2026-03-02T09:00:00Z"),
            (
                "L1",
                "InteractionLogged",
                "2026-03-03T09:00:00Z",
                {"kind": "email", "direction": "outbound", "automatic": True},
            ),
            ("L1", "InteractionLogged", "2026-03-04T09:00:00Z", {"kind": "page_view", "direction": "inbound"}),
        ]
    )
    assert entered(log, "sales_funnel") == {"akquise": 1}
    log.add(
        "L1", "InteractionLogged", "2026-03-05T09:00:00Z", kind="call", direction="outbound"
    )  # automatic left out: false
    log.add("L1", "OfferMade", "2026-03-06T09:00:00Z", offer="F1", opportunity="O1")
    assert entered(log, "sales_funnel", count="strict") == {"akquise": 1, "kontakt": 1, "angebot": 1}


def test_the_buyer_judges_after_the_purchase():
    log = log_of(
        [
            ("L1", "InteractionLogged", "2026-03-02T09:00:00Z", {"kind": "page_view", "direction": "inbound"}),
            ("L1", "InteractionLogged", "2026-03-03T09:00:00Z", {"kind": "download", "direction": "inbound"}),
            ("L1", "FeedbackGiven", "2026-03-04T09:00:00Z", {"kind": "nps", "score": 9}),
        ]
    )
    assert entered(log, "buyers_journey") == {"awareness": 1, "interest": 1, "evaluation": 1}


def test_a_model_from_a_file(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text(
        'name = "ours"\n[[stage]]\nname = "called"\nevents = [{ type = "InteractionLogged", kind = "call" }]\n'
    )
    log = log_of([("L1", "InteractionLogged", "2026-03-02T09:00:00Z", {"kind": "call", "direction": "inbound"})])
    assert entered(log, str(file)) == {"called": 1}


def test_an_event_may_enter_several_stages():
    model = {
        "name": "m",
        "stages": [{"name": "a", "events": ["LeadCaptured"]}, {"name": "b", "events": ["LeadCaptured", "DealWon"]}],
    }
    assert entered(log_of([("L1", "LeadCaptured", "2026-03-02T09:00:00Z")]), model, count="strict") == {"a": 1, "b": 1}


def test_a_label_changes_no_definition_and_a_condition_does():
    def model(**stage: Any) -> str:
        return funnel_model({"name": "m", "stage": [{"name": "a", "events": ["LeadCaptured"], **stage}]}).definition

    assert model(label={"de": "Anfang"}) == model()
    assert model(events=[{"type": "LeadCaptured", "channel": "web"}]) != model()


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([{"name": "a", "events": ["LeadCapture"]}], r"stage\.1\.events\.1: 'LeadCapture' is no event .*LeadCaptured"),
        ([{"name": "a", "events": ["SpendRecorded"]}], "no event of a lead"),
        ([{"name": "a", "events": [{"type": "InteractionLogged", "kinds": "call"}]}], "no field 'kinds'.*meant: kind"),
        ([{"name": "a", "events": [{"type": "InteractionLogged", "kind": "cal"}]}], "kind: 'cal' cannot be"),
        ([{"name": "a", "events": [{"type": "LeadCaptured", "email": "x"}]}], "no field 'email'"),
        ([{"name": "a", "events": [{"kind": "call"}]}], "names no event"),
        ([{"name": "a", "events": []}], r"stage\.1\.events"),
        ([{"name": "a", "events": ["DealWon"]}, {"name": "a", "events": ["DealWon"]}], "'a' is there twice"),
        ([{"name": "A b", "events": ["DealWon"]}], r"stage\.1\.name"),
        ([{"events": ["DealWon"]}], r"stage\.1\.name: is missing"),
        ([{"name": "a", "events": ["DealWon"], "evnts": 1}], r"stage\.1\.evnts: is no key"),
        ([], "stage"),
        (
            [{"name": "a", "events": ["DealWon"], "optional": True}],
            r"stage\.1\.optional: the first stage cannot be optional",
        ),
        ([{"name": "a", "events": ["DealWon"], "excluded": True}], r"stage\.1\.excluded: all stages are excluded"),
        (
            [
                {"name": "a", "events": ["LeadCaptured"]},
                {"name": "b", "events": ["DealWon"], "optional": True, "excluded": True},
            ],
            r"stage\.2\.excluded: a stage is optional or excluded, not both",
        ),
    ],
)
def test_a_slip_names_the_key_and_what_would_be_right(stages, said):
    with pytest.raises(DefinitionError, match=said):
        funnel_model({"name": "m", "stage": stages})


def test_a_slip_in_a_file_names_its_line(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text('name = "ours"\n\n[[stage]]\nname = "called"\nevents = [\n  "LeadCaptured",\n  "LeadCalled",\n]\n')
    with pytest.raises(DefinitionError, match=r"ours\.toml, line 7: stage\.1\.events\.2: 'LeadCalled' is no event"):
        funnel_model(str(file))


def test_a_file_that_is_none_is_named(tmp_path):
    (tmp_path / "broken.toml").write_text("name = ")
    for file, word in (("broken.toml", "is no TOML"), ("absent.toml", "cannot be read")):
        with pytest.raises(DefinitionError, match=f"{file}.*{word}"):
            funnel_model(str(tmp_path / file))
