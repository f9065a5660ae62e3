"""The container files agree with the service and with each other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from harness.__main__ import parse_arguments


def test_the_image_starts_the_service_as_it_wants_to_be_started(root: Path) -> None:
    text = (root / "Containerfile").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)
    (command,) = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    words = json.loads(entry) + json.loads(command)
    assert words[:3] == ["python", "-m", "harness"]
    flags = parse_arguments(words[3:])
    assert flags.verb == "serve" and flags.token_env == "SERVICE_TOKEN" and flags.allow_host == ["localhost"]
    assert f"EXPOSE {flags.port}" in text and f"VOLUME {flags.data}" in text and "USER 10001" in text
    copied = [word for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert [word for word in copied if not (root / word).exists()] == []


def test_compose_is_read_only_needs_a_token_and_serves_the_pinned_vllm(root: Path) -> None:
    compose = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))
    for name in ("service", "service-omni"):
        service = compose["services"][name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["environment"]["SERVICE_TOKEN"].startswith("${SERVICE_TOKEN:?")
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
        flags = parse_arguments(["serve", *service.get("command", [])])
        assert flags.host == "127.0.0.1"
    pinned = re.search(r"vllm\[audio\]==([\d.]+)", (root / "requirements.txt").read_text(encoding="utf-8"))
    assert pinned and compose["services"]["vllm"]["image"].endswith(f":v{pinned[1]}")
