"""How ONNX graphs are opened here: on the processor, with as many threads as allowed, holding little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_session(graph: Path, threads: int, *, keep_memory: bool = False) -> Any:
    """An onnxruntime session. Threads that wait do not spin: other workers need the cores.

    Args:
        keep_memory: what one order needed is kept for the next. For a large network whose input has always one size:
            having the pages given anew takes a fifth of U²-Net's time. Without a plan of what is needed when, which
            would be kept besides, that is 230 MB for it and not 600.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
