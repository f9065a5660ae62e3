"""Every error is a problem document: a package's own words too, and a fault of ours."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from harness.service.problems import MEDIA_TYPE
from tests.fuzz.files import application


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(), base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


@pytest.mark.parametrize(("stretch", "status"), [("bytes=-1-", 400), ("lines=1-2", 400), ("bytes=9999999-", 416)])
@pytest.mark.parametrize("path", ["/", "/static/page.css"])
def test_a_stretch_that_a_file_does_not_have_is_refused_in_a_document(
    client: TestClient, path: str, stretch: str, status: int
) -> None:
    answer = client.get(path, headers={"Range": stretch})
    document = answer.json()
    assert answer.status_code == document["status"] == status and answer.headers["content-type"] == MEDIA_TYPE
    assert document["detail"] and document["remedy"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert ("content-range" in answer.headers) == (status == 416)
    assert "content-security-policy" in answer.headers


def test_a_stretch_that_a_file_has_is_answered(client: TestClient) -> None:
    answer = client.get("/static/page.css", headers={"Range": "bytes=0-9"})
    assert answer.status_code == 206 and len(answer.content) == 10


def test_a_fault_of_ours_is_told_without_its_words_and_logged(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/home/somebody/secret")

    monkeypatch.setattr(application().state.service.folders, "get", broken)
    path = "/v1/jobs/" + "0" * 32
    answer = client.get(path)
    assert answer.status_code == 500 and answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["remedy"] and b"secret" not in answer.content
    with pytest.raises(RuntimeError, match="secret"):  # what a server logs
        TestClient(application(), base_url="http://127.0.0.1:8000").get(path)
