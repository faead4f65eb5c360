"""The training loop: clips of the ANN, or the network through T simulated steps."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pysnn.errors import DataError
from pysnn.finetune.ttrbr.clip import LEAST_THRESHOLD, TrainableClip
from pysnn.finetune.ttrbr.clock import clock_of
from pysnn.finetune.ttrbr.compute import Compute
from pysnn.finetune.ttrbr.dither import Dither
from pysnn.finetune.ttrbr.options import TTRBROptions
from pysnn.finetune.ttrbr.state import Sums, TrainingState
from pysnn.finetune.ttrbr.steps import mean_output, norms_of
from pysnn.training.checkpoint import fingerprint
from pysnn.training.order import epoch_order

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Task", "Trained", "train"]


@dataclass(frozen=True, eq=False)
class Task:
    """What to train, on what.

    Attributes
    ----------
    model
        What :func:`pysnn.finetune.restructure` made; it is trained in place.
    images, labels
        ``(samples, channels, height, width)``, uint8 or floats (an array, or what gives one for an array of indices), and integers.
    mean, std
        What the model's input subtracts and divides by, one value per channel, for colours in 0..1 (uint8 is divided by 255 first).
    teacher
        A module whose answers are learned as well, for ``distillation``: mostly the network before it was restructured.
    data
        Names the data, for the checkpoint: a digest.
    taught_by
        Names a teacher that is another network, for the checkpoint: digests.
    loss
        From scores (float32) and labels to the loss, in the place of the cross-entropy; its ``repr`` names it in the checkpoint.
    """

    model: Any
    images: Any
    labels: Any
    mean: Any
    std: Any
    teacher: Any = None
    data: str = ""
    taught_by: str = ""
    loss: Any = None


@dataclass(frozen=True, eq=False)
class Trained:
    """The model with the weights that were kept (float32, on the CPU, evaluation mode), a row an epoch, and which epoch."""

    model: Any
    history: "pl.DataFrame"
    epoch: int


def train(task: Task, options: TTRBROptions | None = None) -> Trained:
    """Train a restructured model.

    Raises
    ------
    DataError
        Data or options do not fit, or a checkpoint belongs to another training.
    NetworkError
        The model has no trainable clips.
    """
    options = options or TTRBROptions()
    clock_of(task.model)
    if options.noise and all(m.levels is None for m in task.model.modules() if isinstance(m, TrainableClip)):
        raise DataError("noise: expected clips with levels, which it is the noise of, got plain ones")
    if len(task.images) != len(task.labels):
        raise DataError(f"labels: expected one for each of {len(task.images)} samples, got {len(task.labels)}")
    if len(task.images) < options.validation + options.batch_size:
        raise DataError(
            f"images: expected a batch of {options.batch_size} beside the {options.validation} for validation, "
            f"got {len(task.images)}"
        )
    if task.loss is not None and (options.distillation or options.smoothing):
        raise DataError("loss: expected none beside distillation and smoothing, which are of the cross-entropy")
    if options.distillation and task.teacher is None:
        raise DataError("distillation: expected a teacher, got none")
    return Training(task, options).run()


class Training:
    """A training that is going on."""

    def __init__(self, task: Task, options: TTRBROptions) -> None:
        self.task, self.options = task, options
        self.compute = Compute(options, task.mean, task.std, task.loss)
        self.model = self.compute.placed(task.model)
        self.teacher: Any = None if task.teacher is None else self.compute.placed(task.teacher).eval()
        self.dither = Dither(options.noise) if options.noise else None
        clock_of(self.model).dither = self.dither
        self.labels = np.asarray(task.labels, dtype=np.int64)
        self.cut = len(self.labels) - options.validation
        self.batches = self.cut // options.batch_size
        self.parameters = dict(self.model.named_parameters())
        self.optimiser = self._optimiser()
        self.state = TrainingState()
        self.mark = ""
        if options.checkpoint is not None:
            self._open_checkpoint()
        if options.ema and not self.state.mean:
            self.state.mean = self._weights()

    def run(self) -> Trained:
        """Train to the end, from where the state stands."""
        state, options = self.state, self.options
        saved = time.monotonic()
        while state.epoch < options.epochs:
            order = epoch_order(options.seed, state.epoch, self.cut)
            while state.batch < self.batches:
                start = time.perf_counter()
                self.step(order[state.batch * options.batch_size : (state.batch + 1) * options.batch_size])
                state.batch += 1
                state.sums.seconds += time.perf_counter() - start
                if options.progress is not None:
                    options.progress(state.epoch * self.batches + state.batch, options.epochs * self.batches)
                if time.monotonic() - saved >= options.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
            self._end_epoch()
            self._save()
            saved = time.monotonic()
            if options.report is not None:
                options.report(state.rows[-1])
        return self._trained()

    def step(self, samples: Any) -> None:
        """Take one step on samples of the training part, given by their numbers."""
        state, options = self.state, self.options
        self.model.train()
        if options.norm_stays:
            for norm in norms_of(self.model):
                norm.eval()
        # For layers of the model that draw, and for the noise; the same after a resumption.
        torch.manual_seed((options.seed * 1_000_003 + state.epoch) * 1_000_003 + state.batch)
        if self.dither is not None:
            self.dither.redraw()
        pixels = options.augmentation(
            self.task.images[samples], seed=options.seed, epoch=state.epoch, samples=np.asarray(samples)
        )
        x, labels = self.compute.samples(pixels), self.compute.labels(self.labels[samples])
        with self.compute.autocast():
            scores = self._scores(x)
            taught = None if self.teacher is None or not options.distillation else self._taught(x)
        loss = self.compute.loss(scores, labels, taught)
        if not torch.isfinite(loss):
            raise DataError(
                f"the loss is not finite in epoch {state.epoch + 1}, step {state.batch + 1}: lower the rate"
            )
        self._update(loss)
        state.sums.samples += len(labels)
        state.sums.loss += float(loss.detach()) * len(labels)
        state.sums.correct += int((scores.argmax(1) == labels).sum())

    def _scores(self, x: Any) -> Any:
        steps = self.options.steps
        return self.model(x) if steps is None else mean_output(self.model, x, steps, self.options.gradient)

    def _taught(self, x: Any) -> Any:
        with torch.no_grad():
            return self.teacher(x)

    def _update(self, loss: Any) -> None:
        options, state = self.options, self.state
        done = state.epoch + state.batch / self.batches
        for group in self.optimiser.param_groups:
            group["lr"] = options.rate * options.schedule(done / options.epochs)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if options.gradient_norm:
            torch.nn.utils.clip_grad_norm_(self.parameters.values(), options.gradient_norm)
        self.optimiser.step()
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                if name.endswith("threshold"):
                    parameter.clamp_(min=LEAST_THRESHOLD)
            if options.ema:
                taken = state.epoch * self.batches + state.batch
                decay = min(options.ema, (1 + taken) / (10 + taken))
                for name, tensor in self.model.state_dict().items():
                    mean = state.mean[name]
                    mean.lerp_(tensor, 1 - decay) if mean.is_floating_point() else mean.copy_(tensor)

    def _end_epoch(self) -> None:
        state, options, sums = self.state, self.options, self.state.sums
        with self._with_mean():
            accuracy = self._validate()
            if accuracy > state.best_accuracy or options.keep == "last" or not options.validation:
                state.best, state.best_accuracy, state.best_epoch = self._weights(), accuracy, state.epoch + 1
        thresholds = torch.cat(
            [m.threshold.detach().reshape(-1) for m in self.model.modules() if isinstance(m, TrainableClip)]
        )
        state.rows.append(
            {
                "epoch": state.epoch + 1,
                "steps": options.steps,
                "loss": sums.loss / sums.samples,
                "accuracy": sums.correct / sums.samples,
                "validation_accuracy": accuracy if accuracy >= 0 else math.nan,
                "threshold_mean": float(thresholds.mean()),
                "threshold_min": float(thresholds.min()),
                "learning_rate": self.optimiser.param_groups[0]["lr"],
                "seconds": sums.seconds,
            }
        )
        state.epoch, state.batch, state.sums = state.epoch + 1, 0, Sums()

    def _validate(self) -> float:
        """Return the accuracy on the validation part, -1 without one."""
        if not self.options.validation:
            return -1.0
        self.model.eval()
        correct, size = 0, self.options.batch_size
        with torch.no_grad(), self.compute.autocast():
            for start in range(self.cut, len(self.labels), size):
                rows = np.arange(start, min(start + size, len(self.labels)))
                scores = self._scores(self.compute.samples(self.task.images[rows]))
                correct += int((scores.argmax(1) == self.compute.labels(self.labels[rows])).sum())
        return correct / self.options.validation

    @contextlib.contextmanager
    def _with_mean(self) -> Iterator[None]:
        """Let the model have the moving mean of its weights, if there is one."""
        if not self.options.ema:
            yield
            return
        own = self._weights()
        self.model.load_state_dict(self.state.mean)
        try:
            yield
        finally:
            self.model.load_state_dict(own)

    def _weights(self) -> dict[str, Any]:
        return {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}

    def _optimiser(self) -> Any:
        groups: dict[str, list[Any]] = {"weights": [], "thresholds": [], "others": []}
        for name, parameter in self.parameters.items():
            kind = "thresholds" if name.endswith("threshold") else "weights" if parameter.dim() > 1 else "others"
            groups[kind].append(parameter)
        options = self.options
        decays = {"weights": options.weight_decay, "thresholds": options.decay_of_thresholds, "others": 0.0}
        return torch.optim.SGD(
            [{"params": found, "weight_decay": decays[kind]} for kind, found in groups.items() if found],
            lr=options.rate,
            momentum=options.momentum,
            nesterov=options.momentum > 0,
        )

    def _open_checkpoint(self) -> None:
        """Name the training by all that it depends on, and go on from its file if it is there."""
        path = self.options.checkpoint
        assert path is not None
        first = [tensor.cpu().numpy() for tensor in self._weights().values()]
        loss = "" if self.task.loss is None else repr(self.task.loss)
        data = " ".join(filter(None, (self.task.data, self.task.taught_by, loss)))
        told = (data, np.asarray(self.task.mean), np.asarray(self.task.std), self.labels, len(self.labels))
        self.mark = fingerprint(self.options.identity(), *told, *first)
        if not path.exists():
            return
        self.model.load_state_dict(self.state.load(path, self.mark, self.compute.device))
        for name, buffer in self.state.momentum.items():
            self.optimiser.state[self.parameters[name]]["momentum_buffer"] = buffer

    def _save(self) -> None:
        if self.options.checkpoint is None:
            return
        found = ((name, self.optimiser.state[p].get("momentum_buffer")) for name, p in self.parameters.items())
        self.state.momentum = {name: buffer for name, buffer in found if buffer is not None}
        self.state.save(self.options.checkpoint, self.mark, self._weights())

    def _trained(self) -> Trained:
        from pysnn.tables import make_table

        if self.state.best:
            self.model.load_state_dict(self.state.best)
        clock_of(self.model).dither = None
        model = self.model.to("cpu").eval()
        return Trained(model, make_table("ttrbr", self.state.rows), self.state.best_epoch)
