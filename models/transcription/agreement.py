"""Two readings of one speech, aligned: subtitles seen in the picture, and words heard in the sound. Pure.

Characters are put to a vote as in ROVER (Fiscus, 1997): the pictures of a line vote with the mean of their
probabilities, the words heard at that time with theirs, a little discounted, since a recogniser is surer of its
homophones than it should be. Times come from the sound where the two agree, else from the picture. What was heard at
times when no subtitle stood stays as it was heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.records.types import Segment, Word
from models.transcription.picture.sight import Reading, Sight

HEARD_WEIGHT = 0.8
"""Discount on what was heard, against what was read."""
NOTHING_HEARD = 0.35
"""Vote of the sound for leaving a character out where nothing was heard in its place."""
REACH = 1.0
"""Seconds around a subtitle in which its words may be said: subtitles come a little early or stay a little long."""
KEPT = 0.5
"""Mean probability that words without a subtitle need to be kept beside subtitles."""
_Pair = tuple[int | None, int | None]
_HAN = "\u2e80"
"""From here on, letters are of scripts that do not part words by spaces."""


@dataclass(frozen=True)
class Token:
    """One character that was heard, with its share of its word's time."""

    text: str
    start: float
    end: float
    probability: float
    word: int
    """Which word of all that were heard it belongs to."""


def tokens_of(segments: Sequence[Segment]) -> list[Token]:
    """Heard words as characters with times; words without times, and marks, are left out."""
    tokens = []
    words = [word for segment in segments for word in segment.words]
    for place, word in enumerate(words):
        letters = [letter for letter in word.text if letter.isalnum()]
        share = (word.end - word.start) / max(1, len(letters))
        probability = 0.5 if word.probability is None else word.probability
        for i, letter in enumerate(letters):
            start = word.start + i * share
            tokens.append(Token(letter, start, start + share, probability, place))
    return tokens


def aligned(base: Sequence[str], other: Sequence[str], free_ends: bool) -> list[_Pair]:
    """Pairs of places of the cheapest alignment (Levenshtein), in order; None stands where one has nothing.

    With `free_ends`, what `other` has before and after costs nothing and is not among the pairs.
    """
    rows, columns = len(base) + 1, len(other) + 1
    cost = [[0 if free_ends and not i else i + j for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            differs = base[i - 1].casefold() != other[j - 1].casefold()
            cost[i][j] = min(cost[i - 1][j - 1] + differs, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    i, j = rows - 1, columns - 1
    if free_ends:
        j = min(range(columns), key=lambda column: cost[i][column])
    pairs: list[_Pair] = []
    while i or (j and not free_ends):
        differs = bool(i and j) and base[i - 1].casefold() != other[j - 1].casefold()
        if i and j and cost[i][j] == cost[i - 1][j - 1] + differs:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def merged(sights: Sequence[Sight], heard: Sequence[Segment]) -> tuple[list[Segment], float]:
    """Subtitles with the words heard at their times, and what was heard beside them; and how far the two agree.

    The second is the share of the subtitles' characters that were heard too, among those at whose time anything was.
    """
    tokens = tokens_of(heard)
    free = set(range(len(tokens)))
    told: list[tuple[float, Segment]] = []
    same = of = 0
    for sight in sights:
        near = [i for i in sorted(free) if sight.start - REACH <= tokens[i].start <= sight.end + REACH]
        line, used, agree = _voted(sight, [tokens[i] for i in near])
        free -= {near[i] for i in used}
        if near:
            same, of = same + agree, of + sum(one.text.isalnum() for one in sight.readings[0])
        if line.text:
            told.append((sight.start, line))
    told += [(line.start or 0.0, line) for line in _beside(sights, heard, tokens, free)]
    return [line for _, line in sorted(told, key=lambda one: one[0])], same / of if of else 0.0


def _voted(sight: Sight, tokens: Sequence[Token]) -> tuple[Segment, set[int], int]:
    """A subtitle's line after the vote, the heard tokens it used, and how many characters were the same."""
    base = sight.readings[0]
    votes = _picture_votes(base, sight.readings)
    letters = [i for i, character in enumerate(base) if character.text.isalnum()]
    pairs = aligned([base[i].text for i in letters], [token.text for token in tokens], free_ends=True)
    same = sum(
        base[letters[a]].text.casefold() == tokens[b].text.casefold()
        for a, b in pairs
        if a is not None and b is not None
    )
    # Where nothing of it was heard, the sound has no say.
    pairs = _with_ends(pairs, tokens, sight) if same else [(a, None) for a in range(len(letters))]
    closed = sum(max(vote.values()) for vote in votes) / len(votes)  # how surely nothing stands between characters
    chosen: list[_Chosen] = []
    place = 0
    for a, b in pairs:
        token = None if b is None else tokens[b]
        if a is None:
            if token is not None and HEARD_WEIGHT * token.probability > closed:
                chosen.append(_Chosen(token.text, token.probability, token))
            continue
        chosen += [_Chosen(mark.text) for mark in base[place : letters[a]]]
        place = letters[a] + 1
        text, probability = _elected(votes[letters[a]], token, silence=bool(same))
        chosen.append(_Chosen(text, probability, token))
    chosen += [_Chosen(mark.text) for mark in base[place:]]
    used = {b for _, b in pairs if b is not None}
    return _line(sight, [one for one in chosen if one.text], 2 * same >= len(letters)), used, same


def _with_ends(pairs: Sequence[_Pair], tokens: Sequence[Token], sight: Sight) -> list[_Pair]:
    """Pairs with the tokens before and after them that were heard while the line stood."""
    places = [b for _, b in pairs if b is not None]
    stood = [i for i, token in enumerate(tokens) if sight.start <= (token.start + token.end) / 2 <= sight.end]
    before = [(None, i) for i in stood if i < places[0]]
    return [*before, *pairs, *((None, i) for i in stood if i > places[-1])]


@dataclass(frozen=True)
class _Chosen:
    """A character of the final line; marks have no probability, and what was only read has no token."""

    text: str
    probability: float = 1.0
    token: Token | None = None


def _picture_votes(base: Reading, readings: Sequence[Reading]) -> list[dict[str, float]]:
    """For each character of the surest reading: what every reading has in its place → mean probability."""
    votes: list[dict[str, float]] = [{} for _ in base]
    for reading in readings:
        for a, b in aligned([c.text for c in base], [c.text for c in reading], free_ends=False):
            if a is not None:
                text, weight = ("", NOTHING_HEARD) if b is None else (reading[b].text, reading[b].probability)
                votes[a][text] = votes[a].get(text, 0.0) + weight / len(readings)
    return votes


def _elected(vote: Mapping[str, float], token: Token | None, silence: bool) -> tuple[str, float]:
    """The character that wins, and its probability; empty where leaving it out wins.

    Args:
        vote: of the pictures.
        token: what was heard in its place.
        silence: whether the sound votes for leaving out what it did not hear: it heard the rest of the line.
    """
    ballots = dict(vote)
    if token is not None:
        alike = next((text for text in ballots if text.casefold() == token.text.casefold()), token.text)
        ballots[alike] = ballots.get(alike, 0.0) + HEARD_WEIGHT * token.probability
    elif silence:
        ballots[""] = ballots.get("", 0.0) + NOTHING_HEARD
    text = max(ballots, key=lambda one: ballots[one])
    return text, min(1.0, ballots[text])


def _line(sight: Sight, chosen: Sequence[_Chosen], by_sound: bool) -> Segment:
    """The line, timed by the sound where enough of it was heard, else by the picture."""
    tokens = [one.token for one in chosen if one.token is not None] if by_sound else []
    start, end = (tokens[0].start, max(token.end for token in tokens)) if tokens else (sight.start, sight.end)
    spoken = [one for one in chosen if one.text.isalnum()]
    starts = _filled([one.token.start if one.token and by_sound else None for one in spoken], start, end)
    text = "".join(one.text for one in chosen).strip()
    return Segment(text, start, end, tuple(_words(text, spoken, [*starts, end])), "picture")


def _filled(times: Sequence[float | None], start: float, end: float) -> list[float]:
    """Times with what is unknown set evenly between its neighbours, from `start` up to `end`; never going back."""
    known = [(-1, start), *((i, t) for i, t in enumerate(times) if t is not None), (len(times), end)]
    filled: list[float] = []
    for (before, t0), (after, t1) in pairwise(known):
        first = max(before, 0)
        filled += [t0 + (t1 - t0) * (i - first) / (after - first) for i in range(first, after)]
    return [max(filled[: i + 1]) for i in range(len(filled))]


def _words(text: str, spoken: Sequence[_Chosen], edges: Sequence[float]) -> Iterator[Word]:
    """Words with times: each Han character for itself, letters of an alphabet as far as no mark parts them."""
    place, run = 0, list[int]()
    for letter in [*text, " "]:
        if run and not (letter.isalnum() and letter < _HAN):
            yield _word(spoken, run, edges)
            run = []
        if letter.isalnum():
            run.append(place)
            place += 1
            if letter >= _HAN:
                yield _word(spoken, run, edges)
                run = []


def _word(spoken: Sequence[_Chosen], run: Sequence[int], edges: Sequence[float]) -> Word:
    start, end = edges[run[0]], max(edges[run[0]], edges[run[-1] + 1])
    probability = sum(spoken[i].probability for i in run) / len(run)
    return Word(start, end, "".join(spoken[i].text for i in run), probability)


def _beside(
    sights: Sequence[Sight], heard: Sequence[Segment], tokens: Sequence[Token], free: set[int]
) -> Iterator[Segment]:
    """Words heard when no subtitle stood, and of which no letter went into one, line by line."""
    taken = {token.word for i, token in enumerate(tokens) if i not in free}
    place = 0
    for segment in heard:
        numbered = list(enumerate(segment.words, start=place))
        place += len(segment.words)
        alone = [word for i, word in numbered if i not in taken and not any(_stands(s, word) for s in sights)]
        if not alone or _mean_probability(alone) < KEPT:
            continue
        latin = any(letter.isalpha() and letter < _HAN for word in alone for letter in word.text)
        text = segment.text if len(alone) == len(numbered) else (" " if latin else "").join(w.text for w in alone)
        yield Segment(text, alone[0].start, alone[-1].end, tuple(alone), "speech")


def _mean_probability(words: Sequence[Word]) -> float:
    return sum(KEPT if word.probability is None else word.probability for word in words) / len(words)


def _stands(sight: Sight, word: Word) -> bool:
    middle = (word.start + word.end) / 2
    return sight.start - 0.3 <= middle <= sight.end + 0.3
