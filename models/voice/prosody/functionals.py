"""Named statistics of a measured voice: what the head sees. None of them depends on gain."""

from __future__ import annotations

import numpy as np

from models.voice.prosody.frames import CEPSTRA, MEL_BANDS, STEP, Floats, cepstra, mel_energies
from models.voice.prosody.voice import Voice, balance, runs

MIN_VOICED = 0.1
"""Voiced speech (s) below which statistics of F0 and timbre say nothing."""


def functionals(voice: Voice) -> dict[str, float]:
    """Statistics over the speech of a clip; what cannot be measured is left out, so the keys vary, never their names.

    Semitones are against the clip's own median F0 and dB against its own median voiced level (robust to channel and
    speaker), but for `f0_median_st` (re 100 Hz). Names end in the unit or are ratios.
    """
    if voice.voiced.sum() * STEP < MIN_VOICED:
        return {}
    values = {**_melody(voice), **_loudness(voice), **_timbre(voice), **_timing(voice)}
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def _spread(name: str, unit: str, x: Floats) -> dict[str, float]:
    """Percentiles and moments of a track that is relative to its own median."""
    p5, p10, p25, p75, p90, p95 = np.quantile(x, [0.05, 0.1, 0.25, 0.75, 0.9, 0.95])
    deviation = float(x.std())
    return {
        f"{name}_std_{unit}": deviation,
        f"{name}_p5_{unit}": p5,
        f"{name}_p25_{unit}": p25,
        f"{name}_p75_{unit}": p75,
        f"{name}_p95_{unit}": p95,
        f"{name}_range_{unit}": p90 - p10,
        f"{name}_skewness": float(np.mean((x - x.mean()) ** 3)) / max(deviation**3, 1e-6),
    }


def _movement(name: str, unit: str, track: Floats) -> dict[str, float]:
    """How fast a track moves: differences over 50 ms within unbroken stretches, in `unit` per second."""
    rate = (track[5:] - track[:-5]) / (5 * STEP)
    rate = rate[~np.isnan(rate)]
    if len(rate) < 5:
        return {}
    return {
        f"{name}_speed_{unit}_per_s": float(np.abs(rate).mean()),
        f"{name}_rise_{unit}_per_s": float(np.quantile(rate, 0.9)),
        f"{name}_fall_{unit}_per_s": float(np.quantile(rate, 0.1)),
        f"{name}_rising_share": float(np.mean(rate > 0)),
    }


def _course(name: str, unit: str, x: Floats) -> dict[str, float]:
    """Where the clip ends: median of the last quarter less that of the first (a slope would hang on its length)."""
    quarter = max(len(x) // 4, 1)
    return {f"{name}_end_less_start_{unit}": float(np.median(x[-quarter:]) - np.median(x[:quarter]))}


def _melody(voice: Voice) -> dict[str, float]:
    f0 = np.where(voice.voiced, voice.pitch.f0_hz, np.nan)
    semitones = 12 * np.log2(f0 / 100.0)
    median = float(np.nanmedian(semitones))
    track = semitones - median
    x = track[voice.voiced]
    jitter = np.abs(f0[2:] - 2 * f0[1:-1] + f0[:-2]) / (2 * f0[1:-1])
    hnr = voice.pitch.hnr_db[voice.voiced]
    result = {"f0_median_st": median, **_spread("f0", "st", x), **_movement("f0", "st", track)}
    result |= _course("f0", "st", x)
    result |= {"hnr_mean_db": float(hnr.mean()), "hnr_std_db": float(hnr.std())}
    if not np.isnan(jitter).all():
        result["f0_perturbation_percent"] = 100 * float(np.nanmedian(jitter))
    return result


def _loudness(voice: Voice) -> dict[str, float]:
    level = voice.frames.level_db
    median = float(np.median(level[voice.voiced]))
    spoken = np.where(voice.active, np.maximum(level - median, -40.0), np.nan)
    x = spoken[voice.voiced]
    result = {**_spread("level", "db", x), **_movement("level", "db", spoken), **_course("level", "db", x)}
    semitones = np.log2(voice.pitch.f0_hz[voice.voiced])
    if x.std() > 0 and semitones.std() > 0:
        result["level_f0_correlation"] = float(np.corrcoef(x, semitones)[0, 1])
    return result | _modulation(np.where(voice.active, np.maximum(level - median, -40.0), -40.0)[voice.active])


def _modulation(level: Floats) -> dict[str, float]:
    """Share of the level's variation that lies in 1–3, 3–6, 6–12 and 12–25 Hz, over the stretches of speech."""
    if len(level) < 64:
        return {}
    spectrum = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)))) ** 2
    hz = np.fft.rfftfreq(len(level), STEP)
    total = max(float(spectrum[(hz >= 1) & (hz < 25)].sum()), 1e-9)
    bands = ((1, 3), (3, 6), (6, 12), (12, 25))
    return {
        f"level_modulation_{low}_{high}_hz": float(spectrum[(hz >= low) & (hz < high)].sum()) / total
        for low, high in bands
    }


def _timbre(voice: Voice) -> dict[str, float]:
    spectra = voice.frames.spectra
    balances, energies = [], np.empty((len(spectra), MEL_BANDS))
    for at, power in spectra:
        balances.append(balance(power[voice.voiced[at]]))
        energies[at] = mel_energies(power)
    result: dict[str, float] = {}
    for name in balances[0]:
        track = np.concatenate([part[name] for part in reversed(balances)])
        result |= {f"{name}_mean": float(track.mean()), f"{name}_std": float(track.std())}
    mfcc = cepstra(energies)
    change = np.abs(mfcc[2:] - mfcc[:-2])[voice.active[1:-1]]
    for i in range(CEPSTRA):
        column = mfcc[voice.voiced, i]
        result |= {f"mfcc{i + 1}_mean": float(column.mean()), f"mfcc{i + 1}_std": float(column.std())}
        if len(change):
            result[f"mfcc{i + 1}_change"] = float(change[:, i].mean())
    return result


def _timing(voice: Voice) -> dict[str, float]:
    seconds = voice.speech_seconds
    stretches = np.diff(runs(voice.voiced), axis=1)[:, 0] * STEP
    pauses = [pause.end - pause.start for pause in voice.pauses]
    result = {
        "speaking_rate_per_s": len(voice.syllables) / seconds,
        "voiced_share": float(voice.voiced.sum() / voice.active.sum()),
        "voiced_stretch_mean_s": float(stretches.mean()),
        "voiced_stretch_std_s": float(stretches.std()),
        "voiced_stretches_per_s": len(stretches) / seconds,
        "pause_share": sum(pauses) / (seconds + sum(pauses)),
        "pauses_per_s": len(pauses) / (seconds + sum(pauses)),
    }
    if len(voice.syllables) > 2:
        gaps = np.diff(voice.syllables)
        result["syllable_gap_std_s"] = float(gaps[gaps < 1].std()) if (gaps < 1).any() else float("nan")
    return result
