"""Tiny pipelines with random weights, of the kinds that people use. Run as `python tiny.py FOLDER`: it writes `sdxl`,
`flux`, `z-image` and `facts.json` there. In a process of its own: torch takes seconds to import, and is not ours to
watch for warnings.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from diffusers.pipelines.auto_pipeline import AUTO_TEXT2IMAGE_PIPELINES_MAPPING
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
)

CHARACTERS = [chr(code) for code in range(33, 127)]
WIDTH = 32
"""Of every text encoder."""


def clip_tokenizer(folder: Path) -> CLIPTokenizer:
    """Every printable ASCII character is a token."""
    words = [*CHARACTERS, *(f"{c}</w>" for c in CHARACTERS), "<|startoftext|>", "<|endoftext|>"]
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({word: number for number, word in enumerate(words)}))
    merges.write_text("#version: 0.2\n")
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=77)


def clip_config(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    size = len(tokenizer)
    return CLIPTextConfig(
        vocab_size=size,
        hidden_size=WIDTH,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        projection_dim=WIDTH,
        bos_token_id=size - 2,
        eos_token_id=size - 1,
        pad_token_id=size - 1,
    )


def plain_tokenizer(chat: str | None = None) -> PreTrainedTokenizerFast:
    """Every character a token, for encoders of sentences; `chat` is the template of a conversation."""
    words = {"<pad>": 0, "</s>": 1, "<unk>": 2} | {c: number for number, c in enumerate(CHARACTERS, 3)}
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    words_of_its_own = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=512, chat_template=chat, **words_of_its_own)


def vae(channels: int, **more: Any) -> AutoencoderKL:
    """Eight pixels a latent, as the large ones."""
    return AutoencoderKL(
        block_out_channels=[8, 8, 8, 8],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=channels,
        norm_num_groups=4,
        **more,
    )


def sdxl(folder: Path) -> StableDiffusionXLPipeline:
    tokenizer = clip_tokenizer(folder)
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=WIDTH + 6 * 8,
        cross_attention_dim=2 * WIDTH,
        norm_num_groups=4,
    )
    return StableDiffusionXLPipeline(
        vae=vae(4),
        text_encoder=CLIPTextModel(clip_config(tokenizer)),
        text_encoder_2=CLIPTextModelWithProjection(clip_config(tokenizer)),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", steps_offset=1, timestep_spacing="leading"),
    )


def flux(folder: Path) -> FluxPipeline:
    clip, t5 = clip_tokenizer(folder), plain_tokenizer()
    config = T5Config(vocab_size=len(t5), d_model=WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
    transformer = FluxTransformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=False,
    )
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae(4, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=CLIPTextModel(clip_config(clip)),
        tokenizer=clip,
        text_encoder_2=T5EncoderModel(config),
        tokenizer_2=t5,
        transformer=transformer,
    )


def z_image(folder: Path) -> ZImagePipeline:
    tokenizer = plain_tokenizer(chat="{% for message in messages %}{{ message['content'] }}{% endfor %}")
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
    )
    transformer = ZImageTransformer2DModel(
        in_channels=4,
        dim=WIDTH,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=WIDTH,
        axes_dims=[8, 4, 4],
        axes_lens=[256, 32, 32],
    )
    for name, weights in transformer.named_parameters():
        if "pad_token" in name:  # left empty by their maker
            torch.nn.init.normal_(weights)
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae(4, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=Qwen3Model(config),
        tokenizer=tokenizer,
        transformer=transformer,
    )


def main(folder: Path) -> None:
    torch.manual_seed(0)
    for name, build in (("sdxl", sdxl), ("flux", flux), ("z-image", z_image)):
        (folder / f"{name}-words").mkdir(parents=True)
        build(folder / f"{name}-words").save_pretrained(folder / name)
    (folder / "facts.json").write_text(json.dumps({"kinds": list(AUTO_TEXT2IMAGE_PIPELINES_MAPPING)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
