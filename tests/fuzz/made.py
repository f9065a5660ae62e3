"""Values to try: texts of the pieces that a reader looks for, and good files in which bytes are changed."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

ODD = st.text(max_size=8)
"""A few characters of any kind, surrogates left out."""
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str), st.floats().map(str), st.sampled_from(["", "1e999", "-0", "٣", "1_0", "0x1"])
)


def pieced(pieces: Sequence[str], most: int = 30) -> st.SearchStrategy[str]:
    """Texts of the pieces, of numbers, and of anything, in any order."""
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(pieces), NUMBERS, ODD)
    return st.lists(piece, max_size=most).map("".join)


@st.composite
def damaged(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """One of the good files with pieces changed, cut out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 12))
        kind = draw(st.sampled_from(("change", "cut", "double", "put in", "end", "number")))
        if kind == "change":
            data[at:end] = draw(st.binary(max_size=12))
        elif kind == "cut":
            del data[at:end]
        elif kind == "double":
            data[at:at] = data[at : at + 40]
        elif kind == "put in":
            data[at:at] = draw(
                st.sampled_from((b'"', b"[", b"{", b"}", b"\0", b"\xff", b"null", b"1e999", b",", b"\n"))
            )
        elif kind == "number":
            data[at:end] = draw(NUMBERS).encode()
        else:
            del data[at:]
    return bytes(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
"""Any JSON value, NaN and infinities among its numbers."""
