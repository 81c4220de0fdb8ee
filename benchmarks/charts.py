"""The plots of the report: SVG, the same bytes for the same figures, no script and no network."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import altair as alt

from benchmarks.figures import GOALS, Results

WIDTH = 560
MILLION = 1_000_000


def draw(results: Results, folder: Path) -> dict[str, str]:
    """Write each plot that there are figures for. Gives their titles by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name, make in PLOTS.items():
        (folder / f"{name}.svg").unlink(missing_ok=True)
        rows, title = make[0](results), make[2]
        if rows:
            chart = make[1](alt.InlineData(values=rows)).properties(title=title, width=WIDTH)
            chart.configure_view(stroke=None).save(folder / f"{name}.svg")
            drawn[name] = title
    return drawn


def _rates(results: Results) -> list[dict[str, Any]]:
    return [
        {"log": at / MILLION, "rate": rate, "by": name}
        for name, points in results.curves.items()
        for at, rate in points
    ]


def _rate_chart(data: alt.InlineData) -> Any:
    return (
        alt.Chart(data)
        .mark_line(interpolate="monotone")
        .encode(
            x=alt.X("log:Q", title="million events in the log"),
            y=alt.Y("rate:Q", title="events a second", scale=alt.Scale(zero=True)),
            color=alt.Color("by:N", title=None, legend=alt.Legend(orient="top")),
        )
    )


def _times(results: Results) -> list[dict[str, Any]]:
    return [
        {"view": view, "times": one.seconds / one.limit, "told": f"{one.seconds / one.limit:.1f} ×"}
        for view, one in results.largest("views").items()
        if one.limit
    ]


def _times_chart(data: alt.InlineData) -> Any:
    goal = GOALS["view"]
    bars = alt.Chart(data).encode(
        x=alt.X("times:Q", title=f"times the scan of its columns (at most {goal.at_least:.0f}, aim {goal.aim:.0f})"),
        y=alt.Y("view:N", title=None, sort=None),
    )
    lines = [alt.Chart().mark_rule(strokeDash=[4, 3]).encode(x=alt.datum(value)) for value in (goal.aim, goal.at_least)]
    return alt.layer(bars.mark_bar(), bars.mark_text(align="left", dx=4).encode(text="told:N"), *lines, data=data)


def _per_million(results: Results) -> list[dict[str, Any]]:
    works = {one.work for one in results.of("growth")}
    return [
        {"events": one.events / MILLION, "seconds": one.per_million, "work": one.work}
        for part in ("intake", "history", "views")
        for one in results.of(part)
        if one.work in works
    ]


def _growth_chart(data: alt.InlineData) -> Any:
    return (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X("events:Q", title="million events in the log", scale=alt.Scale(type="log")),
            y=alt.Y("seconds:Q", title="seconds a million events", scale=alt.Scale(type="log")),
            color=alt.Color("work:N", title=None, sort=None),
        )
    )


def _others(results: Results) -> list[dict[str, Any]]:
    funnel, others = results.largest("views").get("funnel"), results.of("instead")
    shown = [("leadlog: the view funnel", funnel)] if funnel and others else []
    return [
        {"work": work, "rate": MILLION / one.per_million, "told": f"{MILLION / one.per_million:,.0f}"}
        for work, one in [*shown, *((one.work, one) for one in others)]
    ]


def _others_chart(data: alt.InlineData) -> Any:
    dots = alt.Chart(data).encode(
        x=alt.X(
            "rate:Q", title="events a second (each step ten times as many)", scale=alt.Scale(type="log", nice=True)
        ),
        y=alt.Y("work:N", title=None, sort=None, axis=alt.Axis(labelLimit=300, grid=True)),
    )
    return alt.layer(dots.mark_circle(size=90), dots.mark_text(align="left", dx=9).encode(text="told:N"), data=data)


Rows = list[dict[str, Any]]
PLOTS: Mapping[str, tuple[Callable[[Results], Rows], Callable[[alt.InlineData], Any], str]] = {
    "intake": (_rates, _rate_chart, "Taking in: events a second as the log grows"),
    "views": (_times, _times_chart, "Views: how many times as long as the scan of their columns"),
    "growth": (_per_million, _growth_chart, "Growth: seconds a million events"),
    "instead": (_others, _others_chart, "The funnel, and what one would write instead"),
}
