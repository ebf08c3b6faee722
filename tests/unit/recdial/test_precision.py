from __future__ import annotations

import pytest

from recdial.llm.precision import fitting_precision

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("gpu", "cpu_multiplies_bfloat16", "precision"),
    [(True, False, "bfloat16"), (False, True, "bfloat16"), (False, False, "float32")],
)
def test_bfloat16_is_for_machines_that_multiply_it(
    monkeypatch: pytest.MonkeyPatch, gpu: bool, cpu_multiplies_bfloat16: bool, precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(
        torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: cpu_multiplies_bfloat16
    )
    assert fitting_precision() == precision


def test_this_machine_has_one() -> None:
    assert fitting_precision() in ("bfloat16", "float32")
