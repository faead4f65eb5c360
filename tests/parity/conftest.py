"""The program that parity tests run."""

import os
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parity.programs import Program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    command = shlex.split(os.environ.get("PYSNN_RUN") or str(ROOT / "dist/edge/pysnn-run"))
    if not Path(command[-1]).exists():
        assert not os.environ.get("PYSNN_REQUIRE_RUST"), "make edge-native builds dist/edge/pysnn-run"
        pytest.skip("make edge-native builds dist/edge/pysnn-run")
    command[-1] = str(Path(command[-1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        yield Program(tuple(command), Path(folder))
