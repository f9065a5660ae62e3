"""Make `docs/service.png`: the service's page over a demo clip that was uploaded, as a browser shows it.

Run `python benchmarks/make_service_picture.py`. Needs requirements/dev.txt, a Chromium and the fetched models; another
machine's fonts give another picture.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.make_readme_picture import MOST_BYTES, compressed  # noqa: E402
from tests.support.chromium import Browser  # noqa: E402
from tests.support.served import Served  # noqa: E402

CLIP = ROOT / "Test_Data" / "demo_en_angry.mp4"
OUT = ROOT / "docs" / "service.png"


def main() -> int:
    """Upload the clip, wait for its story, and write the picture. 2 when it came out too large."""
    with tempfile.TemporaryDirectory(prefix="service-picture-") as scratch:
        server = Served(ROOT, Path(scratch) / "data", models=ROOT / "checkpoints")
        browser = Browser()
        try:
            browser.load(server.url + "/")
            browser.page.set_viewport_size({"width": 1100, "height": 1240})
            browser.page.set_input_files("#file", str(CLIP))
            browser.page.click("#send")
            browser.page.wait_for_selector("#story:not([hidden])", timeout=300_000)
            browser.page.wait_for_timeout(2500)  # the player draws its first picture
            picture = compressed(browser.page.screenshot())
        finally:
            browser.close()
            server.close()
    if len(picture) > MOST_BYTES:
        print(f"{len(picture)} bytes, more than {MOST_BYTES}", file=sys.stderr)
        return 2
    OUT.write_bytes(picture)
    print(f"{OUT}: {len(picture)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
