"""Tables as users have them: each record with its own bytes, line and fault."""

import gzip

import pytest

HEADER = "id,time,type,subject,company"
TIME = "2026-03-02T09:00:00Z"


def row(number, company="Eins GmbH"):
    return f"{number},{TIME},LeadCaptured,S-{number},{company}"


def table(*rows, header=HEADER, end="\n"):
    return "".join(line + end for line in (header, *rows))


def words(elements):
    return [element.fault.word if element.fault else element.proposal.id for element in elements]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_delimiter_is_told_by_the_header(taken, delimiter, end):
    content = table(row(1), end=end).replace(",", delimiter)
    assert taken(content)[0].proposal.data.company == "Eins GmbH"


def test_a_delimiter_that_only_stands_in_a_name_is_none(taken):
    elements = taken('"a;b;c;d;e;f",id,time,type,subject\n,1,' + TIME + ",LeadCaptured,S-1\n", "unknown = 'ignore'")
    assert words(elements) == ["1"]


def test_an_empty_cell_is_an_absent_field(taken):
    assert taken(table(row(1, "")))[0].proposal.data.model_fields_set == set()


def test_empty_lines_are_passed_over_and_a_record_of_empty_cells_is_ignored(taken):
    elements = taken(table("", row(1), "", ",,,,", row(2)))
    assert [element.where for element in elements] == ["record 1 (line 3)", "record 2 (line 5)", "record 3 (line 6)"]
    assert [element.ignored for element in elements] == [False, True, False]


def test_records_keep_their_true_line_numbers_and_bytes_across_cells_of_several_lines(taken):
    quoted = row(1, '"a\r\nb ""c"", d\n"')
    first, second = taken(table(quoted, row(2)))
    assert first.proposal.data.company == 'a\r\nb "c", d\n'
    assert first.raw == quoted.encode() + b"\n"
    assert second.where == "record 2 (line 5)"
    assert second.offset == len(table(quoted, row(2)))


def test_a_quote_inside_an_unquoted_cell_is_a_character(taken):
    assert taken(table(row(1, '6" Rohre')))[0].proposal.data.company == '6" Rohre'


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("2,short", "cells"),
        (row(2) + ",more", "cells"),
        (row(2, "Zw\0ei"), "nul"),
        ("\0" * 64, "nul"),
        (row(2, '"open'), "quote"),
        (row(2, '"closed" too early'), "quote"),
        (row(2, "carriage\rreturn"), "cells"),
        (row(2, '"carriage"\rreturn'), "cells"),
    ],
)
def test_a_bad_record_is_one_fault_and_the_records_around_it_are_read(taken, bad, word):
    elements = taken(table(row(1), bad, row(3), row(4, '"Vier ""GmbH"""')))
    assert words(elements) == ["1", word, "3", "4"]
    assert elements[1].raw == bad.encode() + b"\n"
    assert elements[1].where == "record 2 (line 3)"


def test_an_open_quote_takes_nothing_with_it_however_long_the_file_goes_on(taken):
    rows = [row(number) for number in range(2, 3000)]
    elements = taken(table(row(1, '"open'), *rows), longest=20_000)
    assert words(elements) == ["quote", *(str(number) for number in range(2, 3000))]
    assert elements[0].hints == {"source": "file", "id": "1", "subject": "S-1", "type": "LeadCaptured"}


def test_many_open_quotes_do_not_make_reading_slow(taken):
    assert {element.fault.word for element in taken(table(*['x","'] * 20_000))} == {"quote"}


def test_bytes_that_are_none_of_the_encoding_fault_their_record_alone(taken):
    content = table(row(1), row(2, "Bäcker"), row(3)).encode("cp1252")
    elements = taken(content)
    assert words(elements) == ["1", "encoding", "3"]
    assert "0xE4" in str(elements[1].fault)
    assert elements[1].hints["id"] == "2"


def test_an_encoding_is_taken_as_declared(taken):
    content = table(row(1, "Bäcker – Œuvre")).encode("cp1252")
    assert taken(content, 'encoding = "cp1252"')[0].proposal.data.company == "Bäcker – Œuvre"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_a_declaration(taken, encoding):
    content = table(row(1, '"Bä\ncker"'), row(2, "ਊĊ")).encode(encoding)
    elements = taken(content)
    assert [element.proposal.data.company for element in elements] == ["Bä\ncker", "ਊĊ"]
    assert elements[-1].offset == len(content)


@pytest.mark.parametrize(
    ("content", "mapping", "told"),
    [
        (table(row(1)).encode("utf-8-sig"), 'encoding = "cp1252"', "byte order mark says utf-8"),
        (table(row(1)).encode("utf-16-le"), 'encoding = "utf-16"', "without a byte order mark"),
        (b"", None, "empty"),
        (table(row(1), header="id,time,type,subject,company,company"), None, "company: header"),
        (table(row(1), header="id,time,type,subject,companny"), None, "companny: header"),
        (table(row(1), header="id,time,typ,subject,company"), None, "type: header"),
        (table(row(1), header="id,occurred,type,subject,company"), None, "time: header"),
        (table(row(1), header='id,time,type,subject,"company'), None, "header: quote"),
        (table(row(1), header="id,time,type,subject,comp\0any"), None, "header: nul"),
        (table(row(1), header="id,time,type,subject,company", end="\r"), None, "carriage return"),
    ],
)
def test_a_faulty_header_reads_nothing_and_is_one_fault(taken, content, mapping, told):
    (element,) = taken(content, mapping, format="csv")
    assert (element.where, element.fault.word, element.offset) == ("header", "header", None)
    assert told in str(element.fault)


def test_what_stands_in_a_column_without_a_name_is_a_fault_of_its_row(taken):
    content = "id,time,type,subject,company,\n1,2026-03-02,LeadCaptured,S,Eins,\n2,2026-03-02,LeadCaptured,S,Zwei,x\n"
    first, second = taken(content)
    assert (first.proposal.id, second.fault.word) == ("1", "cells")


def test_attributes_of_others_and_exported_ones_are_no_fault_of_the_header(taken):
    content = table(row(1) + ",00-ab-cd-01,17", header=HEADER + ",traceparent,position")
    assert taken(content)[0].proposal.extensions == {"traceparent": "00-ab-cd-01"}


def test_texts_become_the_types_of_their_fields(taken):
    header = "id,time,type,subject,minutes,automatic,kind,direction,sequence,schemaversion"
    found = taken(table(f"1,{TIME},InteractionLogged,S-1,15,true,call,outbound,7,1", header=header))[0].proposal
    assert (found.data.minutes, found.data.automatic, found.sequence) == (15, True, 7)


@pytest.mark.parametrize("minutes", ["15.0", "1.000", "1_000", " 15", "+15", "1e3", "١٥", "abc"])
def test_a_whole_number_is_written_as_one(taken, minutes):
    header = "id,time,type,subject,minutes,kind,direction"
    element = taken(table(f"1,{TIME},InteractionLogged,S-1,{minutes},call,outbound", header=header))[0]
    assert element.fault.field == "minutes"


def test_deeper_fields_have_names_with_a_dot(taken):
    header = "id,time,type,subject,recurring.amount,recurring.every"
    found = taken(table(f"1,{TIME},SubscriptionRenewed,S-1,12.50,month", header=header))[0].proposal
    assert found.data.recurring == {"amount": "12.50", "every": "month"}


def test_a_telephone_number_is_never_a_number(taken):
    header = "id,time,type,subject,phone"
    for phone in ("0049305550103", "+49 30 5550101", "4,91511E+11", "=+49305550108", "'+4930"):
        quoted = f'"{phone}"'
        assert taken(table(f"1,{TIME},LeadCaptured,S-1,{quoted}", header=header))[0].proposal.data.phone == phone


def test_no_offset_passes_a_last_record_without_its_end(taken):
    elements = taken(table(row(1)) + row(2))
    assert words(elements) == ["1", "2"]
    assert [element.offset for element in elements] == [len(table(row(1))), None]


def test_a_record_that_is_too_long_is_one_fault(taken):
    elements = taken(table(row(1), row(2, "x" * 3000), row(3)), longest=1000)
    assert words(elements) == ["1", "range", "3"]


def test_of_a_packed_table_all_before_the_cut_is_taken_and_then_one_fault(taken):
    packed = gzip.compress(table(*(row(number, f"{number * 7919}") for number in range(2000))).encode())
    found = words(taken(packed[: len(packed) // 2]))
    assert found[-1] == "encoding"
    assert found[:-1] == [str(number) for number in range(len(found) - 1)]


def test_a_table_is_told_from_ndjson_by_its_header(taken):
    assert words(taken(table(row(1)))) == ["1"]
    assert taken(b"no table\n")[0].fault.word == "json"
