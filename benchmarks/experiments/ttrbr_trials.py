"""The trainings of docs/ttrbr_results.md: from which weights, in which form, how long.

All start from the pretrained CIFAR-10 networks of ``PYSNN_DATA/pretrained``, whose own training had seen the last 5,000 training images: accuracy on
those is higher than on other images, more so for some trainings than for others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.common import data_folder
from pysnn.finetune.trained_models import Recipe

__all__ = ["NETWORKS", "STAGES", "TRIALS", "Trial"]


NETWORKS = Path(__file__).parents[1] / "networks" / "deep"
"""Where networks are kept."""


@dataclass(frozen=True)
class Trial:
    """One training: of which network, in which form, from where; ``options`` are those of :class:`pysnn.finetune.ttrbr.TTRBROptions`.

    ``start`` names the trial whose weights it goes on from; without one it starts from the pretrained network. ``potentials`` is T, for
    which initial potentials are calibrated before the training. ``precision`` is that of the spiking network. ``teachers`` are pretrained
    networks whose answers are learned, for ``distillation`` among the options. ``repeats`` names the trial that this one is with another seed.
    """

    title: str
    model: str
    block: str = "none"
    levels: int | None = None
    start: str | None = None
    potentials: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    precision: Literal["int8", "float32"] = "int8"
    per_channel: bool = False
    teachers: tuple[str, ...] = ()
    repeats: str | None = None

    @property
    def epochs(self) -> int:
        """Epochs in all, those of the trials that it goes on from among them."""
        before = 0 if self.start is None else TRIALS[self.start].epochs
        return before + int(self.options["epochs"])

    def recipe(self, work: Path) -> Recipe:
        """Return what is to be trained; ``work`` has the checkpoints."""
        return Recipe(
            f"cifar10:{data_folder()}/cifar10",
            _pretrained(self.model),
            self.block,
            self.levels,
            self.per_channel,
            start=None if self.start is None else work / f"{self.start}.checkpoint.npz",
            potentials=self.potentials,
            teachers=tuple(map(_pretrained, self.teachers)),
        )


def _pretrained(model: str) -> str:
    return f"{model}:{data_folder()}/pretrained/{model}_cifar10.safetensors"


_QCFS = {"epochs": 6, "rate": 0.05}
_DITHERED = {**_QCFS, "noise": 1.0}
_WHOLE = {**_DITHERED, "validation": 0, "keep": "last"}
_DECAYED = {"threshold_decay": 5e-4}
_THROUGH_4 = {**_DECAYED, "epochs": 1, "rate": 0.05, "steps": 4}
_BACK_THROUGH_4 = {**_THROUGH_4, "gradient": "surrogate"}
_BACK = {"gradient": "surrogate", "frozen_norm": False}


def _taught(
    title: str,
    options: Mapping[str, Any],
    start: str | None = None,
    potentials: int | None = None,
    teacher: str = "resnet56",
) -> Trial:
    """Return a training of ResNet-20 in block C, with a threshold per channel and a teacher."""
    taught = {"distillation": 0.9, "temperature": 4.0, "keep": "last", **options}
    return Trial(title, "resnet20", "C", 4, start, potentials, taught, per_channel=True, teachers=(teacher,))


_STRAIGHT = {**_BACK, "weight_decay": 1e-4, "threshold_decay": 0.0, "batch_size": 64}


_TEACHERS = {"resnet20": "the untouched network", "resnet56": "ResNet-56"}


def _direct(steps: int, epochs: int, teacher: str = "resnet20") -> Trial:
    """Return a training of ResNet-20 through steps from the first epoch on."""
    options = {**_STRAIGHT, "steps": steps, "epochs": epochs, "rate": 0.05}
    title = f"potentials for T = {steps}, back through {steps} steps from the start, taught by {_TEACHERS[teacher]}"
    return _taught(title, options, None, steps, teacher)


def _eight(title: str, options: Mapping[str, Any], start: str | None = None, potentials: int | None = None) -> Trial:
    """Return a training of ResNet-110 with eight levels, taught by the untouched network."""
    return replace(_taught(title, options, start, potentials, "resnet110"), model="resnet110", levels=8)


# In the order of the work, which is that of the page.
TRIALS: dict[str, Trial] = {
    "r20-clip-none": Trial("clip", "resnet20", options={"epochs": 6, "rate": 0.05}),
    "r20-qcfs4-none": Trial("clip of 4 levels (QCFS)", "resnet20", levels=4, options=_QCFS),
    "r20-noise4-none": Trial("clip of 4 levels, dithered", "resnet20", levels=4, options=_DITHERED),
    "r20-noise4-A": Trial("clip of 4 levels, dithered", "resnet20", "A", 4, options=_DITHERED),
    "r20-noise4-B": Trial("clip of 4 levels, dithered", "resnet20", "B", 4, options=_DITHERED),
    "r20-noise4-C": Trial("clip of 4 levels, dithered", "resnet20", "C", 4, options=_DITHERED),
    "r20-t4-C": Trial("dithered, then through 4 steps", "resnet20", "C", 4, "r20-noise4-C", options=_THROUGH_4),
    "r20-long-C": Trial("dithered, longer", "resnet20", "C", 4, options={**_DITHERED, "epochs": 30}),
    "r20-pot4-C": Trial("dithered, longer, potentials for T = 4", "resnet20", "C", 4, "r20-long-C", 4, {"epochs": 0}),
    "r20-s4long-C": Trial(
        "the same, then back through 4 steps",
        "resnet20",
        "C",
        4,
        "r20-long-C",
        4,
        {**_BACK_THROUGH_4, "epochs": 4, "rate": 0.02},
    ),
    "r20-s4float-C": Trial(
        "that in float32, weights not rounded",
        "resnet20",
        "C",
        4,
        "r20-s4long-C",
        options={"epochs": 0},
        precision="float32",
    ),
    "r20-taught-C": _taught("dithered, taught by ResNet-56", {**_DITHERED, "epochs": 12}),
    "r20-pot16-C": _taught("that, potentials for T = 16", {"epochs": 0}, "r20-taught-C", 16),
    "r20-two-C": _taught(
        "taught, potentials for T = 2, back through 2 steps",
        {**_BACK, **_DECAYED, "steps": 2, "epochs": 14, "rate": 0.06},
        "r20-taught-C",
        2,
    ),
    "r20-taught-long-C": _taught(
        "dithered, taught by ResNet-56, longer", {**_DITHERED, "epochs": 24, "weight_decay": 1e-4}, "r20-taught-C"
    ),
    "r20-long4-C": _taught("that, potentials for T = 4", {"epochs": 0}, "r20-taught-long-C", 4),
    "r20-long2-C": _taught(
        "taught longer, potentials for T = 2, back through 2 steps",
        {**_BACK, **_DECAYED, "steps": 2, "epochs": 16, "rate": 0.03, "batch_size": 64, "weight_decay": 1e-4},
        "r20-taught-long-C",
        2,
    ),
    "r20-fast2-C": _taught(
        "taught, potentials for T = 2, back through 2 steps at a high rate",
        {**_BACK, **_DECAYED, "steps": 2, "epochs": 16, "rate": 0.1, "batch_size": 64},
        "r20-taught-C",
        2,
    ),
    "r20-direct2-C": _direct(2, 25),
    "r20-direct4-C": _direct(4, 13),
    "r20-two4-C": _taught(
        "back through 2 steps from the start, then through 4, taught by the untouched network",
        {**_STRAIGHT, "steps": 4, "epochs": 8, "rate": 0.03},
        "r20-direct2-C",
        teacher="resnet20",
    ),
    "r20-direct4-56-C": _direct(4, 13, "resnet56"),
    "r20-whole-C": Trial("dithered, on all 50,000 images", "resnet20", "C", 4, options={**_WHOLE, "epochs": 40}),
    "r20-whole4-C": Trial("that, potentials for T = 4", "resnet20", "C", 4, "r20-whole-C", 4, {"epochs": 0}),
    "r110-clip-none": Trial("clip", "resnet110", options={"epochs": 2, "rate": 0.02}),
    "r110-noise8-none": Trial(
        "clip of 8 levels, dithered", "resnet110", levels=8, options={"epochs": 4, "rate": 0.05, "noise": 2.0}
    ),
    "r110-noise4-C": Trial(
        "clip of 4 levels, dithered", "resnet110", "C", 4, options={"epochs": 3, "rate": 0.05, "noise": 1.0}
    ),
    "r110-long-C": Trial("dithered, longer", "resnet110", "C", 4, "r110-noise4-C", options={**_DITHERED, "epochs": 5}),
    "r110-pot8-C": Trial(
        "dithered, longer, potentials for T = 8", "resnet110", "C", 4, "r110-long-C", 8, {"epochs": 0}
    ),
    "r110-eight-C": _eight(
        "clip of 8 levels, dithered, taught by the untouched network",
        {"epochs": 5, "rate": 0.03, "noise": 1.5, "threshold_decay": 0.0},
    ),
    "r110-four-C": _eight(
        "eight levels, then potentials for T = 4, back through 4 steps",
        {**_STRAIGHT, "steps": 4, "epochs": 2, "rate": 0.02},
        "r110-eight-C",
        4,
    ),
    "r110-whole-C": Trial("dithered, on all 50,000 images", "resnet110", "C", 4, options={**_WHOLE, "epochs": 8}),
    "r110-whole8-C": Trial("that, potentials for T = 8", "resnet110", "C", 4, "r110-whole-C", 8, {"epochs": 0}),
}
"""Trainings by name."""


def _repeated(name: str, seed: int) -> Trial:
    """Return a trial with another seed."""
    trial = TRIALS[name]
    return replace(trial, options={**trial.options, "seed": seed}, repeats=name)


TRIALS.update(
    {f"{name}-{seed}": _repeated(name, seed) for name in ("r20-direct2-C", "r20-direct4-C") for seed in (1, 2)}
)

STAGES = {
    "untouched": None,
    "thresholds tuned": "r110-clip-none",
    "dithered levels": "r110-noise8-none",
    "blocks restructured (C)": "r110-noise4-C",
    "potentials calibrated": "r110-pot8-C",
}
"""Conversions that are compared: none trained, and trials."""
