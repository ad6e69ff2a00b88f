"""Writes EfficientNet-Lite0, whose weights come for PyTorch, as an ONNX graph; and its labels as one line each.

The architecture is MobileNetV2's inverted bottleneck, seven rows of them, with ReLU6 and without squeeze-and-excite.
Batch normalisation is folded into the convolution before it: two multiplications less, and the same result.
Source: Tan and Le, EfficientNet (2019), and the "lite" variant of its authors' repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagewell.vision.checkpoint import CheckpointError, read_checkpoint

SIDE = 224
CLASSES = 1000
EPSILON = 1e-3
"""TensorFlow's, in which the weights were trained; PyTorch's own default would be 1e-5."""
OPSET = 17
IR_VERSION = 8

Weights = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """Blocks alike. stride: of the first of them. expand: by which the channels grow inside."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


ROWS = (
    Row(1, 3, 1, 1, 16),
    Row(2, 3, 2, 6, 24),
    Row(2, 5, 2, 6, 40),
    Row(3, 3, 2, 6, 80),
    Row(3, 5, 1, 6, 112),
    Row(4, 5, 2, 6, 192),
    Row(1, 3, 1, 6, 320),
)


def convert_efficientnet(checkpoint: Path, to: Path) -> None:
    """Write the graph: input `picture` 1×3×224×224 float32, output `shares` 1×1000 that add up to 1.

    Raises: CheckpointError when the weights are not those of EfficientNet-Lite0.
    """
    import onnx

    try:
        model = _Graph(read_checkpoint(checkpoint)).model()
    except KeyError as error:
        raise CheckpointError(f"{checkpoint.name} has no tensor {error}; is it EfficientNet-Lite0?") from error
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, to)


def write_labels(synsets: Path, lemmas: Path, to: Path) -> None:
    """Write one label a line, in the order of the classes: the first word of each synset in title case."""
    names = dict(line.split("\t", 1) for line in lemmas.read_text("utf-8").splitlines() if line)
    labels = [title(names[synset].split(",")[0]) for synset in synsets.read_text("utf-8").split()]
    to.write_text("\n".join(labels) + "\n", "utf-8")


def title(words: str) -> str:
    """`tiger cat` → `Tiger Cat`, `jack-o'-lantern` → `Jack-o'-lantern`: the first letter of each word, no other."""
    return " ".join(word[:1].upper() + word[1:] for word in words.split())


class _Graph:
    """Nodes in the order in which they run; each method adds some and returns the name of its output."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def model(self) -> Any:
        """The whole graph."""
        from onnx import TensorProto, helper

        here, side, channels = self._convolution("picture", "_conv_stem", "_bn0", SIDE, stride=2), SIDE // 2, 32
        here, side = self._blocks(here, side, channels)
        here = self._convolution(here, "_conv_head", "_bn1", side)
        self._node("Softmax", [self._classes(here)], "shares", axis=1)
        graph = helper.make_graph(
            self._nodes,
            "efficientnet-lite0",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("shares", TensorProto.FLOAT, [1, CLASSES])],
            self._tensors,
        )
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="imagewell")

    def _blocks(self, here: str, side: int, channels: int) -> tuple[str, int]:
        number = 0
        for row in ROWS:
            for nth in range(row.repeats):
                stride = row.stride if nth == 0 else 1
                made = self._block(here, f"_blocks.{number}", row, stride, side)
                kept = stride == 1 and channels == row.channels
                here = self._node("Add", [here, made], f"block{number}") if kept else made
                side, channels, number = -(-side // stride), row.channels, number + 1
        return here, side

    def _block(self, here: str, name: str, row: Row, stride: int, side: int) -> str:
        """Widen, filter each channel for itself, narrow again (the last without a limit)."""
        if row.expand > 1:
            here = self._convolution(here, f"{name}._expand_conv", f"{name}._bn0", side)
        here = self._convolution(here, f"{name}._depthwise_conv", f"{name}._bn1", side, stride=stride, depthwise=True)
        return self._convolution(here, f"{name}._project_conv", f"{name}._bn2", side, limited=False)

    def _convolution(
        self,
        here: str,
        name: str,
        norm: str,
        side: int,
        *,
        stride: int = 1,
        depthwise: bool = False,
        limited: bool = True,
    ) -> str:
        weight, bias = folded(self._weights, name, norm)
        kernel = weight.shape[2]
        here = self._node(
            "Conv",
            [here, self._tensor(f"{name}.weight", weight), self._tensor(f"{name}.bias", bias)],
            name,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=padding(side, kernel, stride),
            group=len(weight) if depthwise else 1,
        )
        if not limited:
            return here
        return self._node("Clip", [here, self._number("zero", 0.0), self._number("six", 6.0)], f"{name}.relu6")

    def _classes(self, here: str) -> str:
        here = self._node("GlobalAveragePool", [here], "pooled")
        here = self._node("Flatten", [here], "flat", axis=1)
        names = [self._tensor(name, self._weights[name]) for name in ("_fc.weight", "_fc.bias")]
        return self._node("Gemm", [here, *names], "logits", transB=1)

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _tensor(self, name: str, numbers: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._tensors.append(numpy_helper.from_array(np.ascontiguousarray(numbers, np.float32), name))
        return name

    def _number(self, name: str, number: float) -> str:
        return name if any(t.name == name for t in self._tensors) else self._tensor(name, np.array(number))


def folded(weights: Weights, name: str, norm: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Weight (out × in × k × k) and bias of a convolution that does its batch normalisation, too."""
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    return weights[f"{name}.weight"] * scale[:, None, None, None], bias


def padding(side: int, kernel: int, stride: int) -> list[int]:
    """TensorFlow's SAME: what makes ceil(side / stride) px, the odd one below and to the right."""
    missing = max(0, (-(-side // stride) - 1) * stride + kernel - side)
    before = missing // 2
    return [before, before, missing - before, missing - before]
