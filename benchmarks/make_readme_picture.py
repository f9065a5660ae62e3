"""Make `docs/report.png`: the report of a demo run, as a browser shows it, for the first screen of the README.

Run `make demo` first, then `python benchmarks/make_readme_picture.py`. Needs Playwright (requirements/dev.txt) and a
Chromium; another machine's fonts give another picture.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

CLIP = "demo_en_happy.mp4"
SIZE = (1240, 700)
MOST_BYTES = 200_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Write the picture. 2 when something that it needs is missing, or it came out too large."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--page", type=Path, default=Path("Test_Supplements/report.html"), help="a run's report")
    parser.add_argument("--clip", default=CLIP, help=f"which clip is shown (default: {CLIP})")
    parser.add_argument("--out", type=Path, default=Path("docs/report.png"), help="default: docs/report.png")
    args = parser.parse_args()
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None or not args.page.is_file():
        need = "a Chromium (apt-get install chromium)" if program is None else f"{args.page} (make demo)"
        print(f"needed: {need}", file=sys.stderr)
        return 2
    picture = compressed(photographed(program, args.page, args.clip))
    if len(picture) > MOST_BYTES:
        print(f"{len(picture)} bytes, more than {MOST_BYTES}: choose a plainer clip with --clip", file=sys.stderr)
        return 2
    args.out.write_bytes(picture)
    print(f"{args.out}: {len(picture)} bytes")
    return 0


def photographed(program: str, page: Path, clip: str) -> bytes:
    """The page with a clip open, as PNG."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-US")
        tab = context.new_page()
        tab.goto(page.resolve().as_uri() + f"#clip={clip}")
        tab.evaluate("pending.then(() => { state.theme = 'light'; renderFrame(); })")
        tab.wait_for_timeout(1500)  # the player draws its first picture
        shot = tab.screenshot()
        browser.close()
    return shot


def compressed(png: bytes) -> bytes:
    """The same picture in fewer bytes: the lowest bits of photographs cost most of them."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("the screenshot is no picture")
    coarse = np.where(pixels >= 244, pixels, (pixels & 0xF8) | 4).astype(np.uint8)
    return cv2.imencode(".png", coarse, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()


if __name__ == "__main__":
    sys.exit(main())
