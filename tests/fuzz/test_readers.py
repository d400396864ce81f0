"""No input breaks a reader: a short run, always the same. The long one is benchmarks/fuzz.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.mutate import STEPS, mutated
from fuzz.readers import READERS, Reader

_NUMBERS = st.integers(0, 2**32)
_STEPS = st.lists(st.tuples(st.integers(0, len(STEPS) - 1), _NUMBERS, _NUMBERS), max_size=6)


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
def test_a_reader(reader: Reader, tmp_path: Path) -> None:
    seeds = reader.seeds()
    for seed in seeds:
        reader.read(seed, tmp_path)

    @settings(
        max_examples=15 if reader.share < 2_000 else 40,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(seeds), _STEPS)
    def no_input_breaks_it(seed: bytes, steps: list[tuple[int, int, int]]) -> None:
        reader.read(mutated(seed, steps), tmp_path)

    no_input_breaks_it()
