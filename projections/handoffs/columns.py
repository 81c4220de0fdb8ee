"""The columns of the handoff audit's views."""

from projections.result import Column

HANDOFFS = (
    *(Column(name) for name in "handoff lead tier from_team from_owner to_team to_owner status".split()),
    Column("handed_off_at", "instant"),
    Column("answered_at", "instant"),
    Column("reason"),
    Column("score"),
    Column("missing"),
    Column("unseen"),
    *(Column(f"bant_{name}") for name in "budget authority need timeline".split()),
    Column("answer_s", "s"),
    *(Column(name) for name in "answered_by rule rule_version candidates".split()),
    *(Column(name) for name in ("automatic", "self", "journey", "position")),
)
COUNTS = ("handoffs", "accepted", "rejected", "withdrawn", "expired", "open")
SUMMARY = (
    *(Column(name, "count") for name in COUNTS),
    Column("acceptance_rate", "fraction"),
    Column("answer_p50_s", "s"),
    Column("answer_p90_s", "s"),
)
MATRIX = (Column("giver"), Column("receiver"), *SUMMARY)
REASONS = (Column("reason"), Column("handoffs", "count"), Column("share", "fraction"))
PINGPONG = (
    Column("lead"),
    Column("returns", "count"),
    Column("handoffs", "count"),
    Column("rejected", "count"),
    Column("between"),
    Column("first_at", "instant"),
    Column("last_at", "instant"),
    Column("status"),
)
ORPHANS = (
    *(Column(name) for name in ("lead", "since_what", "handoff", "team")),
    Column("since_at", "instant"),
    Column("age_s", "s"),
)
UNANSWERED = (
    *(Column(name) for name in "handoff lead tier from_team from_owner to_team to_owner".split()),
    Column("handed_off_at", "instant"),
    Column("age_s", "s"),
    Column("expires_at", "instant"),
    *(Column(name) for name in ("past", "paused", "agreement", "expires_after", "position")),
)
