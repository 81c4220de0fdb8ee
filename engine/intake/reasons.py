"""Why something lies in quarantine: each word with what is wrong and its cure. `show`, `summary` and docs/quarantine.md tell it from here."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.intake.entry import State


class Reason(NamedTuple):
    """wrong: what is wrong. cure: what can be done."""

    wrong: str
    cure: str


# What cannot be understood or believed.
CONTENT: Mapping[str, Reason] = {
    "json": Reason(
        "the line is no JSON, or holds more than one document",
        "mend the sender; for a line cut off at a file's end, take the whole file in again",
    ),
    "object": Reason(
        "the line, or its `data`, is no JSON object",
        "send one event a line, its fields as an object",
    ),
    "null": Reason(
        "a field or attribute that the event needs is missing or null; in Kafka a record without a value",
        "send it, or map it",
    ),
    "utf-8": Reason(
        "a line or message of JSON with bytes that are no UTF-8",
        "mend the sender: JSON is told in UTF-8",
    ),
    "encoding": Reason(
        "bytes of a table that are none of its encoding; a packed file, Parquet or XES that is damaged or cut off",
        "declare `encoding` in the mapping, or have the file sent again",
    ),
    "duplicate": Reason(
        "a key twice in one object, or one id for two events of a row",
        "send it once; let the mapping's ids differ",
    ),
    "range": Reason(
        'a value that the field does not take: `"80"` for an integer, a currency that is none, an e-mail address in a reason,'
        " NaN, a number beyond 64 bits, more decimals than the currency has; a text or line that is too long;"
        " a time before `earliest`; a schema version that is not known",
        "mend the value; in tables declare its marks, spellings or `values`; set `earliest` of the source",
    ),
    "nul": Reason(
        "the character NUL in a text",
        "mend the sender",
    ),
    "surrogate": Reason(
        "half a character (a lone surrogate) in a text",
        "mend the sender",
    ),
    "nest": Reason(
        "JSON nested deeper than 32",
        "send it flat",
    ),
    "cells": Reason(
        "a row with more or fewer cells than the header, or a stray carriage return",
        "mend the row; often a delimiter inside an unquoted cell",
    ),
    "quote": Reason(
        "a quote that does not close, or closes inside its cell",
        "mend the row: double a quote inside a quoted cell",
    ),
    "header": Reason(
        "a table's header does not serve: a column is missing, unknown or there twice; nothing of the file was read",
        "mend the mapping or the file, take it in again, drop the entry",
    ),
    "content": Reason(
        "the same id was sent before and said something else",
        "find out which is right; a correction is a new event with a new id",
    ),
    "time": Reason(
        "no time, or one that is not RFC 3339; a local time that a clock change skips or repeats;"
        " an archive's `knowntime` that goes back",
        "send RFC 3339 with an offset, or declare `time_formats` and `ambiguous`",
    ),
    "zone": Reason(
        "a time without offset from a source that declares no zone",
        "declare `zone` of the source, then retry",
    ),
    "future": Reason(
        "a time more than five minutes after its arrival",
        "set the sender's clock right",
    ),
    "unknown": Reason(
        "a type, field or attribute that the vocabulary does not have, often a slip of the pen",
        'correct the name (docs/events.md); or declare `unknown = "keep"` or `"ignore"` of the source, then retry',
    ),
    "bug": Reason(
        "leadlog itself failed on it",
        "report it with what `show` prints; once leadlog is mended, retry",
    ),
}
# What is not legal: not yet (parked), or for good (refused).
DECISIONS: Mapping[str, Reason] = {
    "unknown": Reason(
        "the lead is not captured, or the handoff, opportunity or offer is not known, by then",
        "wait: it is tried again when the missing event comes; or send that",
    ),
    "inactive": Reason(
        "the lead is disqualified, is no customer or has not been decided on; the deal is not won yet",
        "wait, or record what brings it back (`LeadRecycled`)",
    ),
    "ended": Reason(
        "that handoff is answered or has ended",
        "look at which answer holds",
    ),
    "closed": Reason(
        "that opportunity or offer is closed",
        "open a new one under a new id",
    ),
    "taken": Reason(
        "the id of a handoff, opportunity or offer is used already",
        "send it under a new id",
    ),
    "several": Reason(
        "it names none, and several are open",
        "send it with the id",
    ),
}


def reason_of(state: State, word: str) -> Reason | None:
    """What that word means in an entry of that state; None for a word of an older version."""
    return (CONTENT if state == "faulty" else DECISIONS).get(word)
