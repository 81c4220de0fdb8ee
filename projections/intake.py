"""What came in: runs, sources and the gaps in what they sent. Over the history, as it was known."""

from typing import Any

from projections.asked import Limits
from projections.database import rows_of, sql
from projections.history import History, Moment
from projections.known import Known

Answer = tuple[int, list[dict[str, Any]]]


def runs(history: History, within: Limits) -> Answer:
    """The position that is covered and a row a run: run, sources, began, ended (µs), events, leads, first_position, last_position, retracted."""
    return history.answer(lambda moment: _answered(moment, within, "runs.sql"))


def sources(history: History, within: Limits) -> Answer:
    """The position that is covered and a row a source: source, events, runs, last_run, last_event, last_known, usual, gaps, longest_gap (µs)."""
    return history.answer(lambda moment: _answered(moment, within, "sources.sql"))


def gaps(history: History, within: Limits) -> Answer:
    """The position that is covered and a row a gap: source, after, before, length, usual (µs)."""

    def compute(moment: Moment) -> Answer:
        known = Known(moment, within.as_of)
        connection = known.everything()
        connection.execute(sql("sources.sql")).fetchall()
        ordered = "SELECT source, after, before, length, usual FROM gaps ORDER BY source, after"
        return known.position, rows_of(connection, ordered)

    return history.answer(compute)


def events_of_run(history: History, run: str) -> int:
    """How many events that run brought. The log has no index by run; the history's column is looked through in no time."""

    def compute(moment: Moment) -> int:
        moment.events()
        found = moment.connection.execute("SELECT count(*) FROM events WHERE run = $run", {"run": run})
        return int(found.fetchall()[0][0])

    return history.answer(compute)


def _answered(moment: Moment, within: Limits, query: str) -> Answer:
    known = Known(moment, within.as_of)
    return known.position, rows_of(known.everything(), sql(query))
