"""A real single-node Kafka broker (KRaft) from Maven artifacts, on ports of its own of 127.0.0.1."""

import base64
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from kafka import KafkaConsumer
from kafka.errors import KafkaError

HERE = Path(__file__).parent
POM, PROPERTIES, LOGGING = HERE / "pom.xml", HERE / "server.properties", HERE / "log4j2.properties"
STARTING = 180  # s that a broker may take to answer; a machine with much to do has it wait for a minute
PR_SET_PDEATHSIG = 1


class NoBroker(Exception):
    """Why a broker cannot be had."""


def jars() -> Path:
    """The folder of the broker's jars: taken from Maven once, kept in the user's cache under the POM's hash."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NoBroker(f"there is no `{program}` on the PATH")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadlog-tests"
    folder = cache / f"kafka-{sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        taken = Path(tempfile.mkdtemp(dir=cache))
        command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime",
                   f"-DoutputDirectory={taken}"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(taken)
            raise NoBroker(f"Maven gives no broker: {(done.stdout + done.stderr).strip()[:500]}")
        try:
            taken.rename(folder)
        except OSError:  # another run was first
            shutil.rmtree(taken)
    return folder


class Broker:
    """A broker that can be stopped, killed and started again over the same data.

    folder: where its data lie. servers: its address. pid: its process, while it runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._jars = folder, jars()
        folder.mkdir(parents=True, exist_ok=True)
        ports = free_ports(2)
        self.servers = f"127.0.0.1:{ports[0]}"
        text = PROPERTIES.read_text().replace("@PORT@", str(ports[0])).replace("@CPORT@", str(ports[1]))
        self._properties = folder / "server.properties"
        self._properties.write_text(text.replace("@DIR@", str(folder)))
        self._process: subprocess.Popen[bytes] | None = None
        cluster = base64.urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode().replace("-", "A")
        done = subprocess.run(
            [*self._java(), "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(self._properties)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NoBroker(f"its folder cannot be formatted: {(done.stdout + done.stderr).strip()[-500:]}")

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java(), "kafka.Kafka", str(self._properties)],
                stdout=log,
                stderr=log,
                preexec_fn=_ends_with_us,  # noqa: PLW1509  # no thread of the tests holds a lock that it needs
            )
        deadline = time.monotonic() + STARTING
        while not answers(self.servers):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NoBroker(f"it does not answer: {(self._folder / 'broker.log').read_text()[-1000:]}")

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it (-9)."""
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(by)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _java(self) -> list[str]:
        return ["java", "-Xmx256m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
                f"-Dlog4j2.configurationFile=file:{LOGGING}", f"-Dkafka.logs.dir={self._folder / 'logs'}",
                "-cp", f"{self._jars}/*"]  # fmt: skip


def answers(servers: str, within: int = 5_000) -> bool:
    """Whether a broker answers there. within: ms."""
    host, _, port = servers.partition(",")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), within / 1_000).close()
    except OSError:
        time.sleep(0.1)
        return False
    try:
        consumer = KafkaConsumer(bootstrap_servers=servers, bootstrap_timeout_ms=within, enable_auto_commit=False)
    except (KafkaError, OSError):
        return False
    try:
        consumer.topics()
    except KafkaError:
        return False
    finally:
        consumer.close(autocommit=False)
    return True


def free_ports(count: int) -> list[int]:
    """So many ports of 127.0.0.1 that nobody listens on."""
    opened = [socket.socket() for _ in range(count)]
    try:
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in opened]
    finally:
        for one in opened:
            one.close()


def _ends_with_us() -> None:
    """A test run that is killed leaves no broker behind (Linux)."""
    if hasattr(signal, "SIGKILL") and os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
