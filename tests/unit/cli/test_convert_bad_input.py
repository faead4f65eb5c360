"""``pysnn convert`` on what does not fit: exit codes, one line that says what, and warnings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output
from pysnn.convert.folding.fold import fold
from pysnn.files.psnn import save
from tests.unit.cli.convert_files import BIAS, COLOURS, PIXELS, Files, Y, ann, invoke, options, write_files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return write_files(tmp_path)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"steps": 0}, "--steps"),
        ({"steps": None}, "--steps"),
        ({"out": None}, "--out"),
        ({"calibration": None}, "--calibration"),
        ({"method": "magic"}, "expected one of"),
        ({"percentile": 99}, "has the settings"),
        ({"method": "percentile", "percentile": 101}, "at most 100"),
        ({"mean": "0.5,0.5"}, "together"),
        ({"mean": "a,b", "std": "1,1"}, "--mean"),
        ({"precision": "int4"}, "--precision"),
        ({"report": "errors.xlsx"}, "--report"),
        ({"table": "table"}, "--table"),
        ({"limit": 0}, "--limit"),
    ],
)
def test_wrong_usage_is_exit_code_2(files: Files, changes: dict[str, Any], text: str) -> None:
    done = invoke(*options(files, **changes))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert text in done.stderr
    assert not files[2].exists()


def bad_data(**arrays: Any) -> Any:
    return lambda files: np.savez(files[1], **arrays)


def infinite(network: Network) -> Network:
    """Weights whose products leave float32."""
    return network.replace({"fc": Linear(np.full((3, 36), 3e38)), "conv": Conv2d(np.full((4, 2, 3, 3), 3e38), BIAS)})


BAD: dict[str, tuple[Any, str]] = {
    "no data": (lambda files: files[1].unlink(), "data.npz"),
    "no model": (lambda files: files[0].unlink(), "ann.psnn"),
    "damaged model": (lambda files: files[0].write_bytes(files[0].read_bytes()[:-1]), "ann.psnn"),
    "a spiking network": (
        lambda files: save(files[0], Network.chain({"in": Input((2, 5, 5)), "if": IF(), "out": Output()})),
        "ann.psnn: IF 'if': expected an ANN",
    ),
    "no ReLU": (
        lambda files: save(files[0], Network.chain({"in": Input((2, 5, 5)), "f": Flatten(), "out": Output()})),
        "nothing to convert",
    ),
    "no samples": (bad_data(x=PIXELS[:0]), "data.npz': Input 'in': expected at least one sample, got none"),
    "channels in the middle": (bad_data(x=PIXELS.transpose(0, 2, 1, 3)), "Input 'in': expected (samples, 2, 5, 5)"),
    "text": (bad_data(x=np.array(["a"] * 3)), "data.npz': Input 'in': expected numbers"),
    "complex": (bad_data(x=COLOURS.astype(np.complex64)), "expected numbers"),
    "NaN": (bad_data(x=np.where(COLOURS > 0.9, np.nan, COLOURS)), "expected finite values, got nan at"),
    "labels of floats": (bad_data(x=PIXELS, y=Y / 2), "': labels: expected 30 integers"),
    "no such class": (bad_data(x=PIXELS, y=Y + 1), "has classes 0..2, got 3"),
    "values that overflow": (lambda files: save(files[0], infinite(ann())), "is not finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_exit_code_1_and_one_line_on_stderr(files: Files, case: str) -> None:
    spoil, text = BAD[case]
    spoil(files)
    done = invoke(*options(files))
    assert done.exit_code == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("pysnn convert: ")
    assert text in line
    assert not files[2].exists()


def test_a_test_split_calibrates_nothing(files: Files) -> None:
    done = invoke(*options(files, calibration="digits:test"))
    assert done.exit_code == 1
    assert "a test split trains, calibrates and chooses nothing" in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [("model.pt", "from_torch"), ("model.h5", "expected .onnx, .safetensors"), ("a.safetensors", "a.safetensors")],
)
def test_other_files_are_refused_by_name(files: Files, name: str, text: str) -> None:
    files[0].rename(files[0].with_name(name))
    done = invoke(*options((files[0].with_name(name), *files[1:])))
    assert (done.exit_code, done.stdout) == (1, "")
    assert name in done.stderr
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_weights_of_another_model_and_an_output_of_a_psnn(files: Files) -> None:
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    files[0].with_suffix(".safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    done = invoke(*options((files[0].with_suffix(".safetensors"), *files[1:])))
    assert done.exit_code == 1
    assert "export it to ONNX" in done.stderr
    done = invoke(*options(files, output="y"))
    assert done.exit_code == 1
    assert "ONNX models only" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("x", "text"),
    [
        (COLOURS * 255, "float32 data in 0..255 do not look right for mean (0.5, 0.25)"),
        ((COLOURS - 0.5) / 0.25, "normalised already"),
    ],
)
def test_an_implausible_range_is_a_warning(files: Files, x: Any, text: str) -> None:
    np.savez(files[1], x=x)
    done = invoke(*options(files))
    assert done.exit_code == 0
    line, *_ = done.stderr.strip().splitlines()
    assert line.startswith("pysnn convert: warning: input: ")
    assert text in line


def test_a_silent_layer_is_a_warning_with_its_name(files: Files) -> None:
    silent = fold(ann()).replace({"conv": Conv2d(np.zeros((4, 2, 3, 3)), np.full(4, -1.0))})
    save(files[0], silent)
    done = invoke(*options(files))
    assert done.exit_code == 0
    assert "pysnn convert: warning: ReLU 'relu1': never active" in done.stderr
    assert "pysnn convert: warning: layer 'relu1', T = 8, 16 samples: no neuron fires" in done.stderr
