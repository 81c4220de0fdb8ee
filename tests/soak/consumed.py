"""kill -9 of `leadlog consume`, over and over, while its broker is stopped and killed and the topic is sent once more."""

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from engine.workspace import SETTINGS, Workspace
from tests.engine.kafka.conftest import Office, mixed
from tests.kafka.fixture import Kafka
from tests.soak.nursery import LIVES, Fate, Nursery

LEADS, EACH = 20, 40  # events of a delivery
PLACES = ("append", "track", "announce", "set_head", "ensure")


class Consumed:
    """A topic, and a worker that is killed. killed: how often; places: where; restarts: of the broker."""

    def __init__(self, folder: Path, kafka: Kafka, seed: int) -> None:
        self.killed = self.restarts = 0
        self.places: Counter[str] = Counter()
        self._random, self._seed, self._kafka, self._groups = Random(seed), seed, kafka, 0
        folder.mkdir(parents=True)
        self._office = Office(folder / "workspace", kafka, kafka.topic(3), batch=60, session_s=6.0, backoff_s=1.0)
        self._nursery = Nursery(folder / "nursery")
        self._sent: list[dict[str, Any]] = []

    def close(self) -> None:
        """Let the nursery go."""
        self._nursery.__exit__()
        self._office.close()

    def deliver(self) -> None:
        """Another delivery of events comes to the topic."""
        began = len(self._sent)
        events = [
            one | {"id": f"{began}-{one['id']}", "subject": f"{began}-{one['subject']}"} for one in mixed(LEADS, EACH)
        ]
        self._office.produce(events)
        self._sent += events

    def replay(self) -> None:
        """Everything is sent once more, and changes nothing."""
        self._office.produce(self._sent)

    def restart(self, *, killed: bool) -> None:
        """The broker is gone for a while, where it is ours to stop."""
        if self._kafka.own is not None:
            (self._kafka.own.kill if killed else self._kafka.own.stop)()
            self._kafka.own.start()
            self.restarts += 1

    def kill(self) -> None:
        """The worker is killed once. Its group is a new one each time: nobody waits for the dead one's session to end."""
        at_a_place = Fate(self._random.choice(PLACES), self._random.randint(1, 12))
        fate = at_a_place if self._random.random() < 0.6 else Fate(after=self._random.uniform(0.2, 2.5))
        code = self._consume(fate)
        if code == -9:
            self.killed += 1
            self.places[fate.kind] += 1
        else:
            assert code == 0, f"seed {self._seed}: consume ({fate}) ended with {code}: {self._nursery.err}"
            self.deliver()  # there was too little to read for that

    def finish(self) -> int:
        """Read to the end; each event is there once, in its lead's order. Gives how many."""
        code = self._consume(LIVES)
        assert code in (0, 3), f"seed {self._seed}: {self._nursery.err}"
        self._office.workspace.close()
        self._office.workspace = Workspace.find(self._office.folder)
        with closing(Workspace.find(self._office.folder)):
            self._office.assert_exactly(self._sent)
        return len(self._sent)

    def _consume(self, fate: Fate) -> int:
        self._groups += 1
        settings = self._office.folder / SETTINGS
        lines = [
            f"group = {json.dumps(f'g{self._seed}-{self._groups}')}" if line.startswith("group =") else line
            for line in settings.read_text().splitlines()
        ]
        settings.write_text("\n".join(lines) + "\n")
        return self._nursery.run("consume", "--until-end", "--workspace", str(self._office.folder), fate=fate)
