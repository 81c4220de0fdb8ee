"""The funnel as a view: its columns, its steps, and the leads behind each of its numbers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from projections.asked import Asked, Limits
from projections.conditions import make_conditions
from projections.database import rows_of, sql, table
from projections.definitions.funnel_model import FunnelModel, funnel_model
from projections.dimensions import Dimension, dimension
from projections.errors import QuestionError
from projections.funnel.columns import COUNTS, MEASURES, PASSES, PER_LEAD, RATES, SPANS
from projections.funnel.compared import CHANGE, COMPARED, Comparison, beside, compared_columns
from projections.funnel.days import day_at, make_days, make_periods
from projections.funnel.step import funnel_step
from projections.funnel.windows import make_steps, windows
from projections.funnel.worth import COLUMNS as MONEY
from projections.funnel.worth import SELECTED, Worth, make_worth
from projections.known import Known
from projections.result import Column, instant
from projections.rows import Row, Rows
from projections.steps import per_lead

NOTHING_SKIPPED = (
    "CREATE TEMP VIEW skipping AS "
    "SELECT NULL::VARCHAR AS period, []::VARCHAR[] AS key, NULL::INTEGER AS stage, NULL::BIGINT AS arrived WHERE false;"
)
Cell = tuple[str | None, tuple[str | None, ...], str]  # period, values of the dimensions, stage


class Funnel:
    """A funnel that was asked for, over what is known."""

    def __init__(self, known: Known, asked: Asked, limits: Limits) -> None:
        self._asked = asked
        self._limits = limits
        self.model: FunnelModel = funnel_model(asked.model)
        self._cut_by = [dimension(name, asked.at) for name in asked.dimensions]
        filtered = [name for name in asked.filter if name not in asked.dimensions]
        self._dimensions: list[Dimension] = [*self._cut_by, *(dimension(name, asked.at) for name in filtered)]
        self._windows = windows(asked.within, [stage.name for stage in self.model.stages]) if asked.within else {}
        if asked.per != "journey" and "journey" in (cut.name for cut in self._dimensions):
            raise QuestionError(f"`journey` is the number of a journey; with per {asked.per} nothing is cut by it")
        self._connection = per_lead(known, funnel_step(self.model, self._dimensions, asked.per, asked.count))
        self._money = asked.money or asked.currency is not None
        if self._money or any(window.wall is None for window in self._windows.values()):
            known.business()
        self._ask()
        self._comparison = None if asked.compare is None else Comparison(asked, limits, self._periods)
        self._worth = self._make_worth(known) if self._money else None

    @property
    def key_columns(self) -> list[Column]:
        """Period and dimensions, which stand first."""
        return [*([Column("period")] if self._asked.grain else []), *(Column(cut.name) for cut in self._cut_by)]

    @property
    def columns(self) -> list[Column]:
        """The columns of `rows`."""
        beside = compared_columns(self._measures) if self._comparison else []
        return [*self.key_columns, Column("stage"), *self._measures, *beside]

    @property
    def columns_per_lead(self) -> list[Column]:
        """The columns of `per_lead` and `opened`."""
        told = ("lead", *PASSES[self._asked.per])
        named = {column.name for column in self.key_columns}
        columns = (*map(Column, told), *PER_LEAD, *(MONEY[:2] if self._money else ()))
        return [*self.key_columns, *(column for column in columns if column.name not in named)]

    @property
    def _measures(self) -> list[Column]:
        young = [Column("young")] if self._windows else []
        return [*MEASURES, *(MONEY if self._money else ()), *young]

    def rows(self) -> list[dict[str, Any]]:
        """The summary: a row for each stage, for each period and each combination of dimensions."""
        if self._comparison is None:
            return [self._unfolded(row) for row in self._summary()]
        with self._compared(self._comparison):
            others = {_cell(row): row for row in self._summary()}
        keys = list({key: None for _, key, _ in others})
        self._also(keys)
        rows = []
        for row in self._summary():
            there = self._comparison.there(row["period"])
            rows.append(row | beside(row, others.get(_cell(row)), there, self._measures))
        return [self._unfolded(row) for row in rows]

    def notes(self) -> list[str]:
        """What a reader of the rows must know."""
        return [] if self._worth is None else self._worth.notes

    def _summary(self) -> list[dict[str, Any]]:
        order = {stage.name: place for place, stage in enumerate(self.model.stages)}
        rows = rows_of(self._connection, sql("funnel/summary.sql"))
        rows.sort(
            key=lambda row: (row["period"] or "", [(part is None, part) for part in row["key"]], order[row["stage"]])
        )
        if self._worth is not None:
            rows = self._worth.cells(rows)
        if self._windows:
            young = self._young()
            rows = [row | {"young": _cell(row) in young} for row in rows]
        return rows

    @contextmanager
    def _compared(self, comparison: Comparison) -> Iterator[None]:
        """Meanwhile `per_lead` tells of what is compared with."""
        comparison.look(self._connection)
        yield
        self._connection.execute(sql("funnel/per_lead.sql"))

    def _also(self, keys: Sequence[tuple[str | None, ...]]) -> None:
        """Combinations of dimensions that have rows even if nothing is counted there."""
        table(self._connection, "compared_key", pa.table({"key": pa.array(keys, pa.list_(pa.string()))}))

    def _make_worth(self, known: Known) -> Worth:
        make_worth(known, self._connection, self._asked.per)
        self._connection.execute(f"CREATE TEMP TABLE selected_worth AS {SELECTED}")
        if self._comparison is not None:
            with self._compared(self._comparison):
                self._connection.execute(
                    f"INSERT INTO selected_worth {SELECTED} ANTI JOIN selected_worth USING (story, journey, stage)"
                )
        return Worth(self._connection, self._asked.currency, self._limits.currency)

    def _young(self) -> set[Cell]:
        """Where a window is still open."""
        found = self._connection.sql(
            "SELECT DISTINCT period, key, stage.name FROM per_lead JOIN stage ON stage.number = stage WHERE selected AND running"
        )
        return {(period, tuple(key), stage) for period, key, stage in found.fetchall()}

    def undated(self) -> int:
        """How many entries fall into no period because they are only known to have happened some time."""
        if self._limits.since is None and self._limits.until is None and self._asked.grain is None:
            return 0
        found = self._connection.sql("SELECT count(*) FROM per_lead WHERE undated").fetchall()
        return int(found[0][0])

    def closed(self) -> tuple[int, int]:
        """How many deals of the journeys that are counted were won, and how many were lost."""
        limits, asked = self._limits, self._asked
        all_count = limits.since is None and limits.until is None and not asked.filter and asked.grain is None
        counted = (
            ""
            if all_count
            else " SEMI JOIN (SELECT story, journey FROM per_lead WHERE selected) USING (story, journey)"
        )
        won, lost = self._connection.sql(
            "SELECT count(*) FILTER (won), count(*) FILTER (NOT won)"
            f" FROM (SELECT DISTINCT story, opportunity, won FROM closing{counted})"
        ).fetchall()[0]
        return int(won), int(lost)

    def per_lead(self, where: str = "selected", counted: str = "NULL::BOOLEAN") -> Rows:
        """The inner step: a row for each journey and stage that it entered.

        where, counted: SQL over the table `per_lead`, of our own making: which rows, and a flag of theirs.
        """
        of_deals = self._asked.per == "opportunity"
        named = ", pass.of_journey, pass.opportunity" if of_deals else ""
        query = (
            f"SELECT per_lead.* EXCLUDE (stage, next_stage), story AS lead, stage.name AS stage, next.name AS next_stage, {counted} AS counted{named} "
            f"FROM per_lead JOIN stage ON stage.number = per_lead.stage "
            f"{'JOIN pass USING (story, journey) ' if of_deals else ''}LEFT JOIN stage AS next ON next.number = per_lead.next_stage "
            f"WHERE {where} ORDER BY story, journey, stage.number"
        )
        amounts = {} if self._worth is None else self._worth.each()

        def told(row: Row) -> Row:
            amount = amounts.get((row["story"], row["journey"], row["stage"]))
            worth = {
                "amount": amount,
                "currency": None if amount is None or self._worth is None else self._worth.currency,
            }
            return self._told(self._unfolded({**row, **worth}))

        return Rows.of(self._connection, query, told)

    def opened(self, stage: str, column: str) -> Rows:
        """The rows behind a number of the summary, as many as a count says.

        Behind a rate stand the rows of its denominator; `counted` says which of them its numerator counts.
        Raises QuestionError for what is no stage or no number.
        """
        names = [known.name for known in self.model.stages]
        if stage not in names:
            raise QuestionError(f"{stage!r} is no stage of {self.model.name}; there are {', '.join(names)}")
        number = names.index(stage) + 1
        if column.endswith(CHANGE):
            raise QuestionError(
                f"{column!r} is a ratio of two numbers: open {column.removesuffix(CHANGE)} and {column.removesuffix(CHANGE)}{COMPARED}"
            )
        if self._comparison is not None and column.endswith(COMPARED):
            with self._compared(self._comparison):
                return self._behind(number, column.removesuffix(COMPARED))
        return self._behind(number, column)

    def _behind(self, number: int, column: str) -> Rows:
        if column == "entered":
            return self.per_lead(f"selected AND per_lead.stage = {number}")
        if column in COUNTS:
            return self.per_lead(f"selected AND per_lead.stage = {number} AND outcome = '{column}'")
        if self._money and column in ("amount", "unpriced"):
            priced = "(story, journey, per_lead.stage) IN (SELECT (story, journey, stage) FROM worth)"
            return self.per_lead(
                f"selected AND per_lead.stage = {number} AND {'NOT ' * (column == 'unpriced')}{priced}"
            )
        if column in SPANS:
            return self.per_lead(f"selected AND per_lead.stage = {number} AND {SPANS[column]} IS NOT NULL")
        if column in RATES and self._asked.basis == "cohort":
            before = 1 if column == "rate_from_first" else self._stage_before(number)
            entered = f"(story, journey) IN (SELECT (story, journey) FROM per_lead WHERE stage = {number})"
            return self.per_lead(f"selected AND per_lead.stage = {before}", counted=entered)
        if column in RATES:
            raise QuestionError(f"with basis period {column} is a ratio of two counts: open `entered` of both stages")
        names = ", ".join((*COUNTS, *RATES, *SPANS))
        raise QuestionError(f"{column!r} has no leads behind it; there are {names}; with --money amount and unpriced")

    def _stage_before(self, number: int) -> int:
        """The last one before that is not optional; 0 before the first."""
        stages = self.model.stages[: number - 1]
        return max((place for place, stage in enumerate(stages, 1) if not stage.optional), default=0)

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        keys = {column.name: row[column.name] for column in self.key_columns}
        return {
            **keys,
            "lead": row["story"],
            **self._passed(row),
            "stage": row["stage"],
            "next_stage": row["next_stage"],
            "outcome": row["outcome"],
            "reason": row["reason"],
            "entered_at": instant(row["entered_at"], row["entered_day"], self._limits.zone),
            **{f"{name}_s": _seconds(row[f"{name}_us"]) for name in ("time", "age", "lost")},
            "position": row["position"],
            "counted": row["counted"],
            **({"amount": row["amount"], "currency": row["currency"]} if self._money else {}),
        }

    def _passed(self, row: dict[str, Any]) -> dict[str, Any]:
        """Which pass it is: of a lead that counts once none is told."""
        match self._asked.per:
            case "journey":
                return {"journey": row["journey"]}
            case "lead":
                return {}
            case "opportunity":
                named = None if row["opportunity"].startswith("#") else row["opportunity"]
                return {"journey": row["of_journey"], "opportunity": named}

    def _unfolded(self, row: dict[str, Any]) -> dict[str, Any]:
        period, key = row.pop("period"), row.pop("key")
        named = dict(zip((cut.name for cut in self._cut_by), key, strict=True))
        if named.get("journey") is not None:
            named["journey"] = int(named["journey"])
        return (
            ({"period": period} if self._asked.grain else {})
            | named
            | {name: value for name, value in row.items() if name not in named}
        )

    def _ask(self) -> None:
        self._dated = make_days(self._connection, self._asked, self._limits, money=self._money)
        make_conditions(self._connection, self._dimensions, self._asked.filter)
        self._variables()
        for file in ("local_days.sql", "fitting.sql", "funnel/spans.sql"):
            self._connection.execute(sql(file))
        make_steps(self._connection, self._windows, [stage.name for stage in self.model.stages], self._limits)
        for file in ("funnel/placed.sql", "funnel/per_lead.sql"):
            self._connection.execute(sql(file))
        self._also([])
        skips = any(stage.optional for stage in self.model.stages)
        self._connection.execute(sql("funnel/skipping.sql") if skips else NOTHING_SKIPPED)
        self._periods = make_periods(self._connection, self._asked, self._limits)

    def _variables(self) -> None:
        limits, asked = self._limits, self._asked
        told = {
            "asked": limits.asked,
            "asked_day": day_at(limits.asked, limits.zone),
            "since": limits.since,
            "until": limits.until,
            "basis": asked.basis,
            "width": len(self._cut_by),
            "valued": bool(self._dimensions),
            "cut": asked.grain is not None,
            "dated": self._dated,
        }
        for name, value in told.items():
            self._connection.execute(f"SET VARIABLE {name} = $value", {"value": value})


def _cell(row: Mapping[str, Any]) -> Cell:
    return row["period"], tuple(row["key"]), row["stage"]


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1e6
