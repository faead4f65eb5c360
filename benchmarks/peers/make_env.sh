#!/bin/sh
# Make the peers' environment: make_env.sh [FOLDER]. TORCH_FROM names an environment of the same Python that has PyTorch
# already (6 GB with CUDA, which the package index has); TORCH_INDEX a page of CPU builds.
set -eu
here=$(dirname "$0")
target=${1:-.venv-peers}
"${PYTHON:-python3}" -m venv "$target"
if [ -n "${TORCH_FROM:-}" ]; then
    "$TORCH_FROM/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
        > "$("$target/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/torch.pth"
fi
"$target/bin/python" -m pip install --quiet ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} --requirement "$here/requirements.txt"
"$target/bin/python" -m pip list 2>/dev/null | grep -iE '^(torch|spikingjelly|sinabs|norse|snntorch|onnxruntime|onnx) '
