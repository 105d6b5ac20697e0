"""Makes the default model, in a process of its own: torch and its memory are gone afterwards.

`python -m labapp.search.conversion FOLDER [WEIGHTS]` fills FOLDER with `sentence-transformer/` (an
ordinary Sentence Transformers model, read from WEIGHTS or fetched by its name) and, where OpenVINO
is installed, `engine/`: the same network with pooling and normalisation, for OpenVINO. Each step
is told on the standard output as one line of JSON.
"""

import importlib.util
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
)
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from labapp.search.model_format import WeightsFile

HUB_NAME = "intfloat/multilingual-e5-small"
PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}
ATTENTION = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


def tell(step: str, share: float) -> None:
    print(json.dumps({"step": step, "share": share}), flush=True)  # noqa: T201  # read by the parent


def make_tokenizer(weights: WeightsFile) -> Tokenizer:
    """The Unigram tokenizer of XLM-R from the pieces in the file."""
    pieces = weights.pieces
    scored = list(zip(pieces.texts, pieces.scores, strict=True))
    tokenizer = Tokenizer(Unigram(scored, unk_id=pieces.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(_any_of(["\0", *weights.characters("")]), ""),
            normalizers.Replace(_any_of(weights.characters(" ")), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace()
    start, end = pieces.texts[pieces.start], pieces.texts[pieces.end]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(start, pieces.start), (end, pieces.end)],
    )
    special = [start, pieces.texts[pieces.padding], end, pieces.texts[pieces.unknown], "<mask>"]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in special])
    return tokenizer


def _any_of(characters: list[str]) -> Regex:
    return Regex("[" + "".join(f"\\x{{{ord(character):X}}}" for character in characters) + "]")


def make_network(weights: WeightsFile) -> BertModel:
    """The encoder with the weights of the file."""
    shape, pieces = weights.shape, weights.pieces
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.token_types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=pieces.padding,
        bos_token_id=pieces.start,
        eos_token_id=pieces.end,
    )
    network = BertModel(config).eval()
    network.load_state_dict(_state(weights, network))
    return network


def _state(weights: WeightsFile, network: BertModel) -> dict[str, torch.Tensor]:
    names = _tensor_names(weights.shape.layers)
    state = {}
    for key, value in network.state_dict().items():
        if key in names:
            values = weights.tensor(names[key]).reshape(tuple(value.shape)).copy()
            state[key] = torch.from_numpy(values)
        else:  # the pooler, which this model does not use and the file does not hold
            state[key] = torch.zeros_like(value)
    return state


def _tensor_names(layers: int) -> dict[str, str]:
    names = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    for layer in range(layers):
        for module, short in ATTENTION.items():
            for kind in ("weight", "bias"):
                key = f"encoder.layer.{layer}.{module}.{kind}"
                names[key] = f"l{layer}.{short}.{kind[0]}"
    return names


def make_sentence_transformer(weights: WeightsFile, folder: Path) -> None:
    """An ordinary Sentence Transformers folder that anyone can load by its path."""
    pieces = weights.pieces
    PreTrainedTokenizerFast(
        tokenizer_object=make_tokenizer(weights),
        bos_token=pieces.texts[pieces.start],
        cls_token=pieces.texts[pieces.start],
        eos_token=pieces.texts[pieces.end],
        sep_token=pieces.texts[pieces.end],
        pad_token=pieces.texts[pieces.padding],
        unk_token=pieces.texts[pieces.unknown],
        mask_token="<mask>",  # noqa: S106  # a word piece
        model_max_length=weights.shape.positions,
        padding_side="right",
    ).save_pretrained(folder)
    tell("unpack", 0.2)
    make_network(weights).save_pretrained(folder)
    tell("write", 0.35)
    modules = [
        Transformer(str(folder), max_seq_length=weights.shape.positions),
        Pooling(weights.shape.hidden, pooling_mode="mean"),
        Normalize(),
    ]
    SentenceTransformer(modules=modules, prompts=PROMPTS).save(str(folder))


class Pooled(torch.nn.Module):
    """The network with mean pooling and a length of one: ids and mask in, vectors out."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.network(input_ids=input_ids, attention_mask=attention_mask)[0]
        weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, dim=-1)


def make_engine(model: Any, folder: Path) -> None:
    """The same network for OpenVINO, in the form that is fastest here and still agrees."""
    from labapp.search import conversion_choice, engine  # noqa: PLC0415  # where it is installed

    candidates = folder / "candidates"
    candidates.mkdir()
    conversion_choice.write_candidates(Pooled(model[0].auto_model).eval(), candidates)
    tell("measure", 0.8)
    texts = conversion_choice.PROBES
    tokens = [engine.load_tokenizer(folder / engine.TOKENIZER).encode(text).ids for text in texts]
    expected = np.asarray(model.encode(texts, normalize_embeddings=True, batch_size=1))
    conversion_choice.keep_fastest(candidates, folder / engine.FOLDER, tokens, expected)


def main(folder: Path, weights: Path | None) -> None:
    warnings.simplefilter("ignore")  # the tracer explains itself at length
    target = folder / "sentence-transformer"
    tell("read", 0.05)
    if weights is None:
        SentenceTransformer(HUB_NAME, prompts=PROMPTS, device="cpu").save(str(target))
    else:
        make_sentence_transformer(WeightsFile.read(weights), target)
    if importlib.util.find_spec("openvino"):
        tell("convert", 0.5)
        make_engine(SentenceTransformer(str(target), device="cpu"), folder)
    tell("save", 0.95)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)  # noqa: PLR2004
