"""Every view by its name: those of the projections, and those that the engine answers itself (it alone can open what is sealed)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.anomalies import anomalies
from engine.handoff_view import with_sealed
from engine.lead_story import story, told
from engine.names import found, shown
from engine.quarantined import quarantine
from engine.sources import gaps, runs, sources
from engine.workspace import Workspace
from events.instants import wire
from projections.asked import Asked, limits
from projections.errors import QuestionError
from projections.history import History
from projections.kpi.catalogue import own_kpis
from projections.result import Result
from projections.rows import Row, changed, values
from projections.views import VIEWS
from projections.views import ask as ask_history
from projections.views import open_cell as open_history_cell
from projections.views import open_kpi as open_history_kpi
from projections.views import open_number as open_history_number

OF_HANDOFFS = ("handoffs", "handoffs self")
HANDOFFS_OPENED = (*OF_HANDOFFS, "handoffs matrix", "handoffs matrix teams", "handoffs reasons")


def ask(
    workspace: Workspace,
    view: str,
    options: Mapping[str, Any],
    now: int | None = None,
    model: Mapping[str, Any] | None = None,
    kpis: Mapping[str, Any] | None = None,
) -> Result:
    """The answer of a view, with leads by the names that people use.

    options: as in CONTRACT.md, section 4. now: µs, the asked instant where no option says it. model: a funnel model.
    kpis: own ones.
    """
    told = dict(options)
    if model is not None:
        told.setdefault("model", model)
    if view == "kpi" and (own := kpis or own_of(workspace)):
        told["kpis"] = own
    asked = asked_of(workspace, told)
    asked_at = workspace.clock() if now is None else now
    if view in OWN:
        return OWN[view](workspace, asked, asked_at)
    if view not in VIEWS:
        raise QuestionError(f"there is no view {view!r}; there are {', '.join(sorted({*VIEWS, *OWN}))}")
    settings, history = workspace.settings, History.open(workspace.history, workspace.log)
    result = ask_history(view, history, asked, settings.zone, lambda: asked_at, settings.currency)
    if view in OF_HANDOFFS:
        result = with_sealed(workspace, result, limits(asked, settings.zone, lambda: asked_at).as_of)
    return named(workspace, result)


def open_cell(workspace: Workspace, stage: str, column: str, options: Mapping[str, Any]) -> Result:
    """The leads behind a number of the funnel: as many rows as the number says."""
    settings, history = workspace.settings, History.open(workspace.history, workspace.log)
    asked = asked_of(workspace, options)
    result = open_history_cell(history, asked, settings.zone, workspace.clock, stage, column, settings.currency)
    return named(workspace, result)


def open_number(workspace: Workspace, view: str, number: str, options: Mapping[str, Any]) -> Result:
    """What is counted behind a number of a view: a row for each thing, over all rows that are asked for."""
    settings, history = workspace.settings, History.open(workspace.history, workspace.log)
    asked, asked_at = asked_of(workspace, options), workspace.clock()
    result = open_history_number(view, history, asked, settings.zone, lambda: asked_at, number, settings.currency)
    if view in HANDOFFS_OPENED:
        result = with_sealed(workspace, result, limits(asked, settings.zone, lambda: asked_at).as_of)
    return named(workspace, result)


def open_kpi(workspace: Workspace, options: Mapping[str, Any], kpis: Mapping[str, Any] | None = None) -> Result:
    """What is counted behind the values of the KPIs that are asked for: a row for each thing and measure."""
    own = kpis or own_of(workspace)
    asked = Asked.of({**options, **({"kpis": own} if own else {})})
    settings, history = workspace.settings, History.open(workspace.history, workspace.log)
    return named(workspace, open_history_kpi(history, asked, settings.zone, workspace.clock, settings.currency))


def asked_of(workspace: Workspace, options: Mapping[str, Any]) -> Asked:
    """The options as a question; the lead that is named is looked up. Raises QuestionError, NoSuchLead, SeveralLeads."""
    lead = options.get("lead")
    number = None if lead is None else found(workspace.log, workspace.keys, str(lead))
    return Asked.of({**options, "lead": number})


def own_of(workspace: Workspace) -> Mapping[str, Any]:
    """The KPIs that the workspace's settings add. Raises DefinitionError."""
    return {} if workspace.kpis is None else own_kpis(workspace.kpis)


def named(workspace: Workspace, result: Result) -> Result:
    """The result with the leads' dense numbers replaced by what people call them."""
    leads = {lead for lead in values(result.rows, "lead") if isinstance(lead, int)}
    if not leads:
        return result
    names = shown(workspace.log, leads)

    def told(row: Row) -> Row:
        return {**row, "lead": names.get(row["lead"], row["lead"])} if "lead" in row else row

    return replace(result, rows=changed(result.rows, lambda rows: map(told, rows)))


def _lead(workspace: Workspace, asked: Asked, now: int) -> Result:
    if asked.lead is None:
        raise QuestionError("lead: say which one")
    cut = limits(asked, workspace.settings.zone, lambda: now)
    as_of = None if cut.as_of is None else wire(cut.as_of)
    return told(story(workspace.log, asked.lead, cut.as_of), cut.zone, workspace.log.head().position, as_of)


def _anomalies(workspace: Workspace, asked: Asked, now: int) -> Result:
    history = History.open(workspace.history, workspace.log)
    return named(workspace, anomalies(workspace.log, history, asked, workspace.settings.zone, lambda: now))


# Those that the engine answers.
OWN: Mapping[str, Callable[[Workspace, Asked, int], Result]] = {
    "lead": _lead,
    "anomalies": _anomalies,
    "quarantine": quarantine,
    "runs": runs,
    "sources": sources,
    "sources gaps": gaps,
}
