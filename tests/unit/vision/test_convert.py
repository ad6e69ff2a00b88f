"""EfficientNet's weights are read without running anything in them, and written as a graph that computes the same."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from imagewell.vision.checkpoint import MAGIC, CheckpointError, read_checkpoint
from imagewell.vision.convert import EPSILON, convert_efficientnet, folded, padding, title, write_labels


def checkpoint(tensors: dict[str, NDArray[np.float32]], *, length: int | None = None, offset: int = 0) -> bytes:
    """A checkpoint of the format before PyTorch 1.6, written opcode by opcode, as PyTorch itself would write it."""
    entries = b""
    for key, (name, numbers) in enumerate(tensors.items()):
        count = numbers.size if length is None else length
        strides = tuple(step // 4 for step in numbers.strides)
        pid = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(str(key)) + _text("cpu")
        pid += pickle.dumps(count, 2)[2:-1] + b"NtQ"
        rest = b"".join(pickle.dumps(value, 2)[2:-1] for value in (offset, numbers.shape, strides, False))
        entries += (
            _text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid + rest + b"ccollections\nOrderedDict\n)RtR"
        )
    body = b"\x80\x02ccollections\nOrderedDict\n)R(" + entries + b"u."
    head = b"".join(pickle.dumps(value, 2) for value in (MAGIC, 1001, {"little_endian": True}))
    keys = pickle.dumps([str(key) for key in range(len(tensors))], 2)
    stored = b"".join(struct.pack("<q", n.size) + np.ascontiguousarray(n).tobytes() for n in tensors.values())
    return head + body + keys + stored


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "weights.pth"
        path.write_bytes(content)
        return path

    return write


def test_tensors_come_back(write: Callable[[bytes], Path]) -> None:
    """Shapes and numbers, also of several tensors."""
    tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(4, np.float32)}
    read = read_checkpoint(write(checkpoint(tensors)))
    assert read.keys() == tensors.keys()
    assert all(np.array_equal(read[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("name", [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("torch", "HalfStorage")])
def test_a_checkpoint_that_names_anything_else_is_refused(
    write: Callable[[bytes], Path], name: tuple[str, str]
) -> None:
    """Nothing is imported, nothing called."""
    harm = f"c{name[0]}\n{name[1]}\n".encode() + b"(" + _text("touch /nonexistent") + b"tR."
    head = b"".join(pickle.dumps(value, 2) for value in (MAGIC, 1001, {}))
    with pytest.raises(CheckpointError, match=rf"names {name[0]}\.{name[1]}"):
        read_checkpoint(write(head + b"\x80\x02" + harm))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip archive",
        pickle.dumps(7, 2),
        pickle.dumps({"a": 1}, 4),
        checkpoint({"a": np.ones(9, np.float32)})[:-1],
        checkpoint({"a": np.ones(9, np.float32)}, length=1 << 40),
        checkpoint({"a": np.ones(9, np.float32)}, offset=1),
        checkpoint({"a": np.ones(9, np.float32)}, offset=-1),
    ],
)
def test_what_is_no_whole_checkpoint_is_refused(write: Callable[[bytes], Path], content: bytes) -> None:
    with pytest.raises(CheckpointError):
        read_checkpoint(write(content))


def test_other_weights_are_refused(write: Callable[[bytes], Path], tmp_path: Path) -> None:
    """A checkpoint of another network names what is missing."""
    path = write(checkpoint({"layer1.weight": np.ones(9, np.float32)}))
    with pytest.raises(CheckpointError, match=r"_bn0\.weight.*EfficientNet-Lite0"):
        convert_efficientnet(path, tmp_path / "made.onnx")
    assert not (tmp_path / "made.onnx").exists()


def test_folding_changes_nothing() -> None:
    """A convolution followed by its normalisation is the folded convolution."""
    rng = np.random.default_rng(0)
    weights: dict[str, Any] = {"c.weight": rng.normal(size=(4, 3, 1, 1))}
    weights |= {f"n.{name}": rng.normal(size=4) for name in ("weight", "bias", "running_mean")}
    weights["n.running_var"] = rng.uniform(0.1, 2, 4)
    pixel = rng.normal(size=3)
    normal = (weights["c.weight"][:, :, 0, 0] @ pixel - weights["n.running_mean"]) / np.sqrt(
        weights["n.running_var"] + EPSILON
    )
    weight, bias = folded(weights, "c", "n")
    assert np.allclose(normal * weights["n.weight"] + weights["n.bias"], weight[:, :, 0, 0] @ pixel + bias)


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padded"),
    [(224, 3, 2, [0, 0, 1, 1]), (112, 3, 1, [1, 1, 1, 1]), (56, 5, 2, [1, 1, 2, 2]), (7, 1, 1, [0, 0, 0, 0])],
)
def test_padding_is_tensorflows(side: int, kernel: int, stride: int, padded: list[int]) -> None:
    assert padding(side, kernel, stride) == padded


def test_the_pulled_graph_is_whole(models_dir: Path) -> None:
    """Three convolutions in each of 16 blocks, but two in the first; stem and head; 1,000 labels."""
    graph = onnx.load(models_dir / "efficientnet-lite0.onnx").graph
    assert sum(node.op_type == "Conv" for node in graph.node) == 16 * 3 - 1 + 2
    assert len((models_dir / "imagenet-labels.txt").read_text().splitlines()) == 1000


def test_labels_are_the_first_lemma_in_title_case(tmp_path: Path) -> None:
    """In the order of the classes, which is not that of the words."""
    (tmp_path / "synsets").write_text("n2\nn1\n")
    (tmp_path / "lemmas").write_text("n1\ttabby, tabby cat\nn2\ttiger cat\nn3\tjaguar\n")
    write_labels(tmp_path / "synsets", tmp_path / "lemmas", tmp_path / "labels")
    assert (tmp_path / "labels").read_text() == "Tiger Cat\nTabby\n"
    assert title("jack-o'-lantern") == "Jack-o'-lantern"
