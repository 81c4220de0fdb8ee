"""The measures that formulas of KPIs are made of: what each counts or sums, and where its rows come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scale = Literal["minor", "twelfths", "plain"]
Take = Literal["count", "sum", "days", "p50", "p90"]
COUNTED: tuple[Take, ...] = ("count",)
SUMMED: tuple[Take, ...] = ("count", "sum")
LASTING: tuple[Take, ...] = ("count", "days", "p50", "p90")


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: a view of that name in measures.sql, levels.sql or business.sql.

    none: what is said where there is nothing of it. level: it stands at the ends of a period; else it happens within it.
    once: the same thing counts once in a cell. scale: of its amounts: minor units, twelfths of major units, or no money.
    own: the dimensions that its rows tell themselves. of_leads: they belong to leads, which have all the others.
    everywhere: one figure for every cell of a period. absent: no row means no value, not 0. agreed: it takes an agreement.
    takes: how its rows may become one number; those of most have neither an amount of their own nor a span of time.
    """

    name: str
    none: str
    level: bool = False
    once: bool = False
    scale: Scale = "plain"
    own: tuple[str, ...] = ()
    of_leads: bool = True
    everywhere: bool = False
    absent: bool = False
    agreed: bool = False
    takes: tuple[Take, ...] = COUNTED


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("leads", "no lead was captured"),
        Measure("leads_converted", "no lead became an opportunity"),
        Measure("conversions", "no lead became an opportunity"),
        Measure("leads_won", "no lead became a customer"),
        Measure("first_wins", "no lead became a customer"),
        Measure("qualified", "no lead was qualified"),
        Measure("sales_qualified", "no lead was qualified by sales"),
        Measure("qualified_won", "no qualified lead was won"),
        Measure("wins_of_qualified", "no qualified lead was won", once=True),
        Measure("handed_off", "no lead was handed off"),
        Measure("handed_off_recycled", "no lead was sent back"),
        Measure("recycled", "no lead was sent back"),
        Measure("opportunities", "no opportunity was opened"),
        Measure("opportunities_won", "no opportunity was won"),
        Measure("won", "no deal was closed", once=True),
        Measure("lost", "no deal was lost", once=True),
        Measure("gross", "no deal was won", once=True, scale="minor", takes=SUMMED),
        Measure("reversed", "no deal was taken back", scale="minor", takes=SUMMED),
        Measure("gross_of_units", "no deal has units", scale="minor", takes=SUMMED),
        Measure("units", "no deal has units", takes=SUMMED),
        Measure("offers_made", "no offer was made"),
        Measure("offers_accepted", "no offer was accepted"),
        Measure("acceptances", "no offer was accepted"),
        Measure("cycles", "no deal was won", takes=LASTING),
        Measure("opportunity_cycles", "no deal was won", takes=LASTING),
        Measure("activities", "nobody was in touch with a lead", own=("kind",)),
        Measure("activity_minutes", "no time is logged", own=("kind",), takes=SUMMED),
        Measure("leads_contacted", "nobody was in touch with a lead", once=True, own=("kind",)),
        *(Measure(of, f"no {of}") for of in ("calls", "emails", "meetings", "visits")),
        Measure("contacts_inbound", "no lead was in touch", own=("kind",)),
        Measure("contacts_automatic", "no machine was in touch", own=("kind",)),
        Measure("stages_entered", "no stage was entered", own=("stage",)),
        Measure("stages_passed", "no stage was entered", own=("stage",)),
        Measure("stages_reached_next", "no stage was entered", own=("stage",)),
        Measure("referrals", "nobody recommended us"),
        Measure("nps", "nobody was asked"),
        Measure("promoters", "nobody recommends us"),
        Measure("detractors", "nobody advises against us"),
        Measure("csat", "nobody was asked", takes=SUMMED),
        Measure("new_customers", "no new customer"),
        Measure("handoffs_answered", "no handoff was answered"),
        Measure("handoffs_accepted", "no handoff was accepted"),
        Measure("handoffs_received", "no handoff was received", own=("owner", "team")),
        Measure("handoffs_taken", "no handoff was accepted", own=("owner", "team")),
        Measure("leads_owned", "no lead is owned", level=True),
        Measure("responses_judged", "no response was due", agreed=True),
        Measure("responses_met", "no response came in time", agreed=True),
        Measure("response_times", "no handoff was responded to", agreed=True, takes=LASTING),
        Measure("response_wall_times", "no handoff was responded to", agreed=True, takes=LASTING),
        Measure("open_deals", "no opportunity is open", level=True),
        Measure("open_priced", "no open opportunity has an amount", level=True, scale="minor", takes=SUMMED),
        Measure("forecast", "nothing was expected to close", level=True, scale="minor", takes=SUMMED),
        Measure("won_earlier", "no deal was decided before", level=True),
        Measure("lost_earlier", "no deal was decided before", level=True),
        Measure("customers_at_start", "no customer at the start", level=True),
        Measure("customers_at_end", "no customer at the end", level=True),
        Measure("customers_lost", "no customer was lost", level=True),
        Measure("customers_gained", "no customer was gained", level=True),
        Measure("referring_customers", "no customer recommended us", level=True),
        *(
            Measure(f"mrr_{of}", f"no {said}", level=True, scale="twelfths", takes=SUMMED)
            for of, said in (
                ("at_start", "recurring revenue at the start"),
                ("at_end", "recurring revenue at the end"),
                ("new", "recurring revenue of new customers"),
                ("expansion", "customer pays more"),
                ("contraction", "customer pays less"),
                ("churn", "recurring revenue was lost"),
                ("reactivation", "customer came back"),
            )
        ),
        Measure(
            "spend", "no spend is recorded", level=True, scale="minor", of_leads=False, own=("channel", "campaign"),
            absent=True, takes=SUMMED,
        ),
        Measure(
            "marketing_spend", "no marketing spend is recorded", level=True, scale="minor",
            of_leads=False, own=("channel", "campaign"), absent=True, takes=SUMMED,
        ),
        Measure(
            "quota", "no quota is set for exactly this period", level=True, scale="minor",
            of_leads=False, own=("owner", "team"), absent=True, takes=SUMMED,
        ),
        Measure("representatives", "no representative", level=True, once=True, of_leads=False, own=("owner", "team")),
        Measure("minutes_worked", "no working time is recorded", level=True, of_leads=False, own=("owner",), takes=SUMMED),
        Measure("minutes_sold", "no working time is recorded", level=True, of_leads=False, own=("owner",), takes=SUMMED),
        Measure(
            "revenue_targets", "no revenue target is set for exactly this period", level=True, of_leads=False,
            own=("channel", "team"), absent=True, takes=SUMMED,
        ),
        Measure("working_days", "no working day", level=True, everywhere=True),
        *(
            Measure(f"leads_{of}", said, level=True, of_leads=False, everywhere=True, absent=True, takes=("sum",))
            for of, said in (
                ("promised", "marketing promises no number of leads for a period in it"),
                ("delivered", "marketing promises no number of leads for a period in it"),
                ("due", "the period is over"),
            )
        ),
    )
}  # fmt: skip
