"""Initial potentials: calibrated, trained through steps, carried over."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn import run
from pysnn.convert import convert
from pysnn.finetune import restructure
from pysnn.finetune.trained_models import Recipe, calibrate_potentials, trained_network, with_potentials
from pysnn.finetune.ttrbr import mean_output, train
from tests.unit.finetune.ttrbr.small import MEAN, STD, coloured, normalised, options, resnet, torch

# Networks that nobody has trained answer one class for all samples, of which a conversion warns.
pytestmark = pytest.mark.filterwarnings("ignore:ANN. 100 %:UserWarning")

IMAGES, LABELS = coloured()


def calibrated(block: Any, per_channel: bool, steps: int) -> Any:
    made = restructure(resnet(), block, calibration=normalised(IMAGES), per_channel=per_channel)
    calibrate_potentials(made, IMAGES, steps, mean=MEAN, std=STD)
    return made


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("block", ["none", "A", "B", "C"])
def test_they_bring_the_mean_scores_closer_and_are_carried_over(block: Any, per_channel: bool) -> None:
    steps = 4
    plain = restructure(resnet(), block, calibration=normalised(IMAGES), per_channel=per_channel)
    made = calibrated(block, per_channel, steps)
    x = normalised(IMAGES)
    with torch.no_grad():
        expected, before, simulated = made(x), mean_output(plain, x, steps), mean_output(made, x, steps)
    errors = [float((scores.mean(0) - expected.mean(0)).abs().max()) for scores in (before, simulated)]
    assert errors[1] < errors[0]
    network = trained_network(made, (3, 8, 8), mean=MEAN, std=STD)
    spiking = with_potentials(convert(network, IMAGES, "trained", steps=steps, compare=False).network, made)
    scores = run(spiking, IMAGES, steps=steps, backend="reference").scores[0]
    assert np.abs(scores - simulated.numpy()).max() < 1e-4 * float(simulated.abs().max())


def test_a_model_without_them_is_carried_over_as_it_is() -> None:
    made = restructure(resnet(), calibration=normalised(IMAGES))
    network = convert(trained_network(made, (3, 8, 8), mean=MEAN, std=STD), IMAGES, "trained").network
    assert with_potentials(network, made) is network


@pytest.mark.parametrize("gradient", ["rate", "surrogate"])
def test_a_training_through_steps_goes_on_from_them(tmp_path: Path, gradient: Any) -> None:
    np.savez(tmp_path / "d.npz", x=IMAGES, y=LABELS)
    given = options(steps=4, gradient=gradient, checkpoint=tmp_path / "c.npz")
    first = Recipe(f"npz:{tmp_path / 'd.npz'}", "resnet8", "C", potentials=4).prepare(given)
    start = first.task.model.get_submodule("layer1.0.clip").potential.detach().clone()
    trained = train(first.task, given)
    found = trained.model.get_submodule("layer1.0.clip").potential.detach()
    assert not found.equal(start)
    # Another training that starts from it has them too.
    again = Recipe(first.recipe.data, "resnet8", "C", start=tmp_path / "c.npz").prepare(given)
    assert again.task.model.get_submodule("layer1.0.clip").potential.detach().equal(found)
