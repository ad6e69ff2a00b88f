"""Pipelines of diffusers: loading one, and making a picture with it. Imported by the worker process alone.

`AutoPipelineForText2Image` finds the pipeline by the model's own `model_index.json`: Stable Diffusion XL, FLUX,
Z-Image, Qwen-Image and whatever else the installed version knows. Weights are safetensors only, and code that lies
beside them is never run.
"""

from __future__ import annotations

import gc
import inspect
import json
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoPipelineForText2Image
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from imagewell.imagine.settings import DiffusersSettings, is_folder
from imagewell.imagine.wishes import part_of

USUAL: Mapping[str, Mapping[str, Any]] = {
    "StableDiffusionXLPipeline": {"num_inference_steps": 30, "guidance_scale": 5.0},
    "StableDiffusionPipeline": {"num_inference_steps": 30, "guidance_scale": 7.5},
    "FluxPipeline": {"num_inference_steps": 28, "guidance_scale": 3.5},
}
"""Steps and guidance by kind of pipeline, as the makers of the models advise; others have their own defaults."""
TURBO: Mapping[str, Mapping[str, Any]] = {
    "StableDiffusionXLPipeline": {"num_inference_steps": 4, "guidance_scale": 0.0},
    "StableDiffusionPipeline": {"num_inference_steps": 4, "guidance_scale": 0.0},
    "ZImagePipeline": {"num_inference_steps": 9, "guidance_scale": 0.0},
}
"""The same for weights that were distilled to few steps, which nothing but their name tells."""
FLUX_SCHNELL: Mapping[str, Any] = {"num_inference_steps": 4, "guidance_scale": 0.0, "max_sequence_length": 256}
"""FLUX weights that were distilled without guidance."""
MB = 1024 * 1024


class Pipelines:
    """The one pipeline that is loaded, and the device it is on."""

    def __init__(self, settings: DiffusersSettings) -> None:
        self._settings = settings
        self._device = device(settings)
        self._key = ""
        self._pipeline: Any = None
        if settings.threads:
            torch.set_num_threads(settings.threads)
        diffusers_logging.disable_progress_bar()
        transformers_logging.disable_progress_bar()
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True

    def has(self, model: Mapping[str, Any]) -> bool:
        """Whether this model is the one that is loaded."""
        return self._key == _key(model)

    def load(self, model: Mapping[str, Any]) -> None:
        """Fetch what is not here, load it, and let go of the model before it.

        Raises: whatever the libraries do.
        """
        self._key, self._pipeline = "", None
        self.tidy()
        pipeline = AutoPipelineForText2Image.from_pretrained(
            model["name"],
            dtype=dtype(self._settings, self._device),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=is_folder(model["name"]),
            **_given(revision=model["revision"], variant=model["variant"], cache_dir=self._settings.cache_dir),
        )
        pipeline.set_progress_bar_config(disable=True)
        self._pipeline = placed(pipeline, self._device, self._settings.offload)
        self._key = _key(model)

    def make(self, order: Mapping[str, Any], after: Callable[[int, int], None]) -> None:
        """Make a picture and write it to `order["to"]`, complete, as a PNG.

        after: called with steps done and in all; what it raises ends the picture.
        """
        with torch.inference_mode():
            picture = self._pipeline(**arguments(self._pipeline, order, after)).images[0]
        whole = Path(order["to"])
        part = part_of(whole)
        try:
            picture.convert("RGB").save(part, format="PNG", compress_level=1)
            part.rename(whole)
        finally:
            part.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Free what nobody uses."""
        gc.collect()
        if self._device == "cuda":
            torch.cuda.empty_cache()

    def memory_mb(self) -> int:
        """The most that was held: main memory, and the GPU's on top."""
        main = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return int(main + (torch.cuda.max_memory_reserved() // MB if self._device == "cuda" else 0))


def arguments(pipeline: Any, order: Mapping[str, Any], after: Callable[[int, int], None]) -> dict[str, Any]:
    """What this kind of pipeline takes of an order.

    The generator is the CPU's on every device, so that a seed begins with the same noise everywhere.
    """
    model = order["model"]
    wanted = {
        "prompt": order["prompt"],
        "negative_prompt": order["negative_prompt"] or None,
        "width": order["width"],
        "height": order["height"],
        **usual(pipeline, model["name"]),
        **_given(num_inference_steps=model["steps"], guidance_scale=model["guidance"]),
        "generator": torch.Generator(device="cpu").manual_seed(order["seed"]),
        "callback_on_step_end": stepwise(after),
    }
    taken = inspect.signature(type(pipeline).__call__).parameters
    return {name: value for name, value in wanted.items() if name in taken and value is not None}


def usual(pipeline: Any, name: str) -> Mapping[str, Any]:
    """Steps and guidance that suit the weights."""
    kind = type(pipeline).__name__
    if kind == "FluxPipeline" and not pipeline.transformer.config.guidance_embeds:
        return FLUX_SCHNELL
    return (TURBO if "turbo" in name.rpartition("/")[2].lower() else USUAL).get(kind, {})


def stepwise(after: Callable[[int, int], None]) -> Callable[..., dict[str, Any]]:
    """`after` as the callback that pipelines know."""

    def callback(pipeline: Any, step: int, timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
        total = getattr(pipeline, "num_timesteps", step + 1)
        after(min(step + 1, total), total)
        return kept

    return callback


def placed(pipeline: Any, device: str, offload: str) -> Any:
    """The pipeline where it will work."""
    if device == "cuda" and offload == "model":
        pipeline.enable_model_cpu_offload()
    elif device == "cuda" and offload == "sequential":
        pipeline.enable_sequential_cpu_offload()
    else:
        pipeline.to(device)
    return pipeline


def device(settings: DiffusersSettings) -> str:
    """The device that the settings mean on this machine."""
    if settings.device != "auto":
        return settings.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def dtype(settings: DiffusersSettings, device: str) -> torch.dtype:
    """The numbers that the settings mean on a device."""
    if settings.dtype != "auto":
        found: torch.dtype = getattr(torch, settings.dtype)
        return found
    if device == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _key(model: Mapping[str, Any]) -> str:
    return json.dumps([model["name"], model["revision"], model["variant"]])


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
