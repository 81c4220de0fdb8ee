"""What the views of the agreement answer: definition, columns, rows, notes."""

from collections.abc import Callable, Sequence

from projections.asked import Asked, Limits
from projections.errors import QuestionError
from projections.known import Known
from projections.result import Column
from projections.rows import Row
from projections.sla.agreed import agreed
from projections.sla.explain import COLUMNS as OF_THE_PROOF
from projections.sla.explain import explained
from projections.sla.marketing import COLUMNS as OF_MARKETING
from projections.sla.marketing import marketing as side_of_marketing
from projections.sla.sla import MEASURES, OWNERS, VERDICTS, Sla
from projections.sla.suggest import COLUMNS as OF_SUGGESTIONS
from projections.sla.suggest import check_share, stretched, suggestions
from projections.sla.work_list import COLUMNS as OF_THE_WORK_LIST
from projections.sla.work_list import paused, work_list

Answer = tuple[str, list[Column], Sequence[Row], list[str]]


def _sla(known: Known, asked: Asked, limits: Limits) -> Sla:
    return Sla(known, agreed(known.business(), asked.what_if), asked, limits)


def summary(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla`: a row for each promise."""
    sla = _sla(known, asked, limits)
    return sla.agreed.definition, [*sla.key_columns, Column("promise"), *MEASURES], sla.rows(), sla.notes()


def verdicts(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla verdicts`: a row for each handoff and promise."""
    sla = _sla(known, asked, limits)
    return sla.agreed.definition, list(VERDICTS), sla.verdicts(), sla.notes()


def opened(promise: str, column: str) -> Callable[[Known, Asked, Limits], Answer]:
    """The verdicts behind a number of the summary."""

    def answer(known: Known, asked: Asked, limits: Limits) -> Answer:
        sla = _sla(known, asked, limits)
        columns = [*VERDICTS, *([Column("counted")] if column == "compliance" else [])]
        return sla.agreed.definition, columns, sla.opened(promise, column), sla.notes()

    return answer


def owners(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla owners`: a row for each handoff, promise and owner."""
    sla = _sla(known, asked, limits)
    return sla.agreed.definition, list(OWNERS), sla.owners(), sla.notes()


def marketing(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla marketing`: a row for each period and promise."""
    told, rows = side_of_marketing(known, asked, limits)
    return told.definition, list(OF_MARKETING), rows, list(told.notes)


def due(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla due`: a row for each promise that runs out."""
    sla = _sla(known, asked, limits)
    sla.own()
    rows = work_list(known.connection, asked, limits)
    return sla.agreed.definition, list(OF_THE_WORK_LIST), rows, [*sla.notes(), *paused(known.connection)]


def explain(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla explain`: a row for each interval of a handoff's promises, and their sum. Raises QuestionError."""
    if asked.handoff is None:
        raise QuestionError("handoff: say which one")
    sla = _sla(known, asked, limits)
    judged = sla.verdicts()
    if not judged and not sla.knows(asked.handoff):
        raise QuestionError(f"no handoff {asked.handoff!r} is known here; `leadlog handoffs` lists them")
    if not judged:
        raise QuestionError(
            f"nothing is promised for the handoff {asked.handoff!r}: no tier of {sla.agreed.definition} fits it"
        )
    rows = explained(known.connection, sla.agreed.calendars, limits.zone)
    return sla.agreed.definition, list(OF_THE_PROOF), rows, [*map(_sentence, judged), *sla.notes()]


def suggest(known: Known, asked: Asked, limits: Limits) -> Answer:
    """`sla suggest`: a row for each promise, tier and team. Raises QuestionError."""
    check_share(asked.met)
    told = agreed(known.business(), asked.what_if)
    sla = Sla(known, stretched(told), asked, limits)
    return told.definition, list(OF_SUGGESTIONS), suggestions(known.connection, told, asked.met), sla.notes()


def _sentence(row: Row) -> str:
    due, done = row["due_at"], row["done_at"]
    why = f" ({row['reason']})" if row["reason"] else ""
    parts = [
        f"started {row['started_at']}" if row["started_at"] else "",
        f"due {due}" if due else "",
        f"done {done}" if done else "",
    ]
    return f"{row['promise']}, tier {row['tier']}: {row['verdict']}{why}; " + ", ".join(filter(None, parts))
