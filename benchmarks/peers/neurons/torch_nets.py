"""The networks in PyTorch: weights of a layer over all steps at once, then each library's neuron through the steps."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from benchmarks.peers.neurons.cases import ALPHA, BETA, TAU, TAU_SYN, Case, weights

__all__ = ["program"]

_DT = 1e-3
# Makes the neurons of a layer: from the kind, the number of neurons, and the weights of a connection with itself.
Maker = Callable[[str, int, Any], Callable[[Any], Any]]


def _snntorch(kind: str, size: int, back: Any) -> Callable[[Any], Any]:
    import snntorch

    how = {"beta": BETA, "threshold": 1.0, "surrogate_disable": True}
    if kind == "recurrent LIF":
        node: Any = snntorch.RLeaky(**how, linear_features=size, all_to_all=True)
        node.recurrent.weight.data, node.recurrent.bias.data = back, torch.zeros(size)
    else:
        node = snntorch.Synaptic(alpha=ALPHA, **how) if kind == "CubaLIF" else snntorch.Leaky(**how)
    node.eval()

    def run(currents: Any) -> Any:
        first = currents[0]
        state: tuple[Any, ...] = (torch.zeros_like(first),) * (1 if kind == "LIF" else 2)
        found = []
        for current in currents:
            spikes, *left = node(current, *state)
            state = tuple(left) if kind != "recurrent LIF" else (spikes, left[-1])
            found.append(spikes)
        return torch.stack(found)

    return run


def _spikingjelly(kind: str, size: int, back: Any) -> Callable[[Any], Any]:
    from spikingjelly.activation_based import functional as sj
    from spikingjelly.activation_based import neuron

    del size, back
    how: dict[str, Any] = {"v_threshold": 1.0, "v_reset": None}
    if kind == "CubaLIF":
        node: Any = neuron.CUBALIFNode(c_decay=ALPHA, v_decay=BETA, **how)
    else:
        node = neuron.LIFNode(tau=TAU, decay_input=False, **how)
    node.step_mode = "m"
    node.eval()

    def run(currents: Any) -> Any:
        sj.reset_net(node)
        return node(currents)

    return run


def _sinabs(kind: str, size: int, back: Any) -> Callable[[Any], Any]:
    import sinabs.activation
    import sinabs.layers

    how: dict[str, Any] = {
        "tau_mem": TAU,
        "spike_threshold": 1.0,
        "norm_input": False,
        "spike_fn": sinabs.activation.SingleSpike,
        "train_alphas": False,
    }
    if kind == "recurrent LIF":
        connect = torch.nn.Linear(size, size, bias=False)
        connect.weight.data = back
        node: Any = sinabs.layers.LIFRecurrent(rec_connect=connect, **how)
    else:
        node = sinabs.layers.LIF(tau_syn=TAU_SYN if kind == "CubaLIF" else None, **how)
    node.eval()

    def run(currents: Any) -> Any:
        node.reset_states()
        return node(currents.transpose(0, 1).contiguous()).transpose(0, 1)

    return run


def _norse(kind: str, size: int, back: Any) -> Callable[[Any], Any]:
    import norse.torch as norse

    inverse = 1 / (TAU * _DT)
    if kind == "LIF":
        parameters: Any = norse.LIFBoxParameters(
            tau_mem_inv=torch.tensor(inverse),
            v_th=torch.tensor(0.1),
            v_leak=torch.tensor(0.0),
            v_reset=torch.tensor(0.0),
        )
        node: Any = norse.LIFBoxCell(p=parameters, dt=_DT)
    else:
        parameters = norse.LIFParameters(
            tau_mem_inv=torch.tensor(inverse), tau_syn_inv=torch.tensor(1 / (TAU_SYN * _DT)), v_th=torch.tensor(0.1)
        )
        if kind == "recurrent LIF":
            node = norse.LIFRecurrentCell(
                size, size, p=parameters, dt=_DT, input_weights=torch.eye(size), recurrent_weights=back, autapses=True
            )
        else:
            node = norse.LIFCell(p=parameters, dt=_DT)
    node.eval()

    def run(currents: Any) -> Any:
        state, found = None, []
        for current in currents:
            spikes, state = node(current, state)
            found.append(spikes)
        return torch.stack(found)

    return run


_MAKERS: dict[str, Maker] = {"snnTorch": _snntorch, "SpikingJelly": _spikingjelly, "sinabs": _sinabs, "Norse": _norse}


def program(case: Case, library: str) -> Callable[[Any], Any]:
    """Return a function from input spikes ``(steps, batch, ...)`` to how often each output spikes."""
    given = {name: torch.from_numpy(array) for name, array in weights(case).items()}
    make = _MAKERS[library]
    sizes = [array.shape[0] for name, array in given.items() if name[0] == "w"]
    neurons = [make(case.kind, size, given.get(f"r{k}")) for k, size in enumerate(sizes, start=1)]

    def dense(x: Any) -> Any:
        for k, layer in enumerate(neurons, start=1):
            x = layer(functional.linear(x, given[f"w{k}"]))
        return x.sum(0)

    def convolutional(x: Any) -> Any:
        for k, layer in enumerate(neurons, start=1):
            steps, batch = x.shape[:2]
            if k < len(neurons):
                maps = functional.conv2d(x.flatten(0, 1), given[f"w{k}"])
                spikes = layer(maps.unflatten(0, (steps, batch)))
                x = functional.avg_pool2d(spikes.flatten(0, 1), 2).unflatten(0, (steps, batch))
            else:
                x = layer(functional.linear(x.flatten(2), given[f"w{k}"]))
        return x.sum(0)

    run = convolutional if case.network == "convolutional" else dense

    def without_gradients(x: Any) -> Any:
        with torch.no_grad():
            return run(x)

    return without_gradients
