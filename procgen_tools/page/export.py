"""An IMPALA policy as two ONNX graphs, which meet at the layer where an edit is added.

The first graph takes frames to the activation of the layer. The second takes this activation,
adds an edit to it, and takes the sum to logits and values. A field and the same field with an edit
therefore share the first part, which is about two thirds of the work.

The graphs are written node by node, so the export needs no tracing and works with every version of
torch. They only use operators that single-threaded WebAssembly runs quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from procgen_tools.hooks import canonical, is_hooked
from procgen_tools.models.dry_run import OBSERVATION_SHAPE
from procgen_tools.models.impala import RESUME_POINTS, ImpalaBlock, ImpalaPolicy, ResidualBlock
from procgen_tools.models.recurrent import RecurrentPolicy
from procgen_tools.shown import brief

if TYPE_CHECKING:
    import onnx

OPSET = 17
IR_VERSION = 8
"""Versions that every release of ONNX Runtime since 2022 reads."""


@dataclass(frozen=True, eq=False)
class ExportedPolicy:
    """A policy in two parts.

    Attributes:
        layer: the activation at which the parts meet.
        shape: (channel, row, col) of this activation.
        before: an ONNX file. Its input is `frames`, (batch, 64, 64, 3) bytes, and its output is
            `activation`, (batch, channel, row, col) floats.
        after: an ONNX file. Its inputs are `activation` and `edit`, (channel, row, col), which is
            added to every activation. Its outputs are `logits`, (batch, action), and `values`,
            (batch,).
    """

    layer: str
    shape: tuple[int, int, int]
    before: bytes
    after: bytes

    __repr__ = brief


def export_policy(policy: ImpalaPolicy, layer: str) -> ExportedPolicy:
    """Write a policy of any scale as two ONNX files.

    Args:
        policy: the policy. Its parameters are stored as float32.
        layer: one of `policy.resume_points`, which determine everything that follows.

    Raises:
        TypeError: another network than an ImpalaPolicy.
        ValueError: a policy with a memory or with active hooks, or a layer that does not determine
            everything that follows.
        ModuleNotFoundError: onnx is not installed.

    Example:
        >>> parts = export_policy(ImpalaPolicy(), "embedder.block2.res1.resadd")
        >>> parts.shape
        (32, 16, 16)
    """
    _check(policy)
    layer = canonical(layer)
    if layer not in RESUME_POINTS:
        raise ValueError(
            f"the layer {layer} does not determine all later activations: choose one of "
            f"{', '.join(RESUME_POINTS)}"
        )
    channels, rows, cols = policy.activation_shapes[layer]
    shape = (channels, rows, cols)
    before, after = _Graph(), _Graph()
    blocks = {f"block{number}": getattr(policy.embedder, f"block{number}") for number in (1, 2, 3)}
    graph, name = before, before.observations("frames")
    for block_name, block in blocks.items():
        name = graph.entrance(block, name)
        for residual_name in ("res1", "res2"):
            name = graph.residual(getattr(block, residual_name), name)
            if layer == f"embedder.{block_name}.{residual_name}.resadd_out":
                before.add("Identity", [name], output="activation")
                graph, name = after, after.add("Add", ["activation", "edit"])
    name = after.add("Flatten", [after.add("Relu", [name])], axis=1)
    name = after.add("Relu", [after.linear(policy.embedder.fc, name)])
    after.linear(policy.fc_policy, name, output="logits")
    after.flat(after.linear(policy.fc_value, name), output="values")
    _, height, width = OBSERVATION_SHAPE
    return ExportedPolicy(
        layer,
        shape,
        before.file(
            {"frames": ("UINT8", ["batch", height, width, 3])},
            {"activation": ("FLOAT", ["batch", *shape])},
        ),
        after.file(
            {"activation": ("FLOAT", ["batch", *shape]), "edit": ("FLOAT", [*shape])},
            {
                "logits": ("FLOAT", ["batch", policy.num_actions]),
                "values": ("FLOAT", ["batch"]),
            },
        ),
    )


def _check(policy: Any) -> None:
    if not isinstance(policy, ImpalaPolicy):
        raise TypeError(
            f"a {type(policy).__name__} cannot be exported, because its layers are unknown: give "
            "an ImpalaPolicy, such as models.load_policy('rand_region_5')"
        )
    if isinstance(policy, RecurrentPolicy):
        raise ValueError(
            "a policy with a memory cannot be exported, because a field requires one without: "
            "give an ImpalaPolicy without a recurrent layer"
        )
    if is_hooked(policy):
        raise ValueError(
            "the policy has active hooks, which would not be part of the exported file: leave "
            "their `with` block first"
        )


class _Graph:
    """The nodes and parameters of an ONNX graph while it is built; names are numbered."""

    def __init__(self) -> None:
        self.onnx = _onnx()
        self.nodes: list[onnx.NodeProto] = []
        self.parameters: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], *, output: str = "", **attributes: Any) -> str:
        """Append a node, and return the name of its output."""
        output = output or f"{kind.lower()}{len(self.nodes)}"
        node = self.onnx.helper.make_node(kind, inputs, [output], **attributes)
        self.nodes.append(node)
        return output

    def constant(self, numbers: Tensor | np.ndarray) -> str:
        """Append a parameter, and return its name."""
        if isinstance(numbers, Tensor):
            numbers = numbers.detach().cpu().float().numpy()
        name = f"parameter{len(self.parameters)}"
        array = np.ascontiguousarray(numbers)
        self.parameters.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def observations(self, frames: str) -> str:
        """The observations of frames: floats in [0, 1], channels first (see `to_observations`)."""
        floats = self.add("Cast", [frames], to=self.onnx.TensorProto.FLOAT)
        scaled = self.add("Div", [floats, self.constant(np.array(255, np.float32))])
        return self.add("Transpose", [scaled], perm=[0, 3, 1, 2])

    def convolution(self, layer: nn.Conv2d, name: str) -> str:
        assert layer.bias is not None
        inputs = [name, self.constant(layer.weight), self.constant(layer.bias)]
        return self.add("Conv", inputs, kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def entrance(self, block: ImpalaBlock, name: str) -> str:
        """The convolution and the max-pool of a block."""
        name = self.convolution(block.conv, name)
        return self.add("MaxPool", [name], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])

    def residual(self, block: ResidualBlock, name: str) -> str:
        inner = self.convolution(block.conv1, self.add("Relu", [name]))
        inner = self.convolution(block.conv2, self.add("Relu", [inner]))
        return self.add("Add", [inner, name])

    def linear(self, layer: nn.Linear, name: str, output: str = "") -> str:
        inputs = [name, self.constant(layer.weight), self.constant(layer.bias)]
        return self.add("Gemm", inputs, output=output, transB=1)

    def flat(self, name: str, output: str) -> None:
        self.add("Reshape", [name, self.constant(np.array([-1], np.int64))], output=output)

    def file(
        self,
        inputs: dict[str, tuple[str, list[int | str]]],
        outputs: dict[str, tuple[str, list[int | str]]],
    ) -> bytes:
        """The bytes of the finished file, after a check by onnx."""
        helper, types = self.onnx.helper, self.onnx.TensorProto

        def described(tensors: dict[str, tuple[str, list[int | str]]]) -> list[Any]:
            return [
                helper.make_tensor_value_info(name, getattr(types, kind), shape)
                for name, (kind, shape) in tensors.items()
            ]

        graph = helper.make_graph(
            self.nodes, "policy", described(inputs), described(outputs), self.parameters
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        self.onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()


def _onnx() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "exporting a policy needs onnx: run pip install 'procgen-tools[app]'"
        ) from error
    return onnx
