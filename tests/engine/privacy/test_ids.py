"""Ids that need no look-up, and tell nothing to whoever has no secret."""

from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.ids import business_stream, event_id, stream_id

SECRET, OTHER = b"s" * 32, b"t" * 32
words = st.text(max_size=8)


@given(words, words)
def test_an_id_is_a_uuid_of_version_eight(source, subject):
    for made in (
        stream_id(SECRET, source, subject),
        event_id(SECRET, source, subject),
        business_stream(SECRET, subject),
    ):
        assert (made.version, made.variant) == (8, RFC_4122)


@given(st.tuples(words, words), st.tuples(words, words))
def test_only_the_same_source_and_subject_have_the_same_id(one, other):
    assert (stream_id(SECRET, *one) == stream_id(SECRET, *other)) == (one == other)
    assert (event_id(SECRET, *one) == event_id(SECRET, *other)) == (one == other)


def test_where_a_source_ends_and_a_subject_begins_matters():
    assert stream_id(SECRET, "a", "bc") != stream_id(SECRET, "ab", "c")
    assert stream_id(SECRET, "", "abc") != stream_id(SECRET, "abc", "")


@given(words)
def test_leads_events_and_business_streams_never_share_an_id(text):
    made = {
        stream_id(SECRET, text, text),
        event_id(SECRET, text, text),
        business_stream(SECRET, text),
        business_stream(SECRET, text * 2),
    }
    assert len(made) == (4 if text else 3)


def test_another_secret_makes_other_ids():
    assert stream_id(SECRET, "crm", "L1") != stream_id(OTHER, "crm", "L1")


def test_ids_stay_what_they_are():
    assert str(stream_id(SECRET, "crm", "L1")) == "16e99b71-c98e-83ba-8929-18db69de4001"
    assert str(event_id(SECRET, "crm", "e1")) == "f8513a1b-81ad-8ba9-831c-9cdfbdf43255"
