"""What a mapping says of a table, and what it may not say."""

import pytest

from engine.errors import NoSuchFile
from engine.intake.again import parse_again
from engine.intake.mapping import BadMapping, Mapping, load, parsed
from engine.intake.reading import read
from events.cloudevents import Sender
from events.instants import Precision, wire

CAPTURE = """
[[event]]
type = "LeadCaptured"
id = "captured/{Id}"
subject = "{Id}"
time = "{Date}"
"""


def only(elements):
    (element,) = elements
    return element


def deal(cells, declared="", data='amount = "{Amount}"\ncurrency = "EUR"'):
    event = '[[event]]\ntype = "DealWon"\nid = "{Id}"\nsubject = "{Id}"\ntime = "{Date}"\n[event.data]\n'
    return f"Id;Date;Amount\n1;2026-03-02;{cells}\n", f'source = "crm"\n{declared}\n{event}{data}'


def test_a_row_becomes_the_event_that_the_mapping_makes_of_it(taken):
    found = only(taken("Id,Date,Firm\n7,2026-03-02,Eins\n", CAPTURE + '[event.data]\ncompany = "{Firm} GmbH"')).proposal
    assert (found.id, found.subject, found.source, str(found.time)) == ("captured/7", "7", "file", "2026-03-02")
    assert found.data.company == "Eins GmbH"


def test_the_source_of_a_mapping_stands_over_the_declared_one(taken):
    mapping = 'source = "crm"\ntrusted = true\n' + CAPTURE
    assert only(taken("Id,Date\n7,2026-03-02\n", mapping)).proposal.source == "crm"
    declared = Mapping("m.toml", parsed('source = "crm"\ntrusted = true\nearliest = 2000-01-01')).senders(Sender)(None)
    assert (declared.name, declared.trusted, wire(declared.earliest)) == ("crm", True, "2000-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("written", "declared", "minor"),
    [
        ("1250", "", 125_000),
        ("1250.5", "", 125_050),
        ("1.234,56", "decimal = ','\nthousands = '.'", 123_456),
        ("12,5", "decimal = ','", 1_250),
        ("1.234", "decimal = ','\nthousands = '.'", 123_400),
        ("1,234,567.89", "thousands = ','", 123_456_789),
        ("-1.234.567,00", "decimal = ','\nthousands = '.'", None),  # only spend may be negative
        ("1'234.50", 'thousands = "\'"', 123_450),
        ("1 234,50", "decimal = ','\nthousands = ' '", 123_450),
        ("1\u202f234\u202f567,50", "decimal = ','\nthousands = ' '", 123_456_750),
        ("1\u00a0234,50", "decimal = ','\nthousands = '\u202f'", 123_450),
        ("1’234.50", 'thousands = "\'"', 123_450),
        ("1 23,50", "decimal = ','\nthousands = ' '", None),
        ("1 234,50", "decimal = ','", None),
        ("1.234,56", "", None),
        ("1,234", "", None),
        ("1,234,567", "decimal = ','\nthousands = '.'", None),
        ("12.34", "decimal = ','\nthousands = '.'", None),
        ("1.23.456", "decimal = ','\nthousands = '.'", None),
        ("1234.56", "decimal = ','", None),
        ("€ 5", "", None),
        ("1e3", "", None),
    ],
)
def test_amounts_are_exactly_what_the_declared_marks_say(taken, written, declared, minor):
    element = only(taken(*deal(written, declared)))
    if minor is None:
        assert element.fault.field == "amount"
        assert (element.column, element.value) == ("Amount", written)
        assert "column `Amount`" in str(element.fault)
    else:
        assert element.proposal.data.amount == minor


def test_a_constant_currency_is_nothing_without_its_amount(taken):
    assert only(taken(*deal(""))).proposal.data.model_fields_set == set()


def test_a_whole_number_may_have_declared_decimals_of_zero(taken):
    assert only(taken(*deal("80,0", "decimal = ','", 'units = "{Amount}"'))).proposal.data.units == 80
    assert only(taken(*deal("80,5", "decimal = ','", 'units = "{Amount}"'))).fault.field == "units"
    assert only(taken(*deal("1.000", "", 'units = "{Amount}"'))).fault.field == "units"


@pytest.mark.parametrize(
    ("written", "declared", "told"),
    [
        ("02.03.2026", "time_formats = ['%d.%m.%Y']", "2026-03-02"),
        ("02.03.2026 09:15", "time_formats = ['%d.%m.%Y %H:%M']\nzone = 'Europe/Berlin'", "2026-03-02T08:15:00Z"),
        ("3/2/2026 9:15 PM", "time_formats = ['%m/%d/%Y %I:%M %p']\nzone = 'UTC'", "2026-03-02T21:15:00Z"),
        ("2026-03-02 09:15:00 +0100", "time_formats = ['%Y-%m-%d %H:%M:%S %z']", "2026-03-02T08:15:00Z"),
        ("2026-03-02T09:15:00+01:00", "time_formats = ['%d.%m.%Y']", "2026-03-02T08:15:00Z"),
        ("2026-03-29 02:30", "time_formats = ['%Y-%m-%d %H:%M']\nzone = 'Europe/Berlin'\nambiguous = 'earlier'", "2026-03-29T00:30:00Z"),
        ("2026-10-25 02:30", "time_formats = ['%Y-%m-%d %H:%M']\nzone = 'Europe/Berlin'\nambiguous = 'later'", "2026-10-25T01:30:00Z"),
        ("2026-10-25 02:30", "time_formats = ['%Y-%m-%d %H:%M']\nzone = 'Europe/Berlin'", None),
        ("2026-03-02 09:15", "time_formats = ['%Y-%m-%d %H:%M']", None),
        ("03/13/2026", "time_formats = ['%d/%m/%Y']", None),
        ("46093.38", "time_formats = ['%d/%m/%Y']", None),
        ("0000-00-00", "", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_times_are_read_exactly_as_declared(taken, written, declared, told):
    element = only(taken(f"Id;Date\n7;{written}\n", f"{declared}\n{CAPTURE}"))
    if told is None:
        assert element.fault.field == "time"
        assert element.column == "Date"
    else:
        assert str(element.proposal.time) == told


def test_the_time_of_day_may_be_left_out(taken):
    mapping = CAPTURE.replace('"{Date}"', '{ column = "Date", formats = ["%d.%m.%Y %H:%M"], precision = "day" }')
    assert str(only(taken("Id;Date\n7;02.03.2026 00:00\n", mapping)).proposal.time) == "2026-03-02"


def test_dates_of_fields_are_read_as_declared_too(taken):
    mapping = """
        time_formats = ["%d.%m.%Y"]
        [[event]]
        type = "OpportunityOpened"
        subject = "{Id}"
        time = "{Date}"
        data = { opportunity = "{Id}", expected_close = "{Close}" }
    """
    assert only(taken("Id,Date,Close\n7,02.03.2026,31.03.2026\n", mapping)).proposal.data.expected_close == "2026-03-31"


@pytest.mark.parametrize("constant", ["2020-01-01", '"2020-01-01"'])
def test_a_constant_date_stands_for_some_time(taken, constant):
    found = only(taken("Id\n7\n", CAPTURE.replace('"{Date}"', constant))).proposal.time
    assert (str(found), found.precision) == ("2020-01-01", Precision.NONE)


def test_of_several_times_the_first_that_is_told_counts(taken):
    mapping = CAPTURE.replace('"{Date}"', '["{Date}", "{Other}", 2020-01-01]')
    found = taken("Id,Date,Other\n1,2026-03-02,2026-03-03\n2,,2026-03-03\n3,,\n4,x,\n", mapping)
    times = [(str(one.proposal.time), one.proposal.time.precision) for one in found[:3]]
    assert times == [("2026-03-02", Precision.DAY), ("2026-03-03", Precision.DAY), ("2020-01-01", Precision.NONE)]
    assert found[3].fault.field == "time"  # what is told wrongly is no reason to take the next


def test_declared_spellings_of_nothing_are_absent(taken):
    mapping = 'null = ["NULL", "n/a"]\n' + CAPTURE + '[event.data]\ncompany = "{Firm}"\nregion = "in {Firm}"'
    for nothing in ("", "NULL", "n/a"):
        assert only(taken(f"Id,Date,Firm\n7,2026-03-02,{nothing}\n", mapping)).proposal.data.model_fields_set == set()
    assert only(taken("Id,Date,Firm\n7,2026-03-02,null\n", mapping)).proposal.data.company == "null"


@pytest.mark.parametrize(
    "values",
    [
        '[values.Origin]\ngoogle = "Google"',
        '[values.lead_source]\ngoogle = "Google"',
    ],
)
def test_values_are_replaced_by_column_or_by_field(taken, values):
    mapping = f'{values}\n{CAPTURE}[event.data]\nlead_source = "{{Origin}}"'
    found = taken("Id,Date,Origin\n1,2026-03-02,google\n2,2026-03-02,GOOGLE\n", mapping)
    assert [one.proposal.data.lead_source for one in found] == ["Google", "GOOGLE"]


def test_a_value_may_be_mapped_where_it_is_used(taken):
    data = '[event.data]\norigin = { column = "Way", map = { in = "inbound" }, otherwise = "outbound" }'
    found = taken("Id,Date,Way\n1,2026-03-02,in\n2,2026-03-02,out\n3,2026-03-02,\n", CAPTURE + data)
    assert [one.proposal.data.origin for one in found] == ["inbound", "outbound", None]


@pytest.mark.parametrize(
    ("when", "rows"),
    [
        ('Stage = "Won"', "1"),
        ('Stage = ["Won", "Lost"]', "12"),
        ("Stage = { present = true }", "123"),
        ("Stage = { present = false }", "4"),
        ('Stage = { not = "Won" }', "234"),
        ('Stage = { not = ["Won", "Lost"], present = true }', "3"),
        ('Stage = { starts = ["W", "L"] }', "12"),
        ("Paid = true", "1"),
        ("Paid = false", "2"),
        ("Paid = 1", "1"),
        ('Stage = "Won"\nPaid = false', ""),
    ],
)
def test_a_row_becomes_an_event_where_all_conditions_hold(taken, when, rows):
    table = "Id,Date,Stage,Paid\n1,2026-03-02,Won,1\n2,2026-03-02,Lost,0\n3,2026-03-02,Open,\n4,2026-03-02,,\n"
    found = taken(table, f"{CAPTURE}[event.when]\n{when}")
    assert "".join(one.proposal.subject for one in found if not one.ignored) == rows
    assert len(found) == 4


def test_a_truth_in_no_declared_spelling_is_a_fault_and_not_false(taken):
    mapping = f'true = ["ja"]\nfalse = ["nein"]\n{CAPTURE}when = {{ Paid = true }}'
    found = taken("Id,Date,Paid\n1,2026-03-02,ja\n2,2026-03-02,nein\n3,2026-03-02,Ja\n", mapping)
    assert [bool(one.proposal) for one in found] == [True, False, False]
    assert [one.ignored for one in found] == [False, True, False]
    assert (found[2].fault.field, found[2].column, found[2].value) == ("Paid", "Paid", "Ja")


TWO = (
    CAPTURE
    + """
[[event]]
type = "DealWon"
id = "won/{Id}"
subject = "{Id}"
time = "{Closed}"
"""
)


def test_a_faulty_event_of_a_row_faults_itself_alone(taken):
    captured, won = taken("Id,Date,Closed\n7,2026-03-02,soon\n", TWO)
    assert captured.proposal.type == "LeadCaptured"
    assert (won.fault.field, won.context["event"], won.context["type"]) == ("time", 2, "DealWon")
    assert won.hints == {"source": "file", "id": "won/7", "subject": "7", "type": "DealWon"}


def test_a_row_is_behind_us_with_its_last_event(taken):
    captured, won = taken("Id,Date,Closed\n7,2026-03-02,2026-03-03\n", TWO)
    assert (captured.offset, won.offset) == (None, len("Id,Date,Closed\n7,2026-03-02,2026-03-03\n"))


def test_two_events_of_a_row_have_two_ids(taken):
    _, won = taken("Id,Date,Closed\n7,2026-03-02,2026-03-03\n", TWO.replace("won/", "captured/"))
    assert won.fault.word == "duplicate"


def test_an_id_that_is_declared_and_not_told_is_a_fault(taken):
    mapping = CAPTURE.replace('subject = "{Id}"', 'subject = "S"')
    assert only(taken("Id,Date\n,2026-03-02\n", mapping)).fault.field == "id"


def test_a_file_without_a_header_has_its_columns_named(taken):
    mapping = f'header = false\ncolumns = ["Date", "Id"]\n{CAPTURE}'
    elements = taken("2026-03-02;7\n2026-03-03;8\n", mapping)
    assert [(one.where, one.proposal.subject) for one in elements] == [
        ("record 1 (line 1)", "7"),
        ("record 2 (line 2)", "8"),
    ]


def test_unnamed_columns_do_no_harm_where_a_mapping_names_what_it_reads(taken):
    assert only(taken(",Id,Date,\n0,7,2026-03-02,\n", CAPTURE)).proposal.subject == "7"


@pytest.mark.parametrize(
    ("header", "mapping", "told"),
    [
        ("Id,Day", CAPTURE, "Date: header: the file has no column `Date`; it has Id, Day"),
        ("Id,Date,Date", CAPTURE, "Date: header"),
        ("Id,Date", f"[values.Origin]\na = 'b'\n{CAPTURE}", "`values.Origin` is neither a column"),
        ("Id,Date", CAPTURE + 'known = "{Date}"', "archive = true"),
    ],
)
def test_a_header_that_does_not_serve_the_mapping_refuses_the_file(taken, header, mapping, told):
    element = only(taken(f"{header}\n1,2,3\n", mapping))
    assert (element.where, element.fault.word) == ("header", "header")
    assert told in str(element.fault)


def test_an_archive_brings_its_own_knowing(taken):
    mapping = "archive = true\n" + CAPTURE + 'known = "{Seen}"\nactor = "sdr:{Who}"\nsequence = 3'
    found = only(taken("Id,Date,Seen,Who\n1,2026-03-02,2026-03-04T00:00:00Z,anna\n", mapping)).proposal
    assert (wire(found.known), found.actor, found.sequence) == ("2026-03-04T00:00:00Z", "sdr:anna", 3)


def test_cells_are_trimmed_only_where_it_is_declared(taken):
    table = "Id, Date\n 7 ,2026-03-02 \n"
    assert only(taken(table, "trim = true\n" + CAPTURE)).proposal.subject == "7"
    assert only(taken(table, CAPTURE)).fault.word == "header"


def test_a_text_may_be_a_list(taken):
    mapping = """
        [[event]]
        type = "LeadScored"
        subject = "{Id}"
        time = 2026-01-01
        data = { score = "{Score}", reasons = { column = "Why", split = "|" } }
    """
    found = only(taken("Id;Score;Why\n1;80;opened mail| asked price\n", mapping)).proposal
    assert found.data.reasons == ("opened mail", "asked price")


def test_constants_are_written_as_the_contract_has_them_whatever_the_files_marks_are(taken):
    data = 'amount = "12.50"\ncurrency = "EUR"\nunits = 3'
    table, mapping = deal("x", "decimal = ','", data)
    assert only(taken(table, mapping)).proposal.data.model_dump(exclude_unset=True) == {
        "amount": 1250,
        "currency": "EUR",
        "units": 3,
    }


def test_braces_are_written_twice(taken):
    mapping = CAPTURE + '[event.data]\ncompany = "{{{Id}}}"'
    assert only(taken("Id,Date\n7,2026-03-02\n", mapping)).proposal.data.company == "{7}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('delimitr = ";"', "line 1: `delimitr` is no key here; did you mean `delimiter`?"),
        ("source = crm", "line 1: is no TOML"),
        (
            "\n" + CAPTURE + '[event.data]\ncompny = "{Id}"',
            "line 9: `compny` is no field of LeadCaptured; did you mean `company`?",
        ),
        (CAPTURE + CAPTURE.replace("subject", "subjct"), "line 11: `subjct` is no key here; did you mean `subject`?"),
        (CAPTURE + '[event.data]\ncompany = { colum = "Id" }', "did you mean `column`?"),
        (CAPTURE + 'when = { Id = { nt = "1" } }', "did you mean `not`?"),
        (CAPTURE.replace("LeadCaptured", "LeadCapturd"), "line 3: `event.1.type`"),
        (CAPTURE.replace('"{Date}"', '"2026-03-02T09:00:00Z"'), "plain date"),
        (CAPTURE.replace('"{Date}"', "2026-03-02T09:00:00Z"), "plain date"),
        (CAPTURE.replace("{Id}", "{Id"), "a brace has no partner"),
        (CAPTURE.replace("LeadCaptured", "LeadRecycled"), "line 2: LeadRecycled needs the field `reason`"),
        (CAPTURE.replace("LeadCaptured", "LeadScored") + "data = { score = 'high' }", "score: range: 'high'"),
        (CAPTURE + "data = { company = true }", "`company` is no field that is true or false"),
        ('zone = "Berlin"', "no IANA time zone"),
        ('encoding = "utf-9"', "no encoding"),
        ('encoding = "utf-7"', "line by line"),
        ('time_formats = ["%d.%m"]', "names no day"),
        ('time_formats = ["%c"]', "none of the directives"),
        ('decimal = ","\nthousands = ","', "same mark"),
        ("header = false", "columns"),
        ("trusted = 'yes'", "trusted"),
        ('true = ["1"]\nfalse = ["1"]', "spellings"),
    ],
)
def test_what_a_mapping_may_not_say_is_refused_with_file_line_and_key(tmp_path, text, told):
    file = tmp_path / "crm.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadMapping) as refused:
        load(file)
    assert str(refused.value).startswith(str(file))
    assert told in str(refused.value)


def test_a_mapping_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NoSuchFile):
        load(tmp_path / "none.toml")


def test_a_mended_mapping_reads_what_lies_in_quarantine_again(taken, tmp_path):
    table = 'Id;Date;Closed\n7;2026-03-02;"05.\n03.2026"\n'
    file = tmp_path / "crm.toml"
    file.write_text(TWO, encoding="utf-8")
    source = tmp_path / "deals.csv"
    source.write_text(table, encoding="utf-8")
    _, faulty = read(source, mapping=load(file), sender_of=lambda _: Sender("crm"))
    file.write_text(TWO.replace('"{Closed}"', '{ column = "Closed", formats = ["%d.\\n%m.%Y"] }'), encoding="utf-8")
    (won,) = parse_again(faulty.raw, faulty.context, Sender)
    assert (won.proposal.type, str(won.proposal.time), won.proposal.source) == ("DealWon", "2026-03-05", "crm")


def test_bytes_in_quarantine_are_read_again_in_the_encoding_that_is_declared_now(taken):
    content = b"Id;Date;Firm\n7;2026-03-02;B\xe4cker\n"
    mapping = CAPTURE + '[event.data]\ncompany = "{Firm}"'
    faulty = only(taken(content, mapping))
    mended = Mapping("m.toml", parsed('encoding = "cp1252"\n' + mapping))
    assert only(parse_again(faulty.raw, faulty.context, Sender, mended)).proposal.data.company == "Bäcker"


def test_a_header_in_quarantine_asks_for_its_file(taken):
    faulty = only(taken("Id,Day\n", CAPTURE))
    assert "take the file in again" in str(only(parse_again(faulty.raw, faulty.context, Sender)).fault)
