"""The functions as Lambda meets them: how large they are, how long they take to ask for their first event, what memory they
hold while they wait, and how long a first event takes to reach AWS over TLS. Beside them, in the same run, the smallest
function that `lambda_runtime` makes (benches/hello).

Lambda's runtime API and AWS's are played by this process on loopback: what is measured is the functions' own part.
"""

from __future__ import annotations

import os
import ssl
import statistics
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

HELLO = "hello-world"
ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = tuple(sorted(folder.name for folder in (ROOT / "functions").iterdir()))
# The shortest ways from an event to a call of AWS: Route 53 asks for /health, a customer for a score.
FIRST_EVENTS = {"status": ROOT / "events/status/health.json", "front": ROOT / "events/front/score.json"}
# `front` does not start where nobody may ask; this is who asks in the event.
SOMEBODY = {"MERIDIAN_CALLERS": "fixtures=ce6f21ae951df0ba38d6ce0e0175465bf5e9882edcf2ba677bca63b296f17ce7"}
# After this long a function that waits for events has come to rest.
REST_SECONDS = 0.3
PATIENCE_SECONDS = 20.0
# What is compiled into the functions. They read a file instead here, with one more: this bench's own.
AUTHORITIES = ROOT / "shared/aws/src/amazon-roots.pem"
# What every function is held to.
ZIPPED_MB, START_RATIO, IDLE_MB = 6.0, 2.5, 14.0


def measure(binaries: dict[str, Path], work: Path, rounds: int) -> dict:
    """One row a binary; the contestants take turns."""
    work.mkdir(parents=True, exist_ok=True)
    rows = {name: {"mb": binary.stat().st_size / 1e6, "zipped_mb": zipped(binary, work)} for name, binary in binaries.items()}
    starts: dict[str, list[float]] = {name: [] for name in binaries}
    idle: dict[str, list[float]] = {name: [] for name in binaries}
    # The first turn fills the page cache, and is not counted.
    for turn in range(rounds + 1):
        for name, binary in binaries.items():
            milliseconds, resident = start(binary)
            if turn > 0:
                starts[name].append(milliseconds)
                idle[name].append(resident)
    for name, row in rows.items():
        row |= {"start_ms": statistics.median(starts[name]), "idle_mb": statistics.median(idle[name])}
        row["start_ratio"] = row["start_ms"] / statistics.median(starts[HELLO])
    authority = Authority.make(work)
    for name, event in FIRST_EVENTS.items():
        calls = [first_call(binaries[name], authority, event.read_bytes()) for _ in range(rounds + 1)]
        rows[name]["first_call_ms"] = statistics.median(calls[1:])
    return {"rounds": rounds, "binaries": rows}


def zipped(binary: Path, work: Path) -> float:
    """Megabytes of the archive that is deployed: the binary as `bootstrap`, deflated."""
    path = work / "function.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(binary, "bootstrap")
    return path.stat().st_size / 1e6


def start(binary: Path) -> tuple[float, float]:
    """Milliseconds to the first poll, and the megabytes that are resident once it rests."""
    with runtime_api() as api:
        before = time.perf_counter()
        with running(binary, api.address, SOMEBODY) as child:
            polled = api.polls.get(timeout=PATIENCE_SECONDS)
            time.sleep(REST_SECONDS)
            return (polled - before) * 1e3, resident_mb(child.pid)


def first_call(binary: Path, authority: Authority, event: bytes) -> float:
    """Milliseconds from an event's delivery to its first request at AWS, handshake included: the client is made and the
    connection opened then; `front` has its client already."""
    with runtime_api() as api, service(authority) as (address, requests):
        environment = {"AWS_ENDPOINT_URL": address, "SSL_CERT_FILE": str(authority.bundle), **SOMEBODY}
        with running(binary, api.address, environment):
            api.polls.get(timeout=PATIENCE_SECONDS)
            delivered = api.deliver(event)
            return (requests.get(timeout=PATIENCE_SECONDS) - delivered) * 1e3


def resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024 / 1e6


@contextmanager
def running(binary: Path, api: str, environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """The function, as Lambda starts it; stopped at the end."""
    lambda_sets = {
        "AWS_LAMBDA_RUNTIME_API": api, "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "example", "PATH": os.environ["PATH"],
    }
    child = subprocess.Popen([binary], env={**lambda_sets, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


# --- what the functions talk to ---


class RuntimeApi:
    """Lambda's runtime API: tells when it was polled, and delivers an event to a poll that waits."""

    def __init__(self) -> None:
        self.polls: Queue[float] = Queue()
        self.events: Queue[bytes] = Queue()
        self.address = ""

    def deliver(self, event: bytes) -> float:
        self.events.put(event)
        return time.perf_counter()


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()

    class Handler(Quiet):
        def do_GET(self) -> None:
            api.polls.put(time.perf_counter())
            event = api.events.get()
            headers = {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 60) * 1e3)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:111122223333:function:bench",
            }
            self.answer(200, event, headers)

    with served(Handler) as server:
        api.address = f"127.0.0.1:{server.server_address[1]}"
        yield api
        # A poll that still waits would keep its thread.
        api.events.put(b"{}")


@contextmanager
def service(authority: Authority) -> Iterator[tuple[str, Queue[float]]]:
    """Any AWS service over TLS: every request is refused, once it was seen."""
    requests: Queue[float] = Queue()

    class Handler(Quiet):
        def do_POST(self) -> None:
            requests.put(time.perf_counter())
            self.answer(400, b"{}", {})

        do_GET = do_PUT = do_HEAD = do_POST

    with served(Handler, authority.context()) as server:
        yield f"https://localhost:{server.server_address[1]}", requests


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # the function is killed while it waits
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Authority:
    """A certificate for localhost, and a bundle that trusts it beside everybody whom a function trusts."""

    certificate: Path
    key: Path
    bundle: Path

    @classmethod
    def make(cls, work: Path) -> Authority:
        certificate, key, bundle = work / "localhost.pem", work / "localhost.key", work / "bundle.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )
        bundle.write_text(AUTHORITIES.read_text() + certificate.read_text())
        return cls(certificate, key, bundle)

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


# --- the results in words ---


def promised(section: dict) -> Iterator[tuple[str, float, float, bool, str]]:
    """Promise, wanted, reached by the worst function, whether more is better, unit."""
    ours = [row for name, row in section["binaries"].items() if name != HELLO]
    for promise, column, wanted, unit in (
        ("a function's archive, zipped", "zipped_mb", ZIPPED_MB, " MB"),
        ("start to first poll, against a hello-world function", "start_ratio", START_RATIO, "x"),
        ("memory while it waits", "idle_mb", IDLE_MB, " MB"),
    ):
        yield promise, wanted, max(row[column] for row in ours), False, unit


def table(section: dict) -> str:
    columns = ["MB", "zipped MB", "start to first poll, ms", "ratio", "idle MB", "first call over TLS, ms"]
    lines = [f"| {section['rounds']} turns | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for name, row in section["binaries"].items():
        call = f"{row['first_call_ms']:.1f}" if "first_call_ms" in row else ""
        numbers = f"{row['mb']:.1f} | {row['zipped_mb']:.2f} | {row['start_ms']:.2f} | {row['start_ratio']:.2f} | {row['idle_mb']:.1f}"
        lines.append(f"| {name} | {numbers} | {call} |")
    return "\n".join(lines)
