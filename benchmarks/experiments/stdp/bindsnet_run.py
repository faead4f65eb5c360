"""Train BindsNET's network of Diehl & Cook on some images, by a Python that has it; prints one JSON object: ``bindsnet_run.py IMAGES.npy``."""

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from bindsnet.encoding import poisson  # type: ignore[import-not-found, unused-ignore]
from bindsnet.models import DiehlAndCook2015  # type: ignore[import-not-found, unused-ignore]

__all__ = ["run"]

STEPS = 250
"""Of 1 ms, for each image: those of its example ``eth_mnist.py``, as are the parameters below."""
BRIGHTEST = 128.0


def run(images: np.ndarray[Any, Any]) -> dict[str, object]:
    """Show images in 0..1, learning; give the seconds an image."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = DiehlAndCook2015(
        n_inpt=784, n_neurons=400, exc=22.5, inh=120.0, dt=1.0, norm=78.4, theta_plus=0.05, inpt_shape=(1, 28, 28)
    )
    network.train(mode=True)
    begun = time.perf_counter()
    for image in images:
        pixels = torch.from_numpy(image.reshape(1, 28, 28) * BRIGHTEST)
        spikes = poisson(datum=pixels, time=STEPS, dt=1.0).view(STEPS, 1, 1, 28, 28)
        network.run(inputs={"X": spikes}, time=STEPS)
        network.reset_state_variables()
    taken = time.perf_counter() - begun
    return {
        "simulator": f"BindsNET {version('bindsnet')}, torch {torch.__version__}",
        "steps": STEPS,
        "seconds": taken / len(images),
    }


if __name__ == "__main__":
    print(json.dumps(run(np.load(sys.argv[1]))))
