"""`python -m models fetch body` on small nets in a wheel made here."""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.body import files, tracker
from models.fingerprint import file_sha256
from models.hub import fetch_body


def test_takes_the_two_nets_and_the_provider_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {name: name.encode() for name in fetch_body.ROAD.pieces}
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in contents.items():
            archive.writestr(fetch_body.ROAD.pieces[name][0].member, data)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    monkeypatch.setattr(files, "SHA256", sums)
    monkeypatch.setattr(tracker, "SHA256", sums)
    pinned = (replace(fetch_body.WHEEL, sha256=file_sha256(wheel)),)
    monkeypatch.setattr(fetch_body, "ROAD", replace(fetch_body.ROAD, wheels=pinned, sums=sums))
    with pytest.raises(ConfigError, match="python -m models fetch body"):
        tracker.spec({"models_dir": str(tmp_path)})
    parser = argparse.ArgumentParser()
    fetch_body.configure(parser)
    words = parser.parse_args(["--models-dir", str(tmp_path), "--from-wheel", str(wheel)])
    assert fetch_body.run(words) == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "body").iterdir()} == contents
    wheel.unlink()
    assert fetch_body.run(words) == 0, "what is there and right needs no wheel"
    made = tracker.spec({"models_dir": str(tmp_path)})
    assert (made.stage, made.name, dict(made.files)) == ("body", "pose", sums)
