"""The columns of the funnel, and of what stands behind its numbers."""

from projections.result import Column

COUNTS = ("entered", "passed", "in_stage", "lost", "recycled")
RATES = ("rate_from_previous", "rate_from_first")
SPANS = {
    "time_p50_s": "time_us",
    "time_p90_s": "time_us",
    "age_p50_s": "age_us",
    "age_max_s": "age_us",
    "lost_p50_s": "lost_us",
}
MEASURES = (
    *(Column(name, "count") for name in COUNTS),
    *(Column(name, "fraction") for name in RATES),
    *(Column(name, "s") for name in SPANS),
    Column("bottleneck"),
)
PER_LEAD = (
    *(Column(name) for name in ("stage", "next_stage", "outcome", "reason")),
    Column("entered_at", "instant"),
    *(Column(name, "s") for name in ("time_s", "age_s", "lost_s")),
    Column("position"),
    Column("counted"),
)
PASSES = {"journey": ("journey",), "lead": (), "opportunity": ("journey", "opportunity")}  # what tells which row it is
