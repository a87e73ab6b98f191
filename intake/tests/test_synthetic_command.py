"""The command: files that the import reads, rows sent to a server, and errors that help."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from intake.imports.decoding import decode
from intake.imports.formats import Options
from intake.imports.reading import open_source
from intake.imports.registry import FORMATS
from intake.synthetic import output, sending
from intake.synthetic.settings import Settings
from intake.synthetic.world import World

COMMON = {"count": 120, "fraud_rate": 0.1, "seed": 5, "end": "2026-03-01"}


def generate(**options):
    out, errors = StringIO(), StringIO()
    call_command("generate_synthetic_data", **{**COMMON, **options}, stdout=out, stderr=errors)
    return out.getvalue() + errors.getvalue()


def imported(path):
    native = FORMATS["native"]
    options = Options(None, None, 0.0, "x-")
    for row in open_source(path).rows():
        assert not row.fault
        body, truth = native.translate(row.number, row.fields, options)
        yield decode(body, native.names), truth


# --- Files ----------------------------------------------------------------------------------------
def test_all_kinds_of_file_import_as_the_same_transactions_and_labels(tmp_path):
    read = []
    for ending in ("jsonl", "csv", "parquet"):
        path = tmp_path / f"world.{ending}"
        said = generate(out=path)
        assert "120 transactions, 12 of them fraud" in said
        assert f"import_transactions {path} --format native" in said
        read.append(list(imported(path)))
        assert path.stat().st_mode & 0o777 == 0o600
    assert read[0] == read[1] == read[2]
    assert len(read[0]) == 120
    assert sum(truth is not None and truth.is_fraud for _, truth in read[0]) > 0
    assert {truth.typology for _, truth in read[0] if truth and truth.is_fraud} - {""}


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_the_same_options_give_the_same_bytes(tmp_path, ending):
    one, other = tmp_path / f"one.{ending}", tmp_path / f"other.{ending}"
    generate(out=one)
    generate(out=other)
    assert one.read_bytes() == other.read_bytes()


def test_a_world_that_is_interrupted_leaves_no_file(tmp_path):
    def interrupted():
        yield next(World(Settings(20, 0.1, 1, 1.7e9)).rows())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        output.write(interrupted(), tmp_path / "world.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_without_an_end_it_ends_with_this_hours_beginning_and_says_so(tmp_path):
    said = generate(out=tmp_path / "world.csv", end=None)
    assert ":00 UTC" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "--count"),
        ({"count": 10**9}, "--count"),
        ({"fraud_rate": 1.0}, "--fraud-rate"),
        ({"fraud_rate": -0.1}, "--fraud-rate"),
        ({"days": 2}, "--days"),
        ({"end": "soon"}, "--end"),
        ({"out": "world.txt"}, "must end in"),
        ({"out": "/nowhere/at/all/world.csv"}, "no directory"),
        ({"key": "abc"}, "go with --send"),
        ({"send": "http://127.0.0.1:1"}, "needs --key"),
        ({"send": "http://127.0.0.1:1", "key": "k", "rate": -1.0}, "--rate"),
        ({"send": "http://127.0.0.1:1", "key": "k", "end": "2090-01-01"}, "future"),
        ({"key": ""}, "go with --send"),
        ({"rate": 0.0}, "go with --send"),
        ({"fraud_rate": float("nan")}, "--fraud-rate"),
        ({"out": "x" * 300 + ".csv"}, "cannot be written: File name too long"),
        ({"send": "http://127.0.0.1:1", "key": "k", "rate": float("nan")}, "--rate"),
        ({"send": "http://127.0.0.1:1", "key": "k\r\nHost: x"}, "in no key"),
        ({"send": "http://127.0.0.1:1", "key": "k\u00fc"}, "in no key"),
        ({"send": "127.0.0.1:8000", "key": "k"}, "no address"),
        ({"send": "", "key": "k"}, "no address"),
        ({"send": "http://", "key": "k"}, "no address"),
        ({"send": "ftp://127.0.0.1", "key": "k"}, "no address"),
        ({"send": "http://[::1", "key": "k"}, "no address"),
        ({"send": "http://127.0.0.1:99999", "key": "k"}, "no address"),
        ({"send": "http://127.0.0.1:1/?x=1", "key": "k"}, "no address"),
        ({"send": "http://ada:secret@127.0.0.1:1", "key": "k"}, "no address"),
        ({"send": f"http://{'a' * 70}.example", "key": "k"}, "cannot be asked|Nothing answers"),
        ({"send": "http://127.0.0.1:1", "key": "k"}, "Nothing answers"),
    ],
)
def test_wrong_options_are_named(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    target = {} if "send" in options or "out" in options else {"out": tmp_path / "world.csv"}
    if "out" in options:
        options = {**options, "out": tmp_path.joinpath(options["out"])}
    with pytest.raises(CommandError, match=message):
        generate(**target, **options)
    assert list(tmp_path.iterdir()) == []


# --- Sending --------------------------------------------------------------------------------------
class Server:
    """Answers as `answers` says, by the number of the call; 200 afterwards.

    Call 0 is the question without fields, which is answered with 400. `words` is the body of all.
    """

    def __init__(self, answers=None, words=b""):
        self.words = words
        self.answers, self.bodies, self.keys, self.paths = answers or {}, [], set(), set()
        self._lock, server = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        with self._lock:
            self.keys.add(request.headers["X-API-Key"])
            self.paths.add(request.path)
            if body:
                self.bodies.append(body)
            number = len(self.bodies) if body else 0
            status, more = self.answers.get(number, (200 if body else 400, {}))
        said = {"status": "approved"} if status == 200 else {"detail": "Because.", "errors": []}
        content = self.words or json.dumps(said).encode()
        request.send_response(status)
        for name, value in {**more, "Content-Length": str(len(content))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


def test_every_row_is_sent_once_with_the_key_and_nothing_of_the_label_side():
    with Server() as server:
        said = generate(send=server.url, key="fs_key", rate=2000.0)
    assert (server.keys, server.paths) == ({"fs_key"}, {"/api/v1/fraud/check"})
    assert len({body["transaction_id"] for body in server.bodies}) == len(server.bodies) == 120
    names = {name for body in server.bodies for name in body}
    assert not {n for n in names if n.startswith("true_") or n in {"is_fraud", "label_known_at"}}
    assert "200: 120" in said
    assert "120 approved" in said


def test_a_customers_rows_keep_their_order():
    with Server() as server:
        generate(send=server.url, key="k", rate=5000.0)
    last: dict[str, str] = {}
    for body in server.bodies:
        assert last.get(body["user_id"], "") < body["transaction_id"]
        last[body["user_id"]] = body["transaction_id"]


def test_a_busy_server_is_asked_again_when_it_says():
    with Server(
        {3: (429, {"Retry-After": "0"}), 5: (503, {}), 9: (503, {"Retry-After": "x"})}
    ) as server:
        said = generate(send=server.url, key="k", rate=5000.0)
    counts = Counter(body["transaction_id"] for body in server.bodies)
    assert (len(counts), counts.total()) == (120, 123)
    assert "200: 120" in said
    assert "again after 429 or 503: 3 times" in said


def test_a_row_that_is_refused_is_counted_and_the_rest_goes_on():
    with Server({4: (400, {}), 7: (409, {})}) as server:
        said = generate(send=server.url, key="k", rate=5000.0)
    assert "200: 118, 400: 1, 409: 1" in said
    assert "400: Because." in said or "409: Because." in said


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "refuses the key"), (403, "refuses the key"), (404, "no FraudShield")],
)
def test_it_stops_at_once_where_no_row_can_succeed(status, message):
    with (
        Server(dict.fromkeys(range(1, 200), (status, {}))) as server,
        pytest.raises(CommandError, match=message),
    ):
        generate(send=server.url, key="wrong", rate=5000.0)
    assert len(server.bodies) <= sending.CONNECTIONS + 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, {}), r"refuses the key .401.: Because\."),
        ((403, {}), r"refuses the key .403.: Because\."),
        ((404, {}), "no FraudShield server .404"),
        ((200, {}), "no FraudShield server .200"),
        ((500, {}), "no FraudShield server .500"),
        ((302, {"Location": "http://127.0.0.1:1/"}), "no FraudShield server .302"),
    ],
)
def test_server_and_key_are_tried_before_a_world_is_made_up(monkeypatch, answer, message):
    monkeypatch.setattr("intake.management.commands.generate_synthetic_data.World", None)
    with Server({0: answer}) as server, pytest.raises(CommandError, match=message):
        generate(send=server.url, key="k")
    assert server.bodies == []


def test_the_key_goes_nowhere_else():
    with Server() as other:
        moved = (307, {"Location": other.url})
        with (
            Server(dict.fromkeys(range(1, 200), moved)) as server,
            pytest.raises(CommandError, match=r"no FraudShield server .307"),
        ):
            generate(send=server.url, key="secret", rate=5000.0)
    assert other.keys == set()


@pytest.mark.parametrize(
    "words",
    [b"[]", b'{"errors": 5}', b'{"errors": [5, {}, {"field": 1}]}', b"[" * 100_000, b"\xff",
     b'{"detail": "\\u001b[2J"}'],
)  # fmt: skip
def test_a_server_that_answers_nonsense_is_survived(words):
    answers = {1: (429, {"Retry-After": "nan"}), 2: (429, {"Retry-After": "-inf"}), 4: (400, {})}
    with Server(answers, words) as server:
        said = generate(send=server.url, key="k", rate=5000.0, count=10)
    assert "200: 9, 400: 1" in said
    assert "9 unknown" in said
    assert "\x1b" not in said


def test_sending_ends_with_an_error_when_nothing_was_decided():
    with (
        Server(dict.fromkeys(range(1, 200), (400, {}))) as server,
        pytest.raises(CommandError, match="Not one transaction was decided"),
    ):
        generate(send=server.url, key="k", rate=5000.0)
    assert len(server.bodies) == 120


def test_an_error_of_a_sending_thread_is_told_and_hangs_nobody(monkeypatch):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(sending, "_encode", broken)
    with Server() as server, pytest.raises(CommandError, match="cannot be asked: RuntimeError"):
        generate(send=server.url, key="k", rate=5000.0, count=1_000)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_full_disk_is_told_and_leaves_no_file(tmp_path, ending):
    path = tmp_path / f"world.{ending}"
    (tmp_path / f"world.{ending}.partial").symlink_to("/dev/full")
    with pytest.raises(CommandError, match=r"cannot be written: .*No space left on device"):
        generate(out=path)
    assert list(tmp_path.iterdir()) == []


def test_it_keeps_to_the_rate():
    rows = list(World(Settings(30, 0.1, 1, 1.7e9)).rows())
    with Server() as server:
        sender = sending.Sender(server.url + sending.PATH, "k", 100.0)
        began = time.monotonic()
        sender.send(rows)
        took = time.monotonic() - began
    assert 0.28 < took < 5
