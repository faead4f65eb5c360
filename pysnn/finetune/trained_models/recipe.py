"""What to train, from what, in which form; and the file that comes out."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pysnn.convert import Conversion, convert, round_weights
from pysnn.data_range import DataRange
from pysnn.datasets.source import training_source
from pysnn.encode.labels import FOR_TRAINING, warn_of_gaps
from pysnn.errors import DataError, NetworkError
from pysnn.files.conversion import save_conversion
from pysnn.files.settings import Settings
from pysnn.finetune import restructure
from pysnn.finetune.trained_models.models import TorchModel, load_torch_model
from pysnn.finetune.trained_models.network import trained_network
from pysnn.finetune.trained_models.potentials import calibrate_potentials, with_potentials

if TYPE_CHECKING:
    from pysnn.finetune.ttrbr import Task, Trained, TTRBROptions

__all__ = ["Recipe", "Training", "normalised", "save_trained"]

_CALIBRATION = 512
_GOLDEN = 4
_GOLDEN_BYTES = 256 << 10


@dataclass(frozen=True)
class Recipe:
    """What to train, from what, in which form.

    Attributes
    ----------
    data
        "cifar10:DIR", "cifar100:DIR", "imagenet:DIR", "idx:DIR" (their training split), "digits", or "npz:FILE".
    model
        As :func:`pysnn.finetune.trained_models.load_torch_model` takes it.
    block, levels, per_channel
        As :func:`pysnn.finetune.restructure` takes them.
    start
        A checkpoint of another training of the same model and block, to start from the weights that it kept.
    window
        S, to train with S levels and get a network whose neurons spike once in windows of S steps
        (:class:`~pysnn.FirstSpike`); ``None`` for integrate-and-fire neurons.
    potentials
        T, to calibrate the initial potentials for on the first training images before the training
        (:func:`pysnn.finetune.trained_models.calibrate_potentials`); ``None`` to start from th/2, or from what ``start`` has.
    limit
        Take only the first samples.
    mean, std
        What the input subtracts and divides by, for colours in 0..1; the model's own by default.
    teachers
        Models as ``model``, for inputs of the same normalisation: with ``distillation`` the mean of their scores is learned; those of the
        model itself, before it was restructured, by default.
    """

    data: str
    model: str
    block: Any = "none"
    levels: int | None = None
    per_channel: bool = False
    start: Path | None = None
    window: int | None = None
    potentials: int | None = None
    limit: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    teachers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.window is None:
            return
        if self.levels not in (None, self.window):
            raise DataError(f"levels: expected those of the window, {self.window}, or none, got {self.levels}")
        if self.potentials is not None:
            raise DataError("potentials: expected none with a window, whose neurons have no steps to start before")
        object.__setattr__(self, "levels", self.window)

    def prepare(self, options: "TTRBROptions") -> "Training":
        """Read data and model, and restructure it.

        Raises
        ------
        DataError, NetworkError, FileFormatError, MissingExtraError
            Something does not fit, or is not there.
        """
        if self.window is not None and options.steps is not None:
            raise DataError(f"steps: expected none with a window of {self.window} steps, got {options.steps}")
        from pysnn.finetune.ttrbr import Task, clock_of

        if self.teachers and not options.distillation:
            raise DataError("teachers: expected a share of the loss that is learned from them, distillation, got 0")
        images, labels, digest = self._samples()
        classes = int(labels.max()) + 1
        source = load_torch_model(self.model, classes)
        teacher, taught_by = (source.module, "") if not self.teachers else self._teacher(source, classes)
        if self.mean is not None and self.std is not None:
            source = replace(source, mean=self.mean, std=self.std)
        first = images[np.arange(min(_CALIBRATION, len(labels) - options.validation))]
        model = restructure(
            source.module,
            self.block,
            calibration=normalised(first, source),
            levels=self.levels,
            per_channel=self.per_channel,
        )
        clock_of(model)
        if self.start is not None:
            _load_start(self.start, model)
        if self.potentials is not None:
            calibrate_potentials(model, first, self.potentials, mean=source.mean, std=source.std)
        task = Task(
            model,
            images,
            labels,
            source.mean,
            source.std,
            teacher if options.distillation else None,
            data=digest,
            taught_by=taught_by,
        )
        return Training(self, task, source)

    def _teacher(self, source: TorchModel, classes: int) -> tuple[Any, str]:
        """Return one module of all teachers, and the SHA-256 of their files."""
        from pysnn.finetune.ttrbr import MeanScores

        found = [load_torch_model(text, classes) for text in self.teachers]
        for text, teacher in zip(self.teachers, found, strict=True):
            if not teacher.sha256:
                raise DataError(f"teacher '{text}': expected trained weights, {text}:FILE, got a network without")
            if self.mean is None and (teacher.mean, teacher.std) != (source.mean, source.std):
                raise DataError(
                    f"teacher '{text}': expected inputs of mean {source.mean} and std {source.std}, as those of "
                    f"'{self.model}', got {teacher.mean} and {teacher.std}"
                )
        return MeanScores(teacher.module for teacher in found), " ".join(teacher.sha256 for teacher in found)

    def _samples(self) -> tuple[Any, Any, str]:
        source = training_source(self.data)
        images, labels = source.open()
        if labels is None or images[np.arange(1)].ndim != 4:
            raise DataError(f"data '{self.data}': expected images (samples, channels, height, width) with labels")
        count = len(labels) if self.limit is None else min(self.limit, len(labels))
        if self.limit is not None and source.kind != "imagenet":
            images = images[:count]
        warn_of_gaps(labels[:count], FOR_TRAINING)
        return images, labels[:count], source.digest()


@dataclass(frozen=True, eq=False)
class Training:
    """A training that is ready to go: its recipe, the task, and the model that it starts from."""

    recipe: Recipe
    task: "Task"
    source: TorchModel


def save_trained(
    path: Path, training: Training, trained: "Trained", settings: Settings, facts: dict[str, str | int | float]
) -> Conversion:
    """Convert a trained model and save it with golden vectors of at most 256 KiB, and where it comes from.

    For precision "int8" the network that is saved, and that the conversion has, is rounded:
    :func:`pysnn.convert.round_weights`.

    Parameters
    ----------
    path
        The ``.psnn`` file.
    training, trained
        What was to be trained, and the result.
    settings
        How the network is meant to be run: precision, and steps where it has no window.
    facts
        What to say in the file beside what is known here.

    Raises
    ------
    DataError, NetworkError, PlanError, RangeError
        The model cannot be converted, or the network cannot be run like that.
    OSError
        The file cannot be written.
    """
    task, recipe = training.task, training.recipe
    few = np.ascontiguousarray(task.images[np.arange(_GOLDEN)])
    network = trained_network(trained.model, few.shape[1:], mean=task.mean, std=task.std)
    some = np.ascontiguousarray(task.images[np.arange(min(_CALIBRATION, len(task.images)))])
    network = network.with_data_range(DataRange.of(some))
    length: dict[str, Any] = {"steps": settings.steps} if recipe.window is None else {"window": recipe.window}
    conversion = convert(network, few, "trained", **length)
    conversion = replace(conversion, network=with_potentials(conversion.network, trained.model))
    if settings.precision == "int8":
        conversion = replace(conversion, network=round_weights(conversion.network))
    known: dict[str, str | int | float] = {
        "model": Path(recipe.model).name,
        "model.sha256": training.source.sha256,
        "block": recipe.block,
        "levels": recipe.levels or 0,
        "potentials": recipe.potentials or 0,
        "training.data": recipe.data.partition(":")[0],
        "training.sha256": task.data,
        "training.teachers": task.taught_by,
        "training.epochs": trained.history.height,
        "training.epoch": trained.epoch,
        **facts,
    }
    save_conversion(path, conversion, few, settings=settings, provenance=known, golden_bytes=_GOLDEN_BYTES)
    return conversion


def normalised(images: Any, source: TorchModel) -> Any:
    """Return images, uint8 or colours in 0..1, as a float32 tensor in the model's normalisation."""
    import torch

    x = torch.from_numpy(np.ascontiguousarray(images))
    x = x.float() / 255 if x.dtype == torch.uint8 else x.float()
    mean, std = (torch.tensor(values).reshape(1, -1, 1, 1) for values in (source.mean, source.std))
    if x.shape[1] != mean.shape[1]:
        raise DataError(f"mean: expected one value for each of {x.shape[1]} channels, got {mean.shape[1]}")
    return (x - mean) / std


def _load_start(path: Path, model: Any) -> None:
    """Load the weights that another training has kept."""
    from pysnn.finetune.ttrbr.resnet import load_arrays
    from pysnn.finetune.ttrbr.state import kept_weights

    try:
        arrays = kept_weights(path)
        for name, module in model.named_modules():
            if f"{name}.potential" in arrays:
                module.start_from(arrays[f"{name}.potential"])
        load_arrays(model, arrays)
    except NetworkError as error:
        raise NetworkError(
            f"'{path}' is of a training with another model, block, or kind of thresholds: {error}"
        ) from error
