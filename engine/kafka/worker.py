"""The worker of `leadlog consume`: polls, takes in, moves on; starts from the offsets in the log, whatever the group says."""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tenacity
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from engine.intake.mapping import load
from engine.intake.summary import Summary
from engine.intake.taking import Portion, Step, Taking
from engine.kafka import progress
from engine.kafka.client import consumer_options, is_refusal
from engine.kafka.errors import BadTopic, BrokerRefuses, NoSuchTopic, NotDeclared, NoTopics, Stalled, TopicShorter
from engine.kafka.progress import Rates, channel_of
from engine.kafka.records import Records
from engine.kafka.settings import TopicSettings
from engine.kafka.watchdog import Watchdog
from engine.runs import new_run
from engine.store.errors import DiskFull, KeysBusy, LogBusy, ReadOnly, StaleOffset
from engine.store.log import Writing
from engine.workspace import SETTINGS, Workspace
from events.faults import Fault

MENDS_ITSELF = (LogBusy, KeysBusy, DiskFull, ReadOnly, sqlite3.OperationalError, OSError, KafkaError)
POLL = 500  # ms
ANSWER = 5_000  # ms that a question aside may take
CHECK = 1.0  # s between two looks at the ends of the partitions while nothing comes


@dataclass(frozen=True, slots=True)
class Consumption:
    """What is asked.

    topics: of those declared; empty: all. until_end: stop where the partitions ended when they were taken up.
    longest: seconds without progress after which the worker ends; None: it goes on.
    """

    topics: Sequence[str] = ()
    until_end: bool = False
    longest: float | None = None


@dataclass
class _Held(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """The partitions that this worker has taken up.

    expected: offsets in the log, as this worker knows them. ends: where they ended when they were taken up.
    joined: whether the group has given out its partitions.
    """

    expected: dict[Any, int | None] = field(default_factory=dict)
    ends: dict[Any, int] = field(default_factory=dict)
    joined: bool = False

    def on_partitions_revoked(self, _revoked: Any) -> None:
        """Whatever comes back later is taken up anew, from the log."""
        self.forget()

    def on_partitions_assigned(self, _assigned: Any) -> None:
        """The same: its position was set by the group's offset."""
        self.forget()
        self.joined = True

    def forget(self) -> None:
        """Positions are read from the log again."""
        self.expected.clear()


class Worker:
    """One member of the group. say: told what a person should know. stop: set by whoever wants it to end in good order."""

    def __init__(
        self, workspace: Workspace, asked: Consumption, say: Callable[[str], None], stop: threading.Event
    ) -> None:
        self._workspace, self._asked, self._say, self._stop = workspace, asked, say, stop
        self._settings = workspace.settings.kafka
        self._topics = {topic.name: self._records(topic) for topic in self._declared()}
        self.summary = Summary(new_run(workspace.clock()))
        self._told: list[tuple[str, float, int | None]] = []
        self._taking = Taking(workspace.log, workspace.keys, self.summary, self._note)
        self._consumer: Any = None
        self._held = _Held()
        self._rates = Rates()
        self._checked = 0.0
        self._watchdog = Watchdog(self._settings.stall_s, asked.longest, say, stop)

    def run(self) -> Summary:
        """Take in until it is told to stop, or the end is reached. Raises Stalled, and what no waiting mends."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_mends_itself),
            wait=tenacity.wait_exponential(multiplier=0.25, max=self._settings.backoff_s),
            stop=tenacity.stop_when_event_set(self._stop),
            sleep=tenacity.sleep_using_event(self._stop),
            before_sleep=self._tell_waiting,
        )
        with self._watchdog:
            try:
                while not (self._stop.is_set() or self._at_end()):
                    retrying(self._round)
            except tenacity.RetryError:
                pass  # told to stop while it waited
            except KafkaError as error:
                raise BrokerRefuses(servers=self._settings.servers, cause=_sentence(error)) from None
            finally:
                self._leave()
        if self._watchdog.stalled:
            raise Stalled(seconds=self._asked.longest)
        with self._workspace.quarantine() as quarantine:
            self.summary.left = quarantine.of_run(self.summary.run)
        return self.summary

    def _declared(self) -> list[TopicSettings]:
        declared = {topic.name: topic for topic in self._settings.topic}
        if not declared:
            raise NoTopics(file=self._workspace.folder / SETTINGS)
        for name in self._asked.topics:
            if name not in declared:
                raise NotDeclared(topic=name, known=", ".join(declared))
        return [declared[name] for name in (self._asked.topics or declared)]

    def _records(self, topic: TopicSettings) -> Records:
        mapping = load(self._workspace.folder / Path(topic.mapping)) if topic.mapping else None
        sender_of, longest = self._workspace.sender_of, self._settings.longest
        try:
            return Records(sender_of, topic.source, mapping, batch=topic.batch, longest=longest)
        except Fault as fault:
            raise BadTopic(topic=topic.name, fault=fault) from None

    def _round(self) -> None:
        """One poll and what comes of it. Whatever fails, the next round goes on from what is committed."""
        try:
            if self._consumer is None:
                self._connect()
            records = self._consumer.poll(POLL)
            fresh = [one for one in self._consumer.assignment() if one not in self._held.expected]
            if fresh:
                self._take_up(fresh)
            self._take({one: some for one, some in records.items() if one in self._held.expected and one not in fresh})
        except StaleOffset as error:
            self._say(f"{error} Going on from there.")
            self._held.forget()
        except KafkaError:
            self._disconnect()
            raise
        except BaseException:
            self._held.forget()
            raise

    def _connect(self) -> None:
        with self._workspace.log.writing() as writing:
            writing.execute(progress.TABLE)
        consumer = KafkaConsumer(**consumer_options(self._settings, self._workspace.folder))
        self._consumer = consumer
        there = consumer.topics()
        for name in self._topics:
            if name not in there:
                raise NoSuchTopic(servers=self._settings.servers, topic=name)
        self._held = _Held()
        consumer.subscribe(list(self._topics), listener=self._held)

    def _take_up(self, fresh: Sequence[Any]) -> None:
        """Begin with partitions that the group has given to this worker: where the log says, not the group."""
        beginnings = self._consumer.beginning_offsets(fresh, timeout_ms=ANSWER)
        ends = self._consumer.end_offsets(fresh, timeout_ms=ANSWER)
        with self._workspace.log.reading() as reading:
            stored = {one: reading.offset(channel_of(one.topic, one.partition)) for one in fresh}
        for one in fresh:
            known, first, end = stored[one], beginnings[one], ends[one]
            if known is not None and known > end:
                raise TopicShorter(topic=one.topic, partition=one.partition, end=end, known=known)
            if known is not None and known < first:
                self._say(f"{_name(one)}: offsets {known} to {first - 1} are no longer there; going on at {first}.")
            start = max(known or 0, first)
            committed = self._consumer.committed(one, timeout_ms=ANSWER)
            if committed != known and not (committed in (None, first) and known is None):
                told = "has none" if committed is None else f"says {committed}"
                self._say(
                    f"{_name(one)}: the group {told}, the log says {known or 0}; going on at {start}, as the log says."
                )
            self._consumer.seek(one, start)
            self._held.ends.setdefault(one, end)
            self._held.expected[one] = known

    def _take(self, records: Mapping[Any, Sequence[Any]]) -> None:
        if not records:
            self._look_at_the_ends()
            return
        by_topic: dict[str, list[Any]] = {}
        steps: list[Step] = []
        self._told = []
        for one, some in records.items():
            elements = [element for record in some for element in self._topics[one.topic].elements(record)]
            by_topic.setdefault(one.topic, []).extend(elements)
            channel = channel_of(one.topic, one.partition)
            steps.append(Step(channel, self._held.expected[one], some[-1].offset + 1))
            last = max((element.proposal.time.start for element in elements if element.proposal), default=None)
            self._told.append((channel, self._rates.add(channel, len(some)), last))
        portions = [Portion(self._topics[topic].sender_of, elements) for topic, elements in by_topic.items()]
        self._taking.take(portions, steps)
        reached = {one: step.reached for one, step in zip(records, steps, strict=True)}
        self._held.expected |= reached
        self._watchdog.mark()
        self._hint(reached)

    def _note(self, writing: Writing) -> None:
        progress.note(writing, self._told)

    def _hint(self, reached: Mapping[Any, int]) -> None:
        """Tell the group how far the log has come, for those who look there; nobody starts from it."""
        self._consumer.commit_async({one: OffsetAndMetadata(offset, "", -1) for one, offset in reached.items()})

    def _look_at_the_ends(self) -> None:
        """Nothing came: is there nothing, or does it not get here? Whoever has nothing to read makes no progress either."""
        if time.monotonic() - self._checked < CHECK or not self._held.joined:
            return
        self._checked = time.monotonic()
        with suppress(KafkaError):
            mine = list(self._held.expected)
            ends = self._consumer.end_offsets(mine, timeout_ms=ANSWER) if mine else {}
            if all((self._consumer.position(one) or 0) >= ends[one] for one in mine):
                self._watchdog.mark()

    def _at_end(self) -> bool:
        if not (self._asked.until_end and self._held.joined and self._consumer is not None):
            return False
        mine = self._consumer.assignment()
        if any(one not in self._held.expected for one in mine):
            return False
        return all((self._consumer.position(one, timeout_ms=0) or 0) >= self._held.ends[one] for one in mine)

    def _tell_waiting(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        seconds = state.next_action.sleep if state.next_action else 0
        self._say(f"{_sentence(error)} Nothing is lost; trying again in {seconds:.1f} s.")

    def _leave(self) -> None:
        """Leave the group; what was polled and not taken in is read again by whoever comes next."""
        if self._consumer is not None and not self._watchdog.stalled:
            with suppress(KafkaError):
                hints = {one: OffsetAndMetadata(known, "", -1) for one, known in self._held.expected.items() if known}
                if hints:
                    self._consumer.commit(hints, timeout_ms=ANSWER)
        self._disconnect()

    def _disconnect(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._held.forget()
        if consumer is not None:
            with suppress(KafkaError, OSError):
                consumer.close(autocommit=False, timeout_ms=ANSWER)


def _mends_itself(error: BaseException) -> bool:
    return isinstance(error, MENDS_ITSELF) and not (isinstance(error, KafkaError) and is_refusal(error))


def _name(partition: TopicPartition) -> str:
    return f"Topic {partition.topic}, partition {partition.partition}"


def _sentence(error: BaseException | None) -> str:
    told = str(error).strip() or type(error).__name__
    if isinstance(error, KafkaError):
        told = f"The broker does not answer as it should ({type(error).__name__}: {told[:200]})."
    return told if told.endswith(".") else f"{told}."
