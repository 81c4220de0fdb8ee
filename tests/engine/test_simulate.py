"""The sample history: the same for the same seed, in order of arrival, legal in order of time, and plausible."""

import gzip
import io
import os
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from uuid import UUID

import pytest
import zstandard

from engine.intake.ingest import Ingestion, ingest
from engine.lead import Decided, Parked, Refused, decide, evolve, initial
from engine.simulate import SOURCES, history, write
from engine.workspace import SETTINGS, Workspace, opened
from events.base import Decision, LeadEvent
from events.cloudevents import Sender, proposal
from events.faults import Fault
from events.instants import parse_instant
from tests.engine.cli.test_commands import Shell, shell

__all__ = ["shell"]

ARCHIVE = Sender(archive=True)
LEADS = 2_000
SEED = 3


@pytest.fixture(scope="module")
def sample():
    return list(history(LEADS, SEED))


@pytest.fixture(scope="module")
def understood(sample):
    return [proposal(event, ARCHIVE) for event in sample]


def written(leads: int, seed: int, *, dirt: bool = False) -> bytes:
    stream = io.BytesIO()
    write(stream, leads, seed, dirt=dirt)
    return stream.getvalue()


def test_the_same_seed_writes_the_same_bytes():
    assert written(100, 7, dirt=True) == written(100, 7, dirt=True)
    assert written(100, 7) != written(100, 8)


def test_a_history_of_no_leads_is_what_the_office_records():
    assert {event["source"] for event in history(0, SEED)} == {"erp"}


def test_what_was_learned_never_goes_back(understood):
    assert all(before.known <= after.known for before, after in pairwise(understood))
    assert all(event.time.start < event.known for event in understood)


def test_every_source_is_named(understood):
    assert {event.source for event in understood} == set(SOURCES)


def test_a_delivery_sent_twice_is_the_same_but_for_when_it_was_learned(sample):
    first = {}
    repeats = 0
    for event in sample:
        key = event["source"], event["id"]
        content = {name: value for name, value in event.items() if name != "knowntime"}
        repeats += key in first
        assert first.setdefault(key, content) == content
    assert 0.015 < repeats / len(sample) < 0.025


def test_the_history_is_legal_in_the_order_of_time(understood):
    lives = defaultdict(list)
    for event in {(event.source, event.id): event for event in understood}.values():
        if isinstance(event.data, LeadEvent):
            lives[event.source, event.subject].append(event)
    for life in lives.values():
        state = initial()
        life.sort(key=lambda event: event.time.start)
        for event in life:
            if isinstance(event.data, Decision):
                verdict = decide(state, event.data)
                assert isinstance(verdict, Decided), (event, verdict)
            state = evolve(state, event.data)


def test_some_decisions_overtake_what_they_follow_from(understood):
    states, verdicts = defaultdict(initial), Counter()
    for event in understood:
        if isinstance(event.data, LeadEvent):
            lead = event.source, event.subject
            verdict = decide(states[lead], event.data) if isinstance(event.data, Decision) else None
            verdicts[type(verdict)] += 1
            if not isinstance(verdict, Parked | Refused):
                states[lead] = evolve(states[lead], event.data)
    assert verdicts[Parked] > 20


def test_people_decide_in_working_hours(sample):
    decided = [event["time"] for event in sample if event.get("actor", "").startswith(("sdr:", "ae:"))]
    assert {time[11:13] for time in decided} <= {f"{hour:02}" for hour in range(8, 18)}
    assert not [time for time in decided if time.startswith(("2024-12-25", "2025-06-19", "2025-01-06"))]


def test_every_person_is_made_up(understood):
    mails = [event.data.email for event in understood if getattr(event.data, "email", None)]
    assert mails
    assert all(mail.endswith(".example.org") for mail in mails)


def test_the_funnel_is_that_of_a_machine_builder(understood):
    leads = defaultdict(set)
    for event in understood:
        leads[event.type].add((event.source, event.subject))
    funnel = {
        "LeadCaptured": 2059,
        "MarketingQualified": 753,
        "HandoffAccepted": 692,
        "SalesQualified": 398,
        "OpportunityOpened": 352,
        "OfferMade": 306,
        "DealWon": 113,
    }  # one in nineteen is won
    assert {stage: len(leads[stage]) for stage in funnel} == funnel


def test_everything_that_the_vocabulary_offers_a_seller_occurs(understood):
    missing = {
        "HandoffRejected", "HandoffExpired", "HandoffWithdrawn", "HandoffPaused", "LeadAssigned", "LeadRecycled", "LeadDisqualified",
        "OfferRevised", "NegotiationOpened", "DealLost", "DealReversed", "CustomerChurned", "SubscriptionRenewed",
        "SubscriptionExpanded", "LeadsMerged", "MergeReverted", "FeedbackGiven", "ReferralMade", "ConsentGiven", "ConsentWithdrawn",
        "SpendRecorded", "QuotaSet", "TargetSet", "MemberJoined",
    } - {event.type for event in understood}  # fmt: skip
    assert missing == set()


def test_dirt_comes_on_top_of_the_same_kind_of_history():
    words, twice = Counter(), set()
    seen = {}
    for event in history(LEADS, SEED, dirt=True):
        try:
            read = proposal(event, ARCHIVE)
        except Fault as fault:
            words[f"{fault.field}: {fault.word}"] += 1
        else:
            if seen.setdefault((read.source, read.id), read.data) != read.data:
                twice.add(read.type)
    assert set(words) == {
        "amount: range", "correlationId: unknown", "currency: range", "handoff: null", "reason: range", "score: range",
        "telefon: unknown", "time: zone", "type: unknown",
    }  # fmt: skip
    assert twice == {"LeadCaptured"}


def test_dirt_or_not_knowing_never_goes_back():
    known = [parse_instant(event["knowntime"]).start for event in history(300, SEED, dirt=True)]
    assert known == sorted(known)


def archived(folder) -> None:
    with (folder / SETTINGS).open("a") as settings:
        settings.writelines(f"\n[source.{source}]\narchive = true\n" for source in SOURCES)


def held(folder) -> list[tuple[object, ...]]:
    """All that a log holds, but for what every workspace and run has of its own. Other leads are told by their numbers."""
    with opened(folder) as here:
        rows = list(here.log.rows())
        numbers = {stream: number for number, stream in here.log.streams({row.lead for row in rows}).items()}
        found: list[tuple[object, ...]] = []
        for row, event in ((row, here.log.recorded(row)) for row in rows):
            data = {
                name: numbers[value] if isinstance(value, UUID) else value
                for name, value in event.data.model_dump().items()
            }
            found.append((row.position, row.lead, row.version, event.source, event.id, event.subject, row.type, str(event.time),
                          event.recorded_at, event.actor, data))  # fmt: skip
        return found


def test_a_process_with_other_hashes_writes_the_same_bytes(tmp_path):
    program = "import sys; from engine.simulate import write; write(sys.stdout.buffer, 60, 7, dirt=True)"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert done.stdout == written(60, 7, dirt=True)


def test_a_packed_file_holds_the_same_bytes_and_is_itself_the_same(tmp_path):
    plain = written(60, 7)
    for name, unpack in (("a.ndjson.gz", gzip.open), ("a.ndjson.zst", zstandard.open)):
        for file in (tmp_path / name, tmp_path / f"again-{name}"):
            assert write(file, 60, 7) == plain.count(b"\n")
            with unpack(file, "rb") as stream:
                assert stream.read() == plain
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_file_table_and_log_hold_the_same(tmp_path):
    write(tmp_path / "a.ndjson", 120, 7)
    write(tmp_path / "a.parquet", 120, 7)
    for kind in ("ndjson", "parquet"):
        Workspace.init(tmp_path / kind).close()
        archived(tmp_path / kind)
        with opened(tmp_path / kind) as here:
            assert ingest(here, Ingestion([str(tmp_path / f"a.{kind}")])).left == 0
    assert held(tmp_path / "ndjson") == held(tmp_path / "parquet")


def test_into_the_log_is_as_ingesting_the_file(shell: Shell, tmp_path):
    Workspace.init(tmp_path / "filed").close()
    archived(tmp_path / "filed")
    archived(shell.folder)
    assert shell("simulate", "--leads", "120", "--seed", "7", "--output", "a.ndjson").returncode == 0
    filed = shell("ingest", "a.ndjson", "--workspace", "filed")
    direct = shell("simulate", "--leads", "120", "--seed", "7", "--into-log")
    assert (direct.returncode, direct.stdout) == (filed.returncode, filed.stdout)
    assert held(shell.folder) == held(tmp_path / "filed")


@pytest.mark.parametrize("words", [("--into-log", "--output", "a.ndjson"), ("--dirt", "--output", "a.parquet")])
def test_what_does_not_go_together_is_said(shell: Shell, words):
    assert shell("simulate", *words).returncode == 2


def test_memory_is_flat():
    program = (
        "import resource; from engine.simulate import portions; events = sum(portion.events for portion in portions(%d, 7));"
        "print(events, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    (few, small), (many, large) = (
        map(
            int, subprocess.run([sys.executable, "-c", program % leads], capture_output=True, check=True).stdout.split()
        )
        for leads in (16_000, 48_000)
    )
    assert many > 2.9 * few
    assert large < 1.5 * small


def test_a_run_that_is_interrupted_leaves_no_half_file(tmp_path):
    def interrupt(leads: int) -> None:
        raise KeyboardInterrupt

    for name in ("a.ndjson", "a.ndjson.gz", "a.ndjson.zst", "a.parquet"):
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / name, 60, 7, advance=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_ids_are_given_once(sample):
    contents = {(event["source"], event["id"], event["type"], event["time"]) for event in sample}
    assert len(contents) == len({(event["source"], event["id"]) for event in sample})


def test_responses_of_machines_and_other_owners_occur(understood):
    automatic = [event for event in understood if getattr(event.data, "automatic", False)]
    assert automatic
    assert {event.data.direction for event in automatic} == {"outbound"}
