"""Files as users have them, taken in by the commands: what must be recorded, what must be in quarantine, what must hold.

Expected and found are compared by what they mean: instants as instants, amounts as numbers, a reason as a word of the text.
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from engine.workspace import opened
from tests.engine.cli.test_commands import Shell

CASES = Path(__file__).parents[2] / "cases" / "intake"
EXCEL = 'source = "excel"\ndelimiter = ";"\ndecimal = ","\nthousands = "."\n'
DATES = 'source = "excel"\nzone = "Europe/Berlin"\ntime_formats = ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M"]\n'
UTF16 = 'source = "excel"\nencoding = "utf-16"\ndelimiter = "tab"\n'
CP1252 = 'source = "excel"\nencoding = "cp1252"\n'
ATTRIBUTES = {"lead": "subject"} | {
    name: name for name in ("id", "source", "type", "schemaversion", "actor", "correlationid", "sequence")
}


def expected(case):
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)  # times stay text
    return yaml.load((CASES / case / "expect.yaml").read_text(encoding="utf-8"))


def desk(folder, times="UTC"):
    folder.mkdir(exist_ok=True)
    shell = Shell(folder)
    assert shell("init", ".", "--zone", times).returncode == 0
    return shell


def ingest(shell, file, *words, mapping=None):
    if mapping is not None:
        (shell.folder / "mapping.toml").write_text(mapping)
        words = (*words, "--map", "mapping.toml")
    done = shell("ingest", *words, "--format", "json", str(file))
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def log_of(shell):
    return [json.loads(line) for line in shell("log", "--format", "json").stdout.splitlines()]


def kept_of(shell):
    with opened(shell.folder) as workspace, workspace.quarantine() as quarantine:
        return list(quarantine.entries())


def minor_of(shell, id_):
    with opened(shell.folder) as workspace:
        return next(
            row.data.model_dump()["amount"]
            for row in map(workspace.log.recorded, workspace.log.rows())
            if row.id == id_
        )


def instant(text):
    return text if len(text) == 10 else datetime.fromisoformat(text)


def is_so(shell, event, told):
    for name, value in told.items():
        if name == "minor":
            assert minor_of(shell, event["id"]) == int(value)
        elif name == "time":
            assert instant(event["time"]) == instant(value), (event, told)
        elif name == "amount":
            assert Decimal(event["data"]["amount"]) == Decimal(value)
        elif name in ATTRIBUTES:
            assert str(event[ATTRIBUTES[name]]) == value
        else:
            assert event["data"][name] == value


def recorded_is(shell, told):
    events = log_of(shell)
    assert len(events) == int(told["count"])
    for one in told.get("events", ()):
        naming = {ATTRIBUTES[name]: one[name] for name in ("source", "id", "lead") if name in one}
        (event,) = [event for event in events if naming.items() <= event.items()]
        is_so(shell, event, one)


def quarantine_is(shell, told):
    entries = kept_of(shell)
    assert len(entries) == int(told["count"]), [entry.reason for entry in entries]
    for one in told.get("entries", [told] if "reason" in told else ()):
        fitting = [entry for entry in entries if fits(entry, one)]
        assert len(fitting) == (1 if one is not told else len(entries)), (one, [entry.reason for entry in entries])


def fits(entry, told):
    """By id, line or record, and a word of the reason."""
    where, id_ = entry.where, entry.id or (entry.raw or b"").split(b",")[0].decode("latin-1")
    if "line" in told and f"line {told['line']}" != where:
        return False
    if "record" in told and where.split(" (")[0] not in (f"record {told['record']}", told["record"]):
        return False
    return ("id" not in told or told["id"] == id_) and told["reason"] in entry.reason


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_ways_in_which_senders_write_time(tmp_path, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    told, shell = expected("10-cloudevents-time"), desk(tmp_path / "a")
    ingest(shell, CASES / "10-cloudevents-time" / "events.ndjson", "--source", "web-form")
    recorded_is(shell, told["recorded"])
    quarantine_is(shell, told["quarantine"])
    assert all("time" in entry.reason for entry in kept_of(shell))


def test_an_instant_stays_the_same_written_exported_and_mirrored(tmp_path):
    shell = desk(tmp_path / "a")
    ingest(shell, CASES / "10-cloudevents-time" / "events.ndjson")
    export = shell("log", "--format", "json").stdout
    (tmp_path / "export.ndjson").write_text(export)
    again = desk(tmp_path / "b")
    ingest(again, tmp_path / "export.ndjson")

    def times(of):
        return [(event["subject"], event["time"]) for event in log_of(of)]

    assert times(again) == times(shell)
    assert mirrored(shell) == {row["position"]: row["occurred"] for row in segments(shell)}


def mirrored(shell):
    with opened(shell.folder) as workspace:
        return {row.position: row.occurred_at for row in workspace.log.rows()}


def segments(shell):
    assert shell("history", "build").returncode == 0
    files = list((shell.folder / "history").rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist() if "occurred" in row]


def test_what_a_german_excel_writes(tmp_path):
    told, shell = expected("16-csv-german-excel"), desk(tmp_path / "a")
    file = CASES / "16-csv-german-excel" / "leads.csv"
    ingest(shell, file, mapping=EXCEL)
    recorded_is(shell, told["recorded"])
    quarantine_is(shell, told["quarantine"])
    (entry,) = kept_of(shell)
    assert entry.where == "record 7 (line 10)"
    assert all("" not in event["data"].values() for event in log_of(shell))


def test_without_the_number_format_no_amount_is_guessed(tmp_path):
    shell = desk(tmp_path / "a")
    ingest(shell, CASES / "16-csv-german-excel" / "leads.csv", mapping='source = "excel"')
    assert {event["id"] for event in log_of(shell)} == {"r1", "r4", "r5", "r8", "r9"}
    kept = kept_of(shell)
    assert {entry.id for entry in kept} == {"r2", "r3", "r6", "r7"}
    assert all("amount" in entry.reason for entry in kept)


SAME_LOG = ("utf16le-bom.csv", "cp1252.csv")
MAPPINGS = {1: UTF16, 3: CP1252}


def test_encodings_nul_and_ragged_rows(tmp_path):
    told = expected("17-csv-bytes")
    first = desk(tmp_path / "first")
    for number, run in enumerate(told["runs"]):
        shell = first if number in (0, 1, 3) else desk(tmp_path / str(number))
        file = CASES / "17-csv-bytes" / run["file"]
        summary = ingest(shell, file, "--source", "excel", mapping=MAPPINGS.get(number))
        recorded_is(shell, run["recorded"])
        quarantine_is(shell, run.get("quarantine", {"count": 0}))
        if "added" in run["recorded"]:
            assert (summary["recorded"], summary["known"]) == (int(run["recorded"]["added"]), 3)
        assert "\ufffd" not in json.dumps(log_of(shell), ensure_ascii=False)
        assert "Ã" not in json.dumps(log_of(shell), ensure_ascii=False)


def test_an_open_quote_swallows_nothing_without_a_word(tmp_path):
    longer = (CASES / "17-csv-bytes" / "ragged.csv").read_bytes()
    longer += b"".join(b"h%d,2026-03-02T09:50:00Z,LeadCaptured,H-%d,Firma\n" % (one, one) for one in range(6, 40))
    (tmp_path / "longer.csv").write_bytes(longer)
    shell = desk(tmp_path / "a")
    ingest(shell, tmp_path / "longer.csv", "--source", "excel")
    assert len(log_of(shell)) == 1 + 34
    assert sorted(entry.word for entry in kept_of(shell)) == ["cells", "cells", "quote"]


@pytest.mark.parametrize(("number", "mapping"), [(0, None), (1, DATES)])
def test_dates_that_two_countries_read_differently(tmp_path, number, mapping):
    run, shell = expected("18-csv-dates-and-phones")["runs"][number], desk(tmp_path / "a")
    ingest(shell, CASES / "18-csv-dates-and-phones" / "contacts.csv", "--source", "excel", mapping=mapping)
    recorded_is(shell, run["recorded"])
    quarantine_is(shell, run["quarantine"])


def test_a_telephone_number_never_passes_through_a_number(tmp_path):
    content = "id,time,type,subject,phone\n1,2026-03-12,LeadCaptured,P,4.91511E+11\n2,2026-03-12,LeadCaptured,P,007\n"
    (tmp_path / "phones.csv").write_text(content)
    shell = desk(tmp_path / "a")
    ingest(shell, tmp_path / "phones.csv", "--source", "excel")
    assert [event["data"]["phone"] for event in log_of(shell)] == ["4.91511E+11", "007"]


def test_the_same_id_with_the_same_and_with_other_content(tmp_path):
    told, shell = expected("20-same-id-other-content"), desk(tmp_path / "a")
    summary = ingest(shell, CASES / "20-same-id-other-content" / "events.ndjson")
    recorded_is(shell, told["recorded"])
    quarantine_is(shell, told["quarantine"])
    assert summary["known"] == 2
    again = ingest(shell, CASES / "20-same-id-other-content" / "events.ndjson")
    assert (again["recorded"], again["known"]) == (0, 5)
    with opened(shell.folder) as workspace:
        assert len({row.lead for row in workspace.log.rows()}) == 2


def test_what_leadlog_writes_as_csv_is_no_formula(tmp_path):
    shell = desk(tmp_path / "a")
    ingest(shell, CASES / "18-csv-dates-and-phones" / "contacts.csv", "--source", "excel", mapping=DATES)
    written = shell("lead", "excel/P-08", "--format", "csv").stdout
    assert "'=+49305550108" in written
    assert ",=" not in written
