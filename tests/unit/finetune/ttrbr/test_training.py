"""The training loop: it learns, follows from its seed, survives a kill, and refuses what does not fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn.errors import DataError, FileFormatError, NetworkError
from pysnn.finetune.ttrbr import TrainableClip, mean_output, train
from pysnn.finetune.ttrbr.state import kept_weights
from tests.unit.finetune.ttrbr.small import coloured, normalised, options, task, torch


class Killed(Exception):  # noqa: N818 - it is no error
    """What a test ends a training with."""


def weights(trained: Any) -> Any:
    return [tensor.numpy() for tensor in trained.model.state_dict().values()]


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"steps": 3},
        {"steps": 3, "gradient": "surrogate", "frozen_norm": False},
        {"ema": 0.9, "distillation": 0.3, "smoothing": 0.1, "cutout": 3},
        {"noise": 1.0},
    ],
)
def test_it_learns_and_tells_how(how: Any) -> None:
    made = task("B", levels=4)
    trained = train(made, options(epochs=3, **how))
    history = trained.history
    assert history["epoch"].to_list() == [1, 2, 3]
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    assert history["validation_accuracy"].max() > 0.5  # type: ignore[operator]
    assert history["steps"].to_list() == [how.get("steps")] * 3
    assert trained.epoch == 1 + int(np.argmax(history["validation_accuracy"].to_numpy()))
    assert not trained.model.training


def test_it_follows_from_its_seed() -> None:
    first, again, other = (train(task(), options(epochs=1, seed=seed)) for seed in (0, 0, 1))
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("how", [{"ema": 0.8}, {"steps": 2}, {"noise": 1.0}])
@pytest.mark.parametrize("at", [2, 6])
def test_a_killed_training_goes_on_to_the_same_result(tmp_path: Path, how: Any, at: int) -> None:
    """Five steps an epoch: within the first, and within the second."""

    def kill(done: int, _: int) -> None:
        if done == at + 1:
            raise Killed

    whole = train(task(levels=4), options(**how))
    kept = options(checkpoint=tmp_path / "c.npz", checkpoint_seconds=0.0, progress=kill, **how)
    with pytest.raises(Killed):
        train(task(levels=4), kept)
    resumed = train(task(levels=4), options(checkpoint=tmp_path / "c.npz", checkpoint_seconds=0.0, **how))
    assert same(whole, resumed)
    drop = ["seconds"]
    assert resumed.history.drop(drop).equals(whole.history.drop(drop))
    assert set(kept_weights(tmp_path / "c.npz")) == set(resumed.model.state_dict())


def test_checkpoints_of_others_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.npz"
    train(task(), options(epochs=1, checkpoint=file))
    with pytest.raises(DataError, match="another training"):
        train(task(), options(epochs=2, checkpoint=file))
    with pytest.raises(DataError, match="another training"):
        train(task("A"), options(epochs=1, checkpoint=file))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(FileFormatError, match="expected a checkpoint"):
        train(task(), options(epochs=1, checkpoint=file))
    np.savez(file, note=np.frombuffer(b'{"mark": "x"}', dtype=np.uint8))
    with pytest.raises(FileFormatError, match="it has no model"):
        kept_weights(file)


def test_long_gradients_are_shortened() -> None:
    """One step without momentum or decay: the change is as long as the limit, times the rate."""
    alone = {"epochs": 1, "batch_size": 80, "momentum": 0.0, "weight_decay": 0.0, "threshold_decay": 0.0, "rate": 1e-2}
    before = {name: value.detach().clone() for name, value in task().model.named_parameters()}
    for limit in (1e-3, 0.0):
        after = train(task(), options(gradient_norm=limit, **alone)).model.named_parameters()
        moved = sum(float(((value.detach() - before[name]) ** 2).sum()) for name, value in after) ** 0.5
        assert moved == pytest.approx(1e-5, rel=1e-2) if limit else moved > 1e-3


def test_thresholds_decay_by_default_where_no_steps_are_simulated() -> None:
    for how, expected in (({}, 5e-4), ({"steps": 2}, 0.0), ({"steps": 2, "threshold_decay": 1e-3}, 1e-3)):
        assert options(**how).decay_of_thresholds == expected
    with pytest.raises(DataError, match=r"threshold_decay: expected a number of 0 or more, got -1"):
        options(threshold_decay=-1.0)


def test_thresholds_stay_above_the_least() -> None:
    trained = train(task(), options(threshold_decay=50.0, epochs=1))
    found = [module.threshold.item() for module in trained.model.modules() if isinstance(module, TrainableClip)]
    assert min(found) == pytest.approx(0.01)


def test_frozen_normalisation_keeps_its_statistics() -> None:
    made = task()
    before = made.model.bn1.running_mean.clone()
    for how in ({"frozen_norm": True}, {"steps": 2}):
        assert torch.equal(train(made, options(epochs=1, **how)).model.bn1.running_mean, before)
    assert not torch.equal(train(made, options(epochs=1)).model.bn1.running_mean, before)


def test_normalisation_takes_its_statistics_in_the_simulation_and_once() -> None:
    """Those of the last normalisation, behind many simulated neurons, over samples and steps."""
    made, steps = task(), 3
    x = normalised(made.images[:16])
    norm = made.model.get_submodule("layer3.0.bn2")
    seen: list[Any] = []
    norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    before = norm.running_mean.clone()
    mean_output(made.model.train(), x, steps)
    assert [len(current) for current in seen] == [16 * steps, 16]
    assert torch.allclose(norm.running_mean, 0.9 * before + 0.1 * seen[0].mean((0, 2, 3)), atol=1e-6)
    assert norm.training


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": -1}, "epochs"),
        ({"steps": 0}, "steps"),
        ({"rate": 0.0}, "rate: expected a number above 0"),
        ({"ema": 1.0}, "ema: expected a number of 0 or more and below 1"),
        ({"weight_decay": float("nan")}, "weight_decay"),
        ({"gradient": "exact"}, "gradient: expected one of rate, surrogate"),
        ({"device": "cuda"}, "GPU"),
        ({"validation": 90}, "expected a batch of 16 beside the 90"),
        ({"noise": -1.0}, "noise"),
        ({"noise": 1.0}, "expected clips with levels"),
        ({"noise": 1.0, "steps": 2}, "noise: expected 0 where steps are simulated"),
        ({"gradient_norm": -1.0}, "gradient_norm"),
        ({"rate": 1e30}, "the loss is not finite"),
    ],
)
def test_wrong_options(changed: Any, message: str) -> None:
    if changed == {"device": "cuda"} and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(DataError, match=message):
        train(task(), options(**changed))


def test_wrong_tasks() -> None:
    images, labels = coloured()
    made = task()
    for wrong, message in (
        ({"labels": labels[1:]}, "expected one for each of 96 samples, got 95"),
        ({"teacher": None}, "expected a teacher"),
    ):
        with pytest.raises(DataError, match=message):
            train(type(made)(**{**vars(made), **wrong}), options(distillation=0.5))
    with pytest.raises(NetworkError, match="0 clocks"):
        train(type(made)(**{**vars(made), "model": torch.nn.ReLU()}), options())
    assert len(images) == 96
