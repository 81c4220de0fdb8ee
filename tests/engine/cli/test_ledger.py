"""`leadlog verify --since | checkpoint | prove | verify-receipt`: what they print, and how they end."""

import json
import shutil
from typing import ClassVar

import pytest

from engine.kafka.producer import Message
from tests.engine.cli.test_commands import STORY, Shell, shell

__all__ = ["shell"]


@pytest.fixture
def taken(shell: Shell) -> Shell:
    shell("ingest", shell.lines(STORY))
    return shell


def test_the_first_checkpoint_makes_the_key(taken: Shell):
    done = taken("checkpoint", "monday")
    assert (done.returncode, done.stdout) == (0, "")
    assert "signing.pub goes to whoever is to check" in done.stderr
    assert (taken.folder / "monday").read_text().startswith("leadlog/")
    assert taken("checkpoint").stdout == (taken.folder / "monday").read_text()
    assert "is there already" in taken("checkpoint", "--init-key").stderr


def test_the_key_can_be_made_alone(taken: Shell):
    assert taken("checkpoint", "--init-key").stdout == (taken.folder / "signing.pub").read_text()


def test_a_receipt_goes_to_a_third_party(taken: Shell):
    assert taken("prove", "handoff", "H1", "receipt").returncode == 0
    done = taken("verify-receipt", "receipt", "--key", "signing.pub")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("The receipt holds: signed by leadlog/")
    assert [line.split(": ")[1].split(" of ")[0] for line in done.stdout.splitlines()[1:]] == [
        "LeadHandedOff",
        "HandoffRejected",
    ]
    told = json.loads(taken("verify-receipt", "receipt", "--key", "signing.pub", "--format", "json").stdout)
    assert (told["handoff"], told["size"], len(told["records"])) == ("H1", 4, 2)
    (taken.folder / "receipt").write_text((taken.folder / "receipt").read_text().replace("student", "teacher"))
    done = taken("verify-receipt", "receipt", "--key", "signing.pub")
    assert (done.returncode, "record 2 (position 4) or its proof was changed" in done.stderr) == (1, True)


def test_growth_is_proved(taken: Shell):
    taken("checkpoint", "old")
    taken("erase", "L1", "--yes")
    assert taken("prove", "growth", "old", "grown").returncode == 0
    done = taken("verify-receipt", "grown", "--key", "signing.pub")
    assert (done.returncode, "has only grown since" in done.stdout) == (0, True)


def test_verify_since_names_what_a_chain_cannot_see(taken: Shell):
    shutil.copytree(taken.folder, taken.folder / "copy")
    taken("erase", "L1", "--yes")
    taken("checkpoint", "kept")
    done = taken("verify", "--since", "kept")
    assert (done.returncode, "begins with what was signed at position 5" in done.stdout) == (0, True)
    (taken.folder / "erasures.ndjson").unlink()  # whoever replaces both need not stop there
    for name in ("log.db", "keys.db"):
        shutil.copyfile(taken.folder / "copy" / name, taken.folder / name)
    assert taken("verify").returncode == 0
    done = taken("verify", "--since", "kept", "--key", "signing.pub")
    assert done.returncode == 1
    assert "position 5: cut: the log ends at position 4; the checkpoint has seen position 5" in done.stdout
    told = json.loads(taken("verify", "--since", "kept", "--format", "json").stdout)
    assert (told["whole"], told["flaws"][0]["kind"]) == (False, "cut")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "--since", "nothing", "--key", "signing.pub"), "nothing is no checkpoint"),
        (("verify", "--since", "events.ndjson"), "events.ndjson is no checkpoint"),
        (("verify", "--since", "kept", "--key", "rubbish"), "rubbish is no public key"),
        (("prove", "handoff", "H9"), "No handoff 'H9' is known"),
        (("prove", "growth", "events.ndjson"), "events.ndjson is no checkpoint"),
        (("verify-receipt", "nothing", "--key", "signing.pub"), "nothing cannot be read"),
        (("verify-receipt", "events.ndjson", "--key", "signing.pub"), "events.ndjson proves nothing: it is no receipt"),
        (("verify-receipt", "kept", "--key", "nothing"), "nothing is no public key"),
    ],
)
def test_a_slip_is_one_sentence(taken: Shell, words, said):
    taken("checkpoint", "kept")
    done = taken(*words)
    assert (done.returncode, said in done.stderr, len(done.stderr.splitlines())) == (1, True, 1)


def test_the_signing_key_goes_with_the_backup_of_the_keys(taken: Shell):
    taken("checkpoint", "kept")
    taken("backup", "copy", "--keys", "keys")
    assert sorted(file.name for file in (taken.folder / "keys").iterdir()) == ["keys.db", "signing.key", "signing.pub"]
    taken("restore", "copy", "--keys", "keys", "--no-erasures", "--workspace", "new")
    assert (taken.folder / "new" / "signing.pub").read_text() == (taken.folder / "signing.pub").read_text()
    assert taken("verify", "--since", "kept", "--workspace", "new").returncode == 0


class Broker:
    """Takes what it is sent, or refuses it."""

    sent: ClassVar[list[Message]] = []
    refuses: ClassVar[dict[int, Exception]] = {}
    servers = "127.0.0.1:9"

    def __init__(self, _client: object, topic: str, *_: object, **__: object) -> None:
        self.topic = topic

    def send(self, messages: list[Message]) -> dict[int, Exception]:
        self.sent.extend(messages)
        return self.refuses

    def close(self) -> None: ...


def test_a_checkpoint_goes_to_a_topic(taken: Shell, monkeypatch):
    monkeypatch.setattr("engine.kafka.producer.Producer", Broker)
    done = taken("checkpoint", "--to-topic", "checkpoints")
    (message,) = Broker.sent
    assert message.value.decode() == done.stdout
    assert message.key == done.stdout.splitlines()[0].encode()
    monkeypatch.setattr(Broker, "refuses", {0: ValueError("too large")})
    done = taken("checkpoint", "--to-topic", "checkpoints")
    assert (done.returncode, "refuses: ValueError" in done.stderr) == (1, True)
