"""Readers of files: records, heads, features, checkpoints, profiles; and the HTTP interface."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from harness.config import load_profile, make_config
from harness.faults import HarnessFault
from harness.records.store import Store, digest_of
from harness.records.types import Record
from models.features.table import About, Writer, read_about, read_arrays
from models.heads.linear import LinearHead
from models.heads.load import open_head
from models.training.import_checkpoint import named_weights, read_scaler
from tests.fuzz.made import JSON, damaged

LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")


@cache
def good_record() -> bytes:
    """The bytes of a record."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.put(Record("text", "a.mp4", "x", "f" * 64, "ok", {"probabilities": [0.1, 0.2, None], "words": "你"}))
        return store.path("text", "a.mp4").read_bytes()


def record(value: tuple[bytes, Path]) -> None:
    """A record is whole and the clip's, or it is set aside."""
    data, folder = value
    store = Store(folder / "records")
    path = store.path("text", "a.mp4")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    found = store.get("text", "a.mp4")
    if found is None:
        assert not path.exists()
    else:
        assert (found.stage, found.clip) == ("text", "a.mp4")
        assert found.digest == digest_of(found.outcome, found.data, found.reason)


@cache
def good_head() -> tuple[bytes, bytes]:
    """The two files of a small head."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        LinearHead("sentiment5", LABELS, ("a", "b")).save(Path(folder))
        return tuple((Path(folder) / name).read_bytes() for name in ("head.json", "head.safetensors"))  # type: ignore[return-value]


def head(value: tuple[bytes, bytes, Path]) -> None:
    """A head gives probabilities, or is refused with its folder's name."""
    config, tensors, folder = value
    place = folder / "head"
    place.mkdir(exist_ok=True)
    (place / "head.json").write_bytes(config)
    (place / "head.safetensors").write_bytes(tensors)
    try:
        opened = open_head(place)
    except HarnessFault as fault:
        assert str(place) in fault.message and fault.remedy
        return
    with np.errstate(all="ignore"):
        found = opened.predict_proba(np.zeros((1, len(opened.feature_names))))
    assert found.shape == (1, len(opened.labels))


@cache
def good_features() -> Mapping[str, bytes]:
    """The files of a folder of features."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        writer = Writer(place, About("f" * 8, ("a", "b"), "utterance", None, "audio"), 8)
        for item in ("x", "y"):
            writer.add(item, np.zeros(2, np.float32))
        writer.flush()
        return {path.name: path.read_bytes() for path in place.iterdir()}


def features(value: tuple[str, bytes, Path]) -> None:
    """Features are arrays under their items' names, or refused with their folder's name."""
    name, data, folder = value
    place = folder / "features"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for file, content in good_features().items():
        (place / file).write_bytes(content)
    (place / name).write_bytes(data)
    try:
        read_about(place)
        for _, array in read_arrays(place):
            assert array.dtype == np.float32
    except HarnessFault as fault:
        assert str(place) in fault.message


@st.composite
def damaged_features(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of a folder of features, and what it holds instead."""
    good = good_features()
    name = draw(st.sampled_from(sorted(good)))
    return name, draw(damaged([good[name]]))


def checkpoint(value: tuple[dict[str, tuple[int, ...]], int, bytes, Path]) -> None:
    """Layers are told by their shapes, and a scaler is as wide as them; or the one that does not fit is named."""
    shapes, classes, scaler, folder = value
    state = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    try:
        named_weights(state, classes)
    except HarnessFault as fault:
        assert fault.message
    scaler_file((scaler, folder))


def scaler_file(value: tuple[bytes, Path]) -> None:
    """A scaler is two rows of numbers, or its file is named."""
    data, folder = value
    path = folder / "scaler.json"
    path.write_bytes(data)
    try:
        mean, scale = read_scaler(path, 2)
        assert mean is not None and scale is not None and mean.shape == scale.shape == (2,)
        assert np.isfinite(mean).all() and np.isfinite(scale).all(), "a scaler that is no number"
    except HarnessFault as fault:
        assert "scaler.json" in fault.message


SUFFIXES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight", "bias")
LAYERS = st.dictionaries(
    st.tuples(
        st.sampled_from(["lstm.", "fc.", "", "a.b."]), st.sampled_from(SUFFIXES), st.sampled_from(["", "_reverse"])
    ).map("".join),
    st.sampled_from([(), (1,), (5, 128), (128, 512), (256, 3), (5,), (0, 0)]),
    max_size=14,
)
GOOD_SCALER = b'{"mean": [0.0, 1.0], "scale": [1.0, 2.0]}'
SCALERS = damaged([GOOD_SCALER]) | JSON.map(lambda value: json.dumps(value).encode())


def profile(value: tuple[bytes, Path]) -> None:
    """A profile is settings, or is refused."""
    data, folder = value
    path = folder / "own.yaml"
    path.write_bytes(data)
    here = Path("x")
    places = {"models_dir": here, "test_data": here, "results": here, "supplements": here}
    try:
        make_config(load_profile(str(path)), profile=str(path), **places)
    except HarnessFault as fault:
        assert fault.message and fault.remedy


GOOD_PROFILES = (
    b"seed: 3\nfuse: {strategy: log_pool, weights: {text: 1.0}}\n",
    b"media:\n  fps: 5\n  max_side: 320\nlabel_space: polarity3\n",
    b"opinions: {net: {file: a.csv}}\nfuse: {weights: {net: 0.5}}\n",
)
PROFILES = damaged(GOOD_PROFILES)


@cache
def application() -> Any:
    """The service's application over a folder of its own, which takes no clip."""
    import tempfile
    from datetime import UTC, datetime

    from harness.service.app import make_app
    from harness.service.engine import Engine, Profile
    from harness.service.jobs import JobFolders
    from harness.service.service import Service
    from harness.service.settings import Settings
    from models.folders import default_models_dir

    place = tempfile.TemporaryDirectory(prefix="fuzz-service-")
    data = Path(place.name)
    folders = JobFolders(data, lambda: "0" * 32)
    profile = Profile("embedded", ("transcribe.provider=written",), default_models_dir())
    settings = Settings(data, queue=0)
    app = make_app(Service(settings, folders, Engine(profile, folders), lambda: datetime(2026, 1, 1, tzinfo=UTC)))
    app.state.place = place  # removed with the application
    return app


def request(value: tuple[str, str, list[tuple[bytes, bytes]], bytes]) -> None:
    """Every request has an answer; a refusal is a document with a remedy, and tells no path of this machine."""
    method, target, headers, body = value
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query.encode("utf-8", "replace"),
        "root_path": "",
        "headers": [(name.lower(), content) for name, content in headers],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    told: list[dict[str, Any]] = []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    asyncio.run(application()(scope, receive, send))
    status = next(message["status"] for message in told if message["type"] == "http.response.start")
    content = b"".join(message.get("body", b"") for message in told if message["type"] == "http.response.body")
    assert status < 500, (status, content)
    if status >= 400 and method != "HEAD":
        document = json.loads(content)
        assert document["remedy"] and document["status"] == status
        assert b"fuzz-service-" not in content and b"Traceback" not in content


PATHS = st.lists(
    st.sampled_from(
        [
            *(
                "/v1",
                "/infer",
                "/predict",
                "/jobs",
                "/health",
                "/ping",
                "/watch",
                "/session",
                "/live",
                "/static",
                "/page",
            ),
            *(
                "/" + "0" * 32,
                "/..",
                "/%2e%2e",
                "/%00",
                "/story",
                "/page/",
                "/clip/",
                "/a",
                "//",
                "?wait=true",
                "?limit=-1",
            ),
            *("/docs", "/openapi.json", "/report/report.css", "/etc/passwd", "?x=" + "a" * 500),
        ]
    )
    | st.text(max_size=6).map(lambda text: "/" + text),
    max_size=5,
).map(lambda parts: "".join(parts) or "/")
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nabc\r\n'
    b'--x\r\nContent-Disposition: form-data; name="language"\r\n\r\nzh\r\n--x--\r\n'
)
HEADERS = st.lists(
    st.sampled_from(
        [
            *(
                (b"host", b"127.0.0.1:8000"),
                (b"host", b"evil.example"),
                (b"host", b""),
                (b"origin", b"http://evil.example"),
            ),
            *((b"origin", b"null"), (b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"-1")),
            *(
                (b"content-type", b"multipart/form-data"),
                (b"content-type", b"application/json"),
                (b"range", b"bytes=-1-"),
            ),
            *((b"content-length", b"999999999999"), (b"authorization", b"Bearer x"), (b"accept", b"\xff\xfe")),
            *((b"transfer-encoding", b"chunked"), (b"cookie", b"session=\xff"), (b"sec-fetch-site", b"cross-site")),
        ]
    ),
    max_size=4,
).map(lambda found: [(b"host", b"127.0.0.1:8000"), *found] if len(found) % 2 else found)
REQUESTS = st.tuples(
    st.sampled_from(["GET", "POST", "DELETE", "HEAD", "PUT", "OPTIONS", "PATCH", "X" * 40]),
    PATHS,
    HEADERS,
    damaged([FORM, b"{}", b""]) | st.just(FORM),
)
