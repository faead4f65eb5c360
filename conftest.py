"""Where PyTorch is not installed, the modules that are written in it are not looked through for examples."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["pysnn/finetune/ttrbr/*"]
