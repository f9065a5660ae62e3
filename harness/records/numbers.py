"""Numbers from outside: settings, files, replies. One place says what a number is and whether it is in its range.

NaN compares as false with everything, so that a check written as `value < least` lets it through; an infinity passes
any check that has no upper end. Neither is a number here, and neither is `true`, nor a whole number that
no float can hold.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from typing import Any

MOST_SECONDS = 1e6
"""No wait or stretch of time that is set is longer: 11 days, which every clock and timer can hold."""
LARGEST = sys.float_info.max


@dataclass(frozen=True)
class Number:
    """A range of finite numbers, ends included.

    Attributes:
        low: the smallest.
        high: the largest.
        whole: whether only whole numbers belong to it.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False

    def holds(self, value: Any) -> bool:
        """Whether `value` is a finite number of this range."""
        kind = int if self.whole else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high and abs(value) <= LARGEST

    @property
    def allowed(self) -> str:
        """The range in words, for an error message."""
        kind = "a whole number" if self.whole else "a number"
        if math.isinf(self.low) and math.isinf(self.high):
            return kind
        if math.isinf(self.high):
            return f"{kind}, at least {self.low:.15g}"
        if math.isinf(self.low):
            return f"{kind}, at most {self.high:.15g}"
        return f"{kind}, from {self.low:.15g} to {self.high:.15g}"

    def parse(self, text: str) -> Any:
        """The number that a word of a command line is: an argparse type. ArgumentTypeError says what is allowed."""
        try:
            value: int | float = int(text) if self.whole else float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {self.allowed}") from None
        if not self.holds(value):
            raise argparse.ArgumentTypeError(f"{text} is not {self.allowed}")
        return value


COUNT = Number(0, 2**31 - 1, whole=True)
AT_LEAST_ONE = Number(1, 2**31 - 1, whole=True)
SEED = Number(0, 2**32 - 1, whole=True)
"""What numpy and scikit-learn take."""
PORT = Number(0, 65_535, whole=True)
SHARE = Number(0, 1)


def finite(value: Any) -> float | None:
    """`value` as a float, where it is a finite number or the text of one; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
