"""How ONNX graphs are opened here: on the processor, with as many threads as allowed, holding little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_session(graph: Path, threads: int) -> Any:
    """An onnxruntime session.

    Without the arena, memory of one order goes back to the system after it; it costs nothing measurable here. Threads
    that wait do not spin: other workers need the cores.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
