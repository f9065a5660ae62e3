"""Time and memory of `eval score` on a large file, beside what scikit-learn takes for the point metrics alone.

    python benchmarks/bench_score.py [--rows 1000000] [--resamples 10000]

Ours is the whole command: start of Python, both files read, every line checked, IDs joined (the rows of the predictions
are shuffled), all metrics, baselines and intervals, JSON written. scikit-learn's side is the point metrics of the same
table on label strings, without any interval; reading with pandas, the merge and the imports are timed on their own. The
same metrics on integer codes are given as well: scikit-learn is faster on those, once someone has made them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")

SKLEARN = r"""
import json, sys, time
clock = [("start", time.perf_counter())]
import numpy as np, pandas as pd
from scipy.stats import kendalltau, spearmanr
from sklearn import metrics as sk
clock.append(("imports", time.perf_counter()))
labels = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"]
said, true = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
clock.append(("reading", time.perf_counter()))
both = true.merge(said, on="ID", how="left", suffixes=("", "_said"))
t = both["Label"].to_numpy(object)
p = both["Label_said"].where(both["Label_said"].isin(labels), "<INVALID>").to_numpy(object)
clock.append(("merging", time.perf_counter()))

def metrics(t, p, labels):
    for average in ("macro", "weighted", None):
        sk.precision_recall_fscore_support(t, p, labels=labels, average=average, zero_division=0)
    sk.accuracy_score(t, p), sk.recall_score(t, p, labels=np.unique(t), average="macro", zero_division=0)
    sk.matthews_corrcoef(t, p), sk.confusion_matrix(t, p, labels=[*labels, "<INVALID>"])

metrics(t, p, labels)
clock.append(("metrics_on_strings", time.perf_counter()))
rank = {label: i for i, label in enumerate(labels)}
tr, pr = both["Label"].map(rank).to_numpy(), pd.Series(p).map(rank).to_numpy()
valid = ~np.isnan(pr)
tr, pr = tr[valid], pr[valid].astype(int)
begin = time.perf_counter()
for weights in (None, "linear", "quadratic"):
    sk.cohen_kappa_score(tr, pr, labels=range(5), weights=weights)
spearmanr(tr, pr), kendalltau(tr, pr), sk.mean_absolute_error(tr, pr)
ordinal = time.perf_counter() - begin
begin = time.perf_counter()
for average in ("macro", "weighted", None):
    sk.precision_recall_fscore_support(tr, pr, labels=range(5), average=average, zero_division=0)
sk.accuracy_score(tr, pr), sk.recall_score(tr, pr, labels=range(5), average="macro", zero_division=0)
sk.matthews_corrcoef(tr, pr), sk.confusion_matrix(tr, pr, labels=range(5))
codes = time.perf_counter() - begin
found = {name: after - before for (_, before), (name, after) in zip(clock, clock[1:])}
print(json.dumps(found | {"ordinal_on_codes": ordinal, "metrics_on_codes": codes}))
"""


def write_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """Labels in order and predictions in another, some missing, repeated and unknown."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, rows)
    said = np.where(rng.random(rows) < 0.6, truth, rng.integers(0, 5, rows))
    names = [f"private_test_video_{i:07d}.mp4" for i in range(rows)]
    labels, predictions = folder / "labels.csv", folder / "predictions.csv"
    with labels.open("w", encoding="utf-8") as stream:
        stream.write("ID,Label,Language\n")
        stream.writelines(
            f"{name},{LABELS[code]},{'zh' if code % 2 else 'en'}\n" for name, code in zip(names, truth, strict=True)
        )
    order = rng.permutation(rows)[: rows - rows // 10_000]
    with predictions.open("w", encoding="utf-8") as stream:
        stream.write("ID,Label\n")
        stream.writelines(f"{names[i]},{LABELS[said[i]] if i % 10_000 else 'happy'}\n" for i in order.tolist())
    return predictions, labels


def timed(command: list[str], folder: Path) -> tuple[float, int, str]:
    """Wall seconds, peak resident bytes and stdout of a command."""
    begin = time.perf_counter()
    with (folder / "stdout").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command[:4])} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * unit, text


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--resamples", type=int, default=10_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        predictions, labels = map(str, write_files(folder, args.rows))
        score = [sys.executable, "-m", "eval", "score", predictions, labels, "--bootstrap", str(args.resamples)]
        ours, peak, _ = timed([*score, "--json", str(folder / "score.json")], folder)
        _, peak_reference, text = timed([sys.executable, "-c", SKLEARN, predictions, labels], folder)
    reference = json.loads(text)
    point = reference["metrics_on_strings"] + reference["ordinal_on_codes"]
    whole = point + reference["imports"] + reference["reading"] + reference["merging"]
    print(f"rows {args.rows:,}, bootstrap resamples {args.resamples:,}")
    print(f"eval score, whole command             {ours:7.2f} s   peak {peak / 2**20:6.0f} MiB")
    print(f"scikit-learn, point metrics alone     {point:7.2f} s   peak {peak_reference / 2**20:6.0f} MiB")
    print(f"scikit-learn with pandas, whole       {whole:7.2f} s")
    print(f"  of it: {', '.join(f'{key} {value:.2f} s' for key, value in reference.items())}")
    print(f"ratio to the point metrics alone      {ours / point:7.2f}")
    print(f"ratio of whole to whole               {ours / whole:7.2f}")


if __name__ == "__main__":
    main()
