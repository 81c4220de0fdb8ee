"""The mappings that ship, on the real exports, and on other exports of the same data by an edited mapping alone."""

import csv
import gzip
import io
from collections import Counter
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import pytest

from engine.intake.mapping import Mapping, load, parsed
from engine.intake.reading import read
from events.cloudevents import Sender
from events.instants import Precision

MAPPINGS = Path(__file__).parents[3] / "examples" / "mappings"
MQL, DEALS = "olist/olist_marketing_qualified_leads_dataset.csv", "olist/olist_closed_deals_dataset.csv"
PIPELINE, SCORING, LOANS = "maven/sales_pipeline.csv", "xeducation/Lead_Scoring.csv", "bpic2012/bpic2012.csv.gz"


def proposals(path_or_stream, mapping):
    found = list(read(path_or_stream, mapping=mapping, sender_of=Sender))
    assert [str(one.fault) for one in found if one.fault] == []
    return [one.proposal for one in found if one.proposal is not None]


def of_type(found, name):
    return [one for one in found if one.type == name]


def test_every_example_is_a_mapping():
    sources = {load(file).file.source for file in MAPPINGS.glob("*.toml")}
    of_our_business = {"bank", "ledger", "people", "planning"}
    assert sources == {"olist", "bpic2012", "maven", "xeducation", "helpdesk"} | of_our_business


def test_help_desk_log(real_data):
    found = proposals(real_data / "helpdesk.xes.gz", load(MAPPINGS / "helpdesk-xes.toml"))
    assert (len(found), len({one.subject for one in found}), len({one.id for one in found})) == (21348, 4580, 21348)
    assert str(found[0].time) == "2012-10-09T14:50:17Z"


def test_olist_leads_and_deals(real_data):
    leads = proposals(real_data / MQL, load(MAPPINGS / "olist-mql.toml"))
    deals = proposals(real_data / DEALS, load(MAPPINGS / "olist-deals.toml"))
    origins = Counter(lead.data.lead_source for lead in leads)
    assert (len(leads), origins["organic_search"], origins["unknown"], origins[None]) == (4035, 1186, 552, 32)
    won = {deal.subject for deal in of_type(deals, "DealWon")}
    assert len(won) == 406
    assert sum(lead.data.lead_source is None and lead.subject in won for lead in leads) == 8
    givers = Counter(deal.data.from_owner[:8] for deal in of_type(deals, "LeadHandedOff"))
    takers = Counter(deal.data.owner[:8] for deal in of_type(deals, "HandoffAccepted"))
    assert givers.most_common(3) == [("4b339f95", 63), ("068066e2", 48), ("56bf83c4", 39)]
    assert takers.most_common(3) == [("4ef15afb", 70), ("d3d1e91a", 40), ("85fc447d", 32)]


def test_bpic2012_applications(real_data):
    found = proposals(real_data / LOANS, load(MAPPINGS / "bpic2012.toml"))
    counts = Counter(one.type for one in found)
    assert (counts["LeadCaptured"], counts["OfferMade"], counts["OfferAccepted"]) == (5333, 2699, 958)
    assert (counts["OfferDeclined"], counts["OfferWithdrawn"], counts["DealWon"]) == (326, 1413, 960)
    reasons = Counter(one.data.reason for one in of_type(found, "LeadDisqualified"))
    assert reasons == {"declined by the bank": 3195, "cancelled by the applicant": 1178}
    assert len({one.subject for one in of_type(found, "OfferMade")}) == 1997
    assert len({one.id for one in found}) == len(found)


def test_maven_opportunities(real_data):
    found = proposals(real_data / PIPELINE, load(MAPPINGS / "maven.toml"))
    won = of_type(found, "DealWon")
    assert (len(won), len(of_type(found, "DealLost"))) == (4238, 2473)
    assert sum(deal.data.amount for deal in won) == 10_005_534_00
    captured = of_type(found, "LeadCaptured")
    assert "GTXPro" not in {lead.data.product for lead in captured}
    assert sum(lead.time.precision is Precision.NONE for lead in captured) == 500


def test_xeducation_leads(real_data):
    found = proposals(real_data / SCORING, load(MAPPINGS / "xeducation.toml"))
    leads, won = of_type(found, "LeadCaptured"), {deal.subject for deal in of_type(found, "DealWon")}
    source = {lead.subject: lead.data.lead_source for lead in leads}
    all_leads, converted = Counter(source.values()), Counter(source[subject] for subject in won)
    assert (len(leads), len(won)) == (9240, 3561)
    assert {name: (converted[name], all_leads[name]) for name in ("Direct Traffic", "Olark Chat", "Reference")} == {
        "Direct Traffic": (818, 2543),
        "Olark Chat": (448, 1755),
        "Reference": (490, 534),
    }
    assert all_leads["Google"] == 2868 + 5  # five rows spell it `google`
    assert "Select" not in {lead.data.region for lead in leads}


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def german(day):
    return datetime.fromisoformat(day).strftime("%d.%m.%Y") if day else "-"


def written(rows, columns, *, delimiter=",", header=True, encoding="utf-8"):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    if header:
        writer.writerow(columns)
    writer.writerows([columns[name](row) for name in columns] for row in rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def test_another_export_of_maven_needs_another_mapping_only(real_data):
    """Other columns in another order, German dates and amounts, semicolons, UTF-16, spelled nothing, packed."""
    columns = {
        "Wert": lambda row: f"{int(row['close_value'] or 0):,}".replace(",", ".") + ",00",
        "Abschluss": lambda row: german(row["close_date"]),
        "Beginn": lambda row: german(row["engage_date"]),
        "Stand": lambda row: {"Won": "gewonnen", "Lost": "verloren"}.get(row["deal_stage"], "offen"),
        "Produkt": lambda row: row["product"],
        "Nr": lambda row: row["opportunity_id"],
        "Firma": lambda row: row["account"],
        "Verkäufer": lambda row: row["sales_agent"],
    }
    content = written(rows_of(real_data / PIPELINE), columns, delimiter=";", encoding="utf-16")
    names = {"account": "Firma", "sales_agent": "Verkäufer", "opportunity_id": "Nr", "close_value": "Wert"}
    names |= {"engage_date": "Beginn", "close_date": "Abschluss"}
    text = (MAPPINGS / "maven.toml").read_text(encoding="utf-8")
    for name, other in names.items():
        text = text.replace(f"{{{name}}}", f"{{{other}}}")
    text = text.replace('"{product}"', '"{Produkt}"')
    text = text.replace('deal_stage = ["Engaging", "Won", "Lost"]', "Beginn = { present = true }")
    text = text.replace('deal_stage = "Won"', 'Stand = "gewonnen"').replace('deal_stage = "Lost"', 'Stand = "verloren"')
    declared = 'encoding = "utf-16"\ndecimal = ","\nthousands = "."\ntime_formats = ["%d.%m.%Y"]\nnull = ["-"]\n'
    packed = io.BytesIO(gzip.compress(content.getvalue()))
    other = proposals(packed, Mapping("maven-german.toml", parsed(declared + text)))
    assert other == proposals(real_data / PIPELINE, load(MAPPINGS / "maven.toml"))


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("Y", "N"), ("WAHR", "FALSCH")])
def test_another_spelling_of_a_truth_needs_another_mapping_only(real_data, yes, no):
    rows = rows_of(real_data / SCORING)
    columns = {name: itemgetter(name) for name in reversed(rows[0])}
    converted = columns | {"Converted": lambda row: yes if row["Converted"] == "1" else no}
    text = (MAPPINGS / "xeducation.toml").read_text(encoding="utf-8")
    mapping = Mapping("other.toml", parsed(f'true = ["{yes}"]\nfalse = ["{no}"]\n{text}'))
    other = proposals(written(rows, converted, delimiter="|"), mapping)
    assert other == proposals(real_data / SCORING, load(MAPPINGS / "xeducation.toml"))


def test_a_missing_header_needs_another_mapping_only(real_data):
    rows = rows_of(real_data / MQL)
    columns = {name: itemgetter(name) for name in ("origin", "mql_id", "first_contact_date", "landing_page_id")}
    text = (MAPPINGS / "olist-mql.toml").read_text(encoding="utf-8")
    mapping = Mapping("other.toml", parsed(f"header = false\ncolumns = {list(columns)}\n{text}"))
    other = proposals(written(rows, columns, delimiter="\t", header=False), mapping)
    assert other == proposals(real_data / MQL, load(MAPPINGS / "olist-mql.toml"))
