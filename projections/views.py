"""The list of views, and how one is asked. Command line, HTTP, exports and cases read it; a new view is its files and a line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from projections.asked import Asked, Clock, Limits, limits
from projections.attribution.attribution import attribution, opened_credits
from projections.cohorts.cohorts import cohorts, opened_cohorts
from projections.errors import QuestionError
from projections.experiments.experiments import experiments, opened_experiments
from projections.funnel.funnel import Funnel
from projections.handoffs import answers as audit
from projections.handoffs import opened as behind
from projections.history import History, Moment
from projections.journey.journey import journey, opened_journeys
from projections.known import Known
from projections.kpi.catalogue import catalogue as kpis
from projections.kpi.kpi import Report
from projections.pipeline import answers as pipeline
from projections.result import Column, Result, instant
from projections.rows import Row
from projections.scorecards import answers as scorecards
from projections.scorecards.classes import CUSTOMERS, customers
from projections.sla import answers as sla
from projections.sla.behind import opened_marketing, opened_suggestion
from projections.wait import wait as waiting

Answer = tuple[str | None, Sequence[Column], Sequence[Row], Sequence[str]]  # definition, columns, rows, notes

Answering = Callable[[Known, Asked, Limits], Answer]
Opening = Callable[[Known, Asked, Limits, str], Answer]  # the last: which number, as the view names it


@dataclass(frozen=True, slots=True)
class View:
    """name: as it is asked for. grain: what a row stands for. options: those that it takes. answer: over what is known.

    open: what is counted behind one of its numbers.
    """

    name: str
    grain: str
    options: tuple[str, ...]
    answer: Answering
    open: Opening | None = None


def _funnel(known: Known, asked: Asked, limits: Limits) -> Answer:
    funnel = Funnel(known, asked, limits)
    return (
        funnel.model.definition,
        funnel.columns,
        funnel.rows(),
        [*_closed(funnel), *_undated(funnel), *funnel.notes()],
    )


def _per_lead(known: Known, asked: Asked, limits: Limits) -> Answer:
    funnel = Funnel(known, asked, limits)
    return funnel.model.definition, funnel.columns_per_lead, funnel.per_lead(), [*_undated(funnel), *funnel.notes()]


def _closed(funnel: Funnel) -> list[str]:
    won, lost = funnel.closed()
    return [f"deals closed: {won:,} won, {lost:,} lost ({won / (won + lost):.2%} won)"] if lost else []


def _undated(funnel: Funnel) -> list[str]:
    count = funnel.undated()
    return [f"{count} entries are undated and fall into no period"] if count else []


def _kpi(known: Known, asked: Asked, limits: Limits) -> Answer:
    catalogue = kpis(asked.kpis)
    report = Report(known, asked, limits, catalogue)
    return catalogue.definition(report.ids), report.columns, report.rows(), report.notes()


def open_kpi(history: History, asked: Asked, zone: str, clock: Clock, currency: str = "EUR") -> Result:
    """What is counted behind the values of the KPIs that are asked for: a row for each thing and measure. Raises QuestionError."""

    def opened(known: Known, asked: Asked, limits: Limits) -> Answer:
        catalogue = kpis(asked.kpis)
        report = Report(known, asked, limits, catalogue)
        return catalogue.definition(report.ids), report.columns_behind, report.behind(), report.notes()

    return _answered("kpi", history, asked, limits(asked, zone, clock, currency), opened)


WINDOW = ("since", "until", "as_of", "now", "period", "zone")
FUNNEL = (*WINDOW, "by", "filter", "at", "model", "count", "basis", "per", "within", "compare", "money", "currency")
PIPELINE = (*WINDOW, "by", "filter", "at", "currency")
STANDING = ("until", "as_of", "now", "zone", "by", "filter", "at", "currency")
HANDOFFS = (*WINDOW, "filter", "at", "lead", "handoff")
SLA = (*WINDOW, "filter", "at", "lead", "handoff", "what_if")
KPI = (*WINDOW, "by", "filter", "at", "basis", "kpi", "kpis", "currency", "compare", "fiscal_year_start")
SCORECARD = (*WINDOW, "by", "filter", "at", "basis", "currency", "fiscal_year_start")
ATTRIBUTION = (*WINDOW, "by", "filter", "at", "model", "per", "within", "rules", "currency")
GOAL = (*WINDOW, "by", "filter", "at", "model", "goal")
VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View("funnel", "stage", FUNNEL, _funnel),
        View("handoffs", "handoff", (*HANDOFFS, "by"), audit.handoffs, behind.opened_handoffs),
        View("handoffs self", "handoff", HANDOFFS, audit.self_handoffs),
        *(
            View(name, grain, HANDOFFS, audit.matrix(*pair), behind.opened_matrix(*pair))
            for name, grain, pair in (
                ("handoffs matrix", "giver × receiver", audit.OWNERS),
                ("handoffs matrix teams", "team × team", audit.TEAMS),
            )
        ),
        View("handoffs reasons", "reason", (*HANDOFFS, "by"), audit.reasons, behind.opened_reasons),
        View("handoffs pingpong", "lead", HANDOFFS, audit.pingpong),
        View("handoffs unanswered", "handoff", HANDOFFS, audit.unanswered),
        View("handoffs orphans", "lead", ("as_of", "now", "zone", "lead"), audit.orphans),
        View("wait", "party", (*WINDOW, "by", "filter", "at", "lead"), waiting.wait, waiting.opened_wait),
        View("wait journeys", "piece of a journey", (*WINDOW, "filter", "at", "lead"), waiting.journeys),
        View("funnel.per_lead", "journey × stage", FUNNEL, _per_lead),
        View("kpi", "KPI × period", KPI, _kpi),
        View("movement", "bucket", PIPELINE, pipeline.movement, pipeline.opened_movement),
        View("pipeline", "stage", STANDING, pipeline.pipeline, pipeline.opened_pipeline),
        View("forecast", "period", PIPELINE, pipeline.forecast, pipeline.opened_forecast),
        View(
            "forecast replay",
            "period that is over",
            (*WINDOW, "filter", "at", "currency"),
            pipeline.replay,
            pipeline.opened_of_replay,
        ),
        *(
            View(name, grain, SCORECARD, scorecards.scorecard(name), scorecards.opened(name))
            for name, grain in (
                ("reps", "representative"),
                ("channels", "channel"),
                ("activity", "representative × kind"),
                ("segments", "segment"),
            )
        ),
        View(CUSTOMERS, "customer", SCORECARD, customers, scorecards.opened(CUSTOMERS)),
        View("journey", "path", (*WINDOW, "by", "filter", "at", "model", "through", "rules"), journey, opened_journeys),
        View("attribution", "value of a dimension", ATTRIBUTION, attribution, opened_credits),
        View("experiments", "variant", GOAL, experiments, opened_experiments),
        View("cohorts", "cohort × period", (*GOAL, "currency"), cohorts, opened_cohorts),
        View("sla", "promise", (*SLA, "by"), sla.summary),
        View("sla verdicts", "handoff × promise", SLA, sla.verdicts),
        View("sla owners", "handoff × promise × owner", SLA, sla.owners),
        View("sla due", "open promise", (*SLA, "within", "overdue"), sla.due),
        View("sla explain", "interval", SLA, sla.explain),
        View("sla suggest", "promise × tier × team", (*SLA, "met"), sla.suggest, opened_suggestion),
        View("sla marketing", "period × promise", WINDOW, sla.marketing, opened_marketing),
    )
}


OPENED = tuple(name for name, view in VIEWS.items() if view.open is not None)


def ask(view: str, history: History, asked: Asked, zone: str, clock: Clock, currency: str = "EUR") -> Result:
    """The answer of a view over the whole log as it is now.

    zone, currency: the workspace's, where no option names one. clock: µs, read where no option says the asked instant.
    Raises QuestionError with one sentence for what cannot be asked.
    """
    found = _view(view)
    if strange := sorted(asked.model_fields_set - set(found.options)):
        raise QuestionError(f"`{view}` has no option `{strange[0]}`; it takes {', '.join(found.options)}")
    return _answered(view, history, asked, limits(asked, zone, clock, currency), found.answer)


def open_number(
    view: str, history: History, asked: Asked, zone: str, clock: Clock, number: str, currency: str = "EUR"
) -> Result:
    """What is counted behind a number of a view, over all rows that are asked for. Raises QuestionError."""
    opening = _view(view).open
    if opening is None:
        raise QuestionError(f"the numbers of `{view}` are not opened here; {', '.join(OPENED)} are")

    def opened(known: Known, asked: Asked, limits: Limits) -> Answer:
        return opening(known, asked, limits, number)

    return _answered(view, history, asked, limits(asked, zone, clock, currency), opened)


def open_cell(
    history: History, asked: Asked, zone: str, clock: Clock, stage: str, column: str = "entered", currency: str = "EUR"
) -> Result:
    """The journeys behind a number of the funnel; as many as the number says, over all rows of that stage. Raises QuestionError."""

    def opened(known: Known, asked: Asked, limits: Limits) -> Answer:
        funnel = Funnel(known, asked, limits)
        return funnel.model.definition, funnel.columns_per_lead, funnel.opened(stage, column), funnel.notes()

    return _answered("funnel.per_lead", history, asked, limits(asked, zone, clock, currency), opened)


def open_promise(
    history: History, asked: Asked, zone: str, clock: Clock, promise: str, column: str = "promised"
) -> Result:
    """The verdicts behind a number of `sla`; as many as the number says, over all rows of that promise. Raises QuestionError."""
    answer = sla.opened(promise, column)
    return _answered("sla verdicts", history, asked, limits(asked, zone, clock), answer)


def _view(name: str) -> View:
    if name not in VIEWS:
        raise QuestionError(f"there is no view `{name}`; there are {', '.join(VIEWS)}")
    return VIEWS[name]


def _answered(view: str, history: History, asked: Asked, within: Limits, answer: Answering) -> Result:
    def compute(moment: Moment) -> Result:
        known = Known(moment, within.as_of)
        definition, columns, rows, notes = answer(known, asked, within)
        return Result(view, definition, known.position, instant(within.as_of, None, within.zone), columns, rows, notes)

    return history.answer(compute)
