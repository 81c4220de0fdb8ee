"""The containers: pinned, on loopback, health-checked, not as root, with volumes of their own and commands that exist."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from engine.cli import app
from engine.kafka.settings import KafkaSettings

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+\.\d+[a-z0-9.-]*")
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAYS_UP = ("kafka", "worker")


def instructions(name: str) -> list[str]:
    """What stands behind an instruction of the Dockerfile, continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(f"{name} ").strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def words(command: str) -> list[str]:
    """The commands of leadlog that a text calls."""
    return re.findall(r"\bleadlog\"?,? \"?([a-z]+)\b", command)


def test_every_image_is_pinned_by_its_version():
    for name, service in SERVICES.items():
        assert PINNED.fullmatch(service["image"]), name
    assert PINNED.fullmatch(instructions("ARG")[0].removeprefix("PYTHON="))
    assert all(base.split(" AS ")[0] == "${PYTHON}" for base in instructions("FROM"))
    assert len(instructions("FROM")) == 2


def test_the_image_has_the_version_of_the_program():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert SERVICES["worker"]["image"] == f"leadlog:{version}"


def test_the_broker_is_the_one_that_the_tests_run_against():
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text()
    assert f"<kafka>{SERVICES['kafka']['image'].rpartition(':')[2]}</kafka>" in pom


def test_ports_are_open_on_loopback_alone():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:9092:9092"]


@pytest.mark.parametrize("name", STAYS_UP)
def test_what_stays_up_is_checked_and_started_again(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_log_and_broker_keep_their_data_in_named_volumes():
    assert SERVICES["kafka"]["volumes"] == ["kafka:/var/lib/kafka/data"]
    assert SERVICES["worker"]["volumes"] == ["workspace:/workspace"]
    assert set(COMPOSE["volumes"]) == {"kafka", "workspace"}
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_the_worker_waits_for_a_healthy_broker_and_its_topics():
    conditions = {name: on["condition"] for name, on in SERVICES["worker"]["depends_on"].items()}
    assert conditions == {"kafka": "service_healthy", "topics": "service_completed_successfully"}


def test_nothing_runs_as_root_or_may_become_it():
    last_stage = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
    assert last_stage.index("USER ") > last_stage.index("RUN ")
    for service in SERVICES.values():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["cap_drop"] == ["ALL"]
        assert not service.get("privileged")
        assert service.get("user") != "root"
    assert SERVICES["worker"]["read_only"]


def test_the_image_takes_nothing_that_is_not_locked_and_no_secret():
    installs = [line for line in DOCKERFILE.replace("\\\n", " ").splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert "--no-build-isolation" in DOCKERFILE
    assert not re.search(r"password|secret|token", DOCKERFILE + json.dumps(COMPOSE), re.IGNORECASE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    copied = {source for line in instructions("COPY") if "--from" not in line for source in line.split()[:-1]}
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert all(source.partition("/")[0] in allowed and (ROOT / source).exists() for source in copied)


def test_the_commands_that_containers_run_are_commands_of_leadlog():
    known = set(get_command(app).commands)  # type: ignore[attr-defined]  # it is a group
    worker = (ROOT / "containers" / "worker").read_text()
    checks = json.dumps([SERVICES["worker"]["healthcheck"]["test"], instructions("HEALTHCHECK")])
    called = {*words(worker), *words(checks.replace("\\", ""))}
    assert {"init", "consume", "status"} <= called
    assert called <= known
    assert SERVICES["worker"]["command"] == ["sh", "/usr/local/bin/worker"]


def test_the_first_start_makes_a_workspace_and_the_second_leaves_it(tmp_path):
    """The worker's own script, with a leadlog that says what it was called for."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    said = tmp_path / "said"
    (bin_ / "leadlog").write_text(
        f'#!/bin/sh\necho "$@" >> {said}\nif [ "$1" = init ]; then mkdir -p "$2"; for f in leadlog.toml log.db keys.db; do'
        ' echo "$f" > "$2/$f"; done; fi\n'
    )
    (bin_ / "leadlog").chmod(0o755)
    script = tmp_path / "worker"
    settings = ROOT / "containers" / "kafka.toml"
    script.write_text((ROOT / "containers" / "worker").read_text().replace("/etc/leadlog/kafka.toml", str(settings)))
    workspace = tmp_path / "workspace"
    (workspace / ".new").mkdir(parents=True)  # left by a start that was cut off
    (workspace / ".new" / "leadlog.toml").touch()
    environment = {"PATH": f"{bin_}:{os.environ['PATH']}", "LEADLOG_WORKSPACE": str(workspace)}
    for _ in range(2):
        subprocess.run(["sh", str(script)], env=environment, check=True)
    assert sorted(file.name for file in workspace.iterdir()) == ["keys.db", "leadlog.toml", "log.db"]
    assert (workspace / "leadlog.toml").read_text() == "leadlog.toml\n" + settings.read_text()
    calls = said.read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["init", "consume", "consume"]


def test_its_settings_are_settings_and_name_the_broker_and_topics_of_the_composition():
    told = KafkaSettings.model_validate(tomllib.loads((ROOT / "containers" / "kafka.toml").read_text())["kafka"])
    assert told.servers in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert told.publish is not None
    made = " ".join(SERVICES["topics"]["command"])
    assert all(name in made for name in [told.publish.topic, *(topic.name for topic in told.topic)])


def test_the_page_names_the_one_command():
    page = (ROOT / "docs" / "containers.md").read_text()
    assert "\ndocker compose up --build -d\n" in page
    assert all(f"| `{name}` |" in page for name in SERVICES)
