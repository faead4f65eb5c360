"""A file of format 1, made once and committed, is read by every later pysnn, and computes the same."""

import hashlib
from pathlib import Path

import pytest

from pysnn import IF, LIF
from pysnn.backends import BACKENDS, available_backends
from pysnn.files import psnn
from pysnn.files.settings import Settings

FILE = Path(__file__).with_name("small.psnn")
SHA256 = "24cdc73d2b919b13fb094c350d06a5600859d35625289716f0710a9b4973477d"


def test_the_file_is_the_one_that_was_made() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == SHA256


def test_its_content_is_read() -> None:
    saved = psnn.load(FILE)
    assert saved.settings == Settings(steps=8, dt=0.001, seed=1)
    assert saved.provenance == {"source": "tests/golden/make_psnn.py", "version": 1, "weight step": 0.125}
    assert list(saved.network.nodes) == ["in", "conv", "if1", "pool", "if2", "flat \u00e9", "fc", "lif", "out"]
    assert saved.network.edges[-1] == ("pool", "flat \u00e9")
    first, second, third = (saved.network.nodes[name] for name in saved.network.neurons)
    assert isinstance(first, IF)
    assert (first.reset, first.compare, first.v_init) == ("subtract", ">=", 0.25)
    assert isinstance(second, IF)
    assert (second.reset, second.compare, second.v_reset, second.v_threshold) == ("zero", ">", -0.5, 1.0)
    assert isinstance(third, LIF)
    assert (third.tau, third.r, third.v_leak) == (pytest.approx(0.002), 2.0, 0.0)


def test_it_is_still_written_the_same_way() -> None:
    saved = psnn.load(FILE)
    again = psnn.dumps(saved.network, settings=saved.settings, provenance=saved.provenance, golden=saved.golden)
    assert again == FILE.read_bytes()


def test_its_golden_vectors_have_spikes_that_differ() -> None:
    golden = psnn.load(FILE).golden
    assert golden is not None
    assert golden.steps == (1, 2, 4, 8)
    assert golden.scores[-1].tolist() == [[0.0, 0.0, 8.0], [0.0, 7.0, 8.0]]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_repeats_it(backend: str) -> None:
    if backend not in available_backends():
        pytest.skip(f"backend {backend} is not installed")
    psnn.load(FILE).verify(backend=backend)
