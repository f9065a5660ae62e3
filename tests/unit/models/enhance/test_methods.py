"""How much noise a picture has, and which nets are no DeblurGAN-v2."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from models.enhance.methods import noise, wrong_form


@pytest.mark.parametrize("sigma", [1.0, 5.0, 15.0])
def test_noise_of_known_size_is_found_on_a_shaded_picture(sigma: float) -> None:
    y, x = np.mgrid[0:120, 0:160]
    shaded = 60 + 0.5 * x + 0.3 * y
    made = shaded + np.random.default_rng(0).normal(0, sigma, shaded.shape)
    assert noise(made) == pytest.approx(sigma, rel=0.05)
    assert noise(shaded) == pytest.approx(0, abs=1e-9) and noise(made[:2]) == 0


def slot(kind: str, *shape: object) -> SimpleNamespace:
    return SimpleNamespace(type=kind, shape=list(shape))


FREE = slot("tensor(float)", 1, 3, "height", "width")


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ([FREE], [FREE], ""),
        ([slot("tensor(float)", "batch", 3, None, None)], [FREE], ""),
        ([FREE, FREE], [FREE], "2 inputs and 1 outputs"),
        ([slot("tensor(float)", 1, 1, "h", "w")], [FREE], "expected float (1, 3, height, width)"),
        ([slot("tensor(uint8)", 1, 3, "h", "w")], [FREE], "expected float"),
        ([slot("tensor(float)", 1, 3, 256, 256)], [FREE], "256 × 256 pixels alone; export it with free height"),
    ],
)
def test_a_net_of_another_form_is_told(inputs: list[object], outputs: list[object], said: str) -> None:
    assert (wrong_form(inputs, outputs) == "") if not said else (said in wrong_form(inputs, outputs))
