"""Labelled texts and lexicons as their files hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ConfigError
from models.training.corpora import home_corpora, read_lexicons, read_rows


def test_rows_of_a_csv_come_once_per_language(tmp_path: Path) -> None:
    path = tmp_path / "corpus.csv"
    path.write_text(
        "\ufeffid,video,language,split,score,label,chinese,english\n"
        'a,v1,zh,train,-1.0,SNEG,我讨厌你,"I hate you, really"\n'
        "b,v1,zh,train,1.0,SPOS,好,Good\nc,v2,zh,train,0,NEUT,嗯,\n",
        encoding="utf-8",
    )
    rows = list(read_rows(path))
    assert [(row.language, row.label, row.group) for row in rows] == [
        ("zh", "SNEG", "corpus/v1"),
        ("en", "SNEG", "corpus/v1"),
        ("zh", "SPOS", "corpus/v1"),
        ("en", "SPOS", "corpus/v1"),
        ("zh", "NEUT", "corpus/v2"),
    ]
    assert home_corpora(rows) == {"zh": "corpus"}
    path.write_text("id,score\na,1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="chinese"):
        list(read_rows(path))


def test_lexicons_keep_polarity(tmp_path: Path) -> None:
    english, chinese = tmp_path / "en.txt", tmp_path / "zh.csv"
    english.write_text("good\t1.9\t0.5\t[]\nfine\t2.2\t0.5\t[]\n:)\t2.0\t1\t[]\nbad\t-2.5\t0.6\t[]\n", encoding="utf-8")
    chinese.write_text(
        "词,x,x,x,x,x,x\n开心, adj, 1.0, 1.0, PA, 7.0, 1.0, ,\n难过, adj, 1.0, 1.0, NB, 3.5, 2.0, ,\n", "utf-8"
    )
    found = read_lexicons(english, chinese)
    en, zh = found["en"].marks, found["zh"].marks
    assert set(en) == {"good", "fine", "bad"}
    assert en["good"] == en["fine"]
    assert not set(en["good"]) & set(en["bad"])
    assert set(zh) == {"开心", "难过"}
    assert not set(zh["开心"]) & set(zh["难过"])
