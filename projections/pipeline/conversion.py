"""Measured conversion of the stages: how many of the deals that stood in one were won, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import duckdb

from projections.pipeline.deals import STAGES


@dataclass(frozen=True, slots=True)
class Conversion:
    """won of decided. low, high: the Wilson interval at 95 % (0 and 1 where nothing is decided)."""

    won: int
    decided: int

    @property
    def share(self) -> Fraction | None:
        """None where nothing is decided."""
        return Fraction(self.won, self.decided) if self.decided else None

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """Between which shares the true one lies."""
        if not self.decided:
            return Fraction(0), Fraction(1)
        from scipy.stats import binomtest  # noqa: PLC0415  # it takes half a second to load, which other commands need not wait for

        interval = binomtest(self.won, self.decided).proportion_ci(method="wilson")
        return Fraction(float(interval.low)), Fraction(float(interval.high))


def measured(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Conversion]:
    """By stage. Reads `conversion`."""
    found = {stage: (won, decided) for stage, won, decided in connection.sql("FROM conversion").fetchall()}
    return {stage: Conversion(*found.get(stage, (0, 0))) for stage in STAGES}
