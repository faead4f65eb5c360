"""TTRBR in PyTorch (extra ``torch``): trainable clips, restructured residual blocks, fine-tuning through simulated steps.

This package alone, beside the importer, is written in PyTorch; ``docs/ttrbr.md`` says what is the paper's and what is ours.
"""

from pysnn.errors import MissingExtraError

try:
    from pysnn.finetune.ttrbr.clip import LEAST_THRESHOLD, SpikingMaxPool2d, TrainableClip
    from pysnn.finetune.ttrbr.clock import Clock, clock_of, running
    from pysnn.finetune.ttrbr.options import TTRBROptions
    from pysnn.finetune.ttrbr.resnet import CifarResNet
    from pysnn.finetune.ttrbr.rewrite import BLOCKS
    from pysnn.finetune.ttrbr.steps import mean_output
    from pysnn.finetune.ttrbr.teachers import MeanScores
    from pysnn.finetune.ttrbr.training import Task, Trained, train
    from pysnn.finetune.ttrbr.vgg import CifarVgg11
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise MissingExtraError("pysnn.finetune.ttrbr needs PyTorch: pip install 'pysnn[torch]'") from error

__all__ = [
    "BLOCKS",
    "LEAST_THRESHOLD",
    "CifarResNet",
    "CifarVgg11",
    "Clock",
    "MeanScores",
    "SpikingMaxPool2d",
    "TTRBROptions",
    "Task",
    "TrainableClip",
    "Trained",
    "clock_of",
    "mean_output",
    "running",
    "train",
]
