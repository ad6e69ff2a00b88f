"""The knobs of pictures from words and of answers about pictures: IMAGEWELL_IMAGINE__…, IMAGEWELL_VISUALIZE__…."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from imagewell.errors import AddressRefused

Engine = Literal["none", "openai", "diffusers"]

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_NAME = "sdxl"
"""The model of a wish that names none."""

HUB_MODELS: Mapping[str, str] = {
    "sdxl": "stabilityai/stable-diffusion-xl-base-1.0",
    "flux": "black-forest-labs/FLUX.1-schnell",
}
"""What the names stand for on the hub while no setting says otherwise."""


def _base_url(value: str) -> str:
    """A base URL without a trailing slash. Raises: ValueError."""
    from imagewell.sources import urls  # not at the start, which mostly reads no URL

    try:
        target = urls.parse(value)
    except AddressRefused as refused:
        raise ValueError(f"{refused} An http or https URL such as http://127.0.0.1:8080/v1 is expected") from refused
    if "?" in target.path:
        raise ValueError("a base URL has no query")
    return str(target).rstrip("/")


def _named(value: Any) -> Any:
    """`models.sdxl = "…"` is short for `models.sdxl.name = "…"`."""
    return {"name": value} if isinstance(value, str) else value


def _header_safe(key: SecretStr) -> SecretStr:
    """A key that can stand in a header. Raises: ValueError, without the key."""
    text = key.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("an API key is printable ASCII without spaces")
    return key


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class ModelSettings(BaseModel):
    """What one of the public model names stands for.

    name: a model's name at the server with the OpenAI images API, or for diffusers an id on the hub or a folder.
    revision: the hub's commit, tag or branch; a commit never changes. variant: of the weights' files, as `fp16`.
    steps, guidance: of the sampler; what is usual for the kind of pipeline when unset.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    revision: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    variant: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    steps: Annotated[int, Field(ge=1, le=500)] | None = None
    guidance: Annotated[float, Field(ge=0, le=100)] | None = None


class EndpointSettings(BaseModel):
    """A server that speaks one of OpenAI's APIs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: BaseUrl | None = None
    """The server's address up to and with its `/v1`; it may be inside. OpenAI's own when only a key is set."""
    api_key: Annotated[SecretStr, AfterValidator(_header_safe)] | None = None
    """Sent as `Authorization: Bearer …`; local servers mostly want none."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """An answer that is not complete by then is given up; a request's own deadline may be shorter."""

    @property
    def address(self) -> str | None:
        """Where the server is; None when nothing is set."""
        return self.base_url or (OPENAI_URL if self.api_key else None)

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own service, which refuses fields that it does not know."""
        return (self.address or "").startswith("https://api.openai.com/")


class OpenAISettings(EndpointSettings):
    """A server with the OpenAI images API."""

    fields: Literal["openai", "extended"] | None = None
    """`extended` also sends `seed` and `negative_prompt`; when unset, all servers but OpenAI's own are sent them."""
    max_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024
    """Largest answer."""

    @property
    def extended(self) -> bool:
        """Whether `seed` and `negative_prompt` are sent."""
        return not self.is_openai if self.fields is None else self.fields == "extended"


class DiffusersSettings(BaseModel):
    """Pipelines of the library diffusers in a process of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` is CUDA where there is a GPU."""
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """`auto` is float32 on a CPU and bfloat16 (on old GPUs float16) on CUDA."""
    offload: Literal["none", "model", "sequential"] = "none"
    """Keep weights in main memory and bring them to the GPU by model or by layer: less GPU memory, more time."""
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """Threads on a CPU; the library's own choice when unset."""
    cache_dir: Path | None = None
    """Where weights from the hub are kept; where HF_HOME says, or the hub's usual folder, when unset."""
    queue: Annotated[int, Field(ge=0, le=1000)] = 4
    """Wishes that may wait behind the one that is being made; the next is refused as busy."""
    load_s: Annotated[float, Field(gt=0, le=86_400)] = 3600.0
    """Time to download and load a model, after which the process is given up."""
    grace_s: Annotated[float, Field(gt=0, le=600)] = 20.0
    """A process that is told to stop and has not done so by then is killed and replaced."""
    idle_s: Annotated[float, Field(gt=0, le=86_400)] = 1800.0
    """A process without work for so long ends, and its memory is free again."""


class ImagineSettings(BaseModel):
    """Pictures from words: which engine makes them, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Engine | None = None
    """When unset: `openai` if its address or key is set, else `diffusers` if a model is named, else `none`."""
    model: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """The engine's model for every public name that has none of its own in `models`."""
    models: Mapping[str, Annotated[ModelSettings, BeforeValidator(_named)]] = {}
    """What public names stand for, as `…__MODELS__SDXL=name` or `…__MODELS__SDXL__STEPS=20`; see docs/imagine.md."""
    width: Annotated[int, Field(ge=64, le=4096, multiple_of=16)] = 1024
    height: Annotated[int, Field(ge=64, le=4096, multiple_of=16)] = 1024
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    """Of the JPEG."""
    deadline_s: Annotated[float, Field(gt=0, le=3600)] = 600.0
    """For one picture in a job; whoever waits for an answer may set a shorter one."""
    openai: OpenAISettings = OpenAISettings()
    diffusers: DiffusersSettings = DiffusersSettings()

    @property
    def chosen(self) -> Engine:
        """The engine that these settings mean."""
        if self.engine is not None:
            return self.engine
        if self.openai.address:
            return "openai"
        return "diffusers" if self.model or self.models else "none"

    @property
    def names(self) -> tuple[str, ...]:
        """The public names of models."""
        return tuple(sorted({*HUB_MODELS, *self.models}))

    def model_of(self, name: str) -> ModelSettings:
        """What a public name stands for; its `name` is None where only the engine can say."""
        entry = self.models.get(name, ModelSettings())
        return entry.model_copy(update={"name": entry.name or self.model})

    def pipeline_of(self, name: str) -> ModelSettings:
        """The hub's model or the folder behind a public name."""
        model = self.model_of(name)
        return model.model_copy(update={"name": model.name or HUB_MODELS.get(name, name)})


def is_folder(source: str) -> bool:
    """Whether a pipeline is on this machine's disk: a path that says so, or a folder that is there."""
    return source.startswith(("/", "./", "../")) or Path(source).is_dir()


class VisualizeSettings(EndpointSettings):
    """Answers about pictures, from any server with OpenAI's chat completions and a model that sees."""

    model: Annotated[str, Field(min_length=1, max_length=500)] = "gpt-4o-mini"
    """The model's name at that server."""
    max_side_px: Annotated[int, Field(ge=64, le=8192)] = 1024
    """The picture is shown to the model no larger than this."""
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Longest answer that is asked for."""
    max_characters: Annotated[int, Field(ge=1, le=1_000_000)] = 4000
    """Longest answer that is handed on; the rest is cut off."""
