"""What the views of the agreement answer: definition, columns, rows, notes."""

from typing import Any

import duckdb

from projections.asked import Asked, Limits
from projections.result import Column
from projections.sla.marketing import COLUMNS as OF_MARKETING
from projections.sla.marketing import marketing as side_of_marketing
from projections.sla.sla import MEASURES, OWNERS, VERDICTS, Sla

Answer = tuple[str, list[Column], list[dict[str, Any]], list[str]]


def summary(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> Answer:
    """`sla`: a row for each promise."""
    sla = Sla(connection, asked, limits)
    return sla.agreed.definition, [*sla.key_columns, Column("promise"), *MEASURES], sla.rows(), sla.notes()


def verdicts(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> Answer:
    """`sla verdicts`: a row for each handoff and promise."""
    sla = Sla(connection, asked, limits)
    return sla.agreed.definition, list(VERDICTS), sla.verdicts(), sla.notes()


def owners(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> Answer:
    """`sla owners`: a row for each handoff, promise and owner."""
    sla = Sla(connection, asked, limits)
    return sla.agreed.definition, list(OWNERS), sla.owners(), sla.notes()


def marketing(connection: duckdb.DuckDBPyConnection, asked: Asked, limits: Limits) -> Answer:
    """`sla marketing`: a row for each period and promise."""
    told, rows = side_of_marketing(connection, asked, limits)
    return told.definition, list(OF_MARKETING), rows, list(told.notes)
