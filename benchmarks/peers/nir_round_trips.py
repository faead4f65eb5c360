"""NIR files that pysnn writes, read and run by the libraries whose words they are in.

    .venv-peers/bin/python -m pip install --no-deps --target .venv-peers/nir nir==1.0.8 nirtorch==2.6
    PYTHONPATH=.venv-peers/nir .venv-peers/bin/python -m benchmarks.peers.nir_round_trips

(sinabs pins a version of nir that cannot read these files, so this one goes before it.) Each kept graph was written by a library and is read by pysnn, written by pysnn in the
library's words, and read by the library's own reader from both files. The table has how many of the output values differ from the run that the library made before it wrote:
where a library's reader loses spikes of its own file, it loses the same of pysnn's. Exit code 1 where the two files give different runs, or pysnn differs.
"""

import logging
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import pysnn
from pysnn.importers.nir import load, save
from tests.unit.importers.nir.graphs import NAMES, said, unpacked

Run = NDArray[np.float32]


def stepped(net: Any, x: Any) -> Run:
    """Run a net that takes a step and a state."""
    state = None
    outputs = []
    for frame in x:
        result = net(frame) if state is None else net(frame, state)
        output, state = result if isinstance(result, tuple) else (result, None)
        outputs.append(output[0] if isinstance(output, tuple) else output)
    return np.asarray(torch.stack(outputs).detach().numpy())


def snntorch(path: Path, x: Any) -> Run:
    """Run a file by snnTorch's reader."""
    import nir
    from snntorch.import_nir import import_from_nir

    return stepped(import_from_nir(nir.read(path, type_check=False)), x)


def spikingjelly(path: Path, x: Any) -> Run:
    """Run a file by SpikingJelly's reader."""
    import nir
    from spikingjelly.activation_based import functional
    from spikingjelly.activation_based.nir_exchange.from_nir import import_from_nir

    net = import_from_nir(nir.read(path), dt=1e-4)
    functional.set_step_mode(net, "s")
    functional.reset_net(net)
    return stepped(net, x)


def sinabs(path: Path, x: Any) -> Run:
    """Run a file by sinabs' reader."""
    import nir
    from sinabs.nir import from_nir

    steps, batch = x.shape[:2]
    result = from_nir(nir.read(path), batch_size=batch)(x.transpose(0, 1).flatten(0, 1))
    output = result[0] if isinstance(result, tuple) else result
    return np.asarray(output.detach().reshape(batch, steps, -1).transpose(0, 1).numpy())


def norse(path: Path, x: Any) -> Run:
    """Run a file by Norse's reader, with the step that takes back what its writer did."""
    import nir
    from norse.torch.utils.import_nir import from_nir

    return stepped(from_nir(nir.read(path), dt=1e-6), x)


READERS: dict[str, Callable[[Path, Any], Run]] = {
    "snntorch": snntorch,
    "spikingjelly": spikingjelly,
    "sinabs": sinabs,
    "norse": norse,
}


def differing(read: Callable[[Path, Any], Run], path: Path, x: NDArray[Any], expected: NDArray[Any]) -> str:
    """Return how many values differ, or the error of the library's reader."""
    try:
        with redirect_stdout(StringIO()):
            found = read(path, torch.from_numpy(x.astype(np.float32)))
    # What the readers raise of graphs that they cannot make.
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        return f"fails ({type(error).__name__})"
    return str(int(np.count_nonzero(found.reshape(expected.shape) != expected)))


def main() -> int:
    """Print the table."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    failed = False
    print(
        "| graph | values | its library, of its file | its library, of pysnn's file | pysnn |\n| --- | ---: | ---: | ---: | ---: |"
    )
    for name in NAMES:
        library = name.partition("_")[0]
        with tempfile.TemporaryDirectory() as folder:
            theirs = unpacked(name, Path(folder))
            with np.load(theirs.with_name(f"{name}_nir.npz")) as kept:
                x, expected = kept["x"], kept["spk"]
            found = load(theirs, library, **said(name))
            ours = save(Path(folder) / "ours.nir", found.network, library, allow_loss=True)
            last = found.network.sources[found.network.output_name][0]
            run = pysnn.run(found.network, x, steps=len(x), coding="spikes", dt=found.dt, record=[last])
            own = int(np.count_nonzero(run.spikes[last].reshape(expected.shape) != expected))
            first, second = (differing(READERS[library], path, x, expected) for path in (theirs, ours))
        failed |= first != second or own > 0
        print(f"| {name} | {expected.size} | {first} | {second} | {own} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
