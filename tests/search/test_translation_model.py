import json
import threading

import pytest

from labapp.errors import SettingError
from labapp.search import translation_model
from labapp.search.translation_model import check_translation, load_translator

pytestmark = pytest.mark.once

TEXT = [
    "Hoe geef ik feedback waar leerlingen iets mee doen?",
    "Wat werkt bij lezen in groep drie?",
    "What works for reading in grade three?",
    "How do I give feedback that pupils use?",
]


@pytest.fixture(autouse=True)
def forget():
    translation_model._load.cache_clear()


@pytest.fixture(scope="module")
def marian(tmp_path_factory):
    """A MarianMT folder with weights by chance: it says nonsense, but by the real code."""
    sentencepiece = pytest.importorskip("sentencepiece")
    import torch
    from transformers import MarianConfig, MarianMTModel

    folder = tmp_path_factory.mktemp("marian")
    pieces = train_pieces(sentencepiece, folder)
    names = ["</s>", "<unk>", *pieces, "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({name: n for n, name in enumerate(names)}))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"source_lang": "nl", "target_lang": "en", "tokenizer_class": "MarianTokenizer"})
    )
    padding = len(names) - 1
    torch.manual_seed(7)
    config = MarianConfig(
        vocab_size=len(names),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=256,
        pad_token_id=padding,
        eos_token_id=0,
        decoder_start_token_id=padding,
        forced_eos_token_id=0,
        scale_embedding=True,
        static_position_embeddings=True,
    )
    MarianMTModel(config).save_pretrained(folder)
    return folder


def train_pieces(sentencepiece, folder):
    text = folder / "text.txt"
    text.write_text("\n".join(TEXT))
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(folder / side),
            vocab_size=60,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    processor = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    return [piece for piece in pieces if piece not in {"<unk>", "<s>", "</s>"}]


def test_without_the_setting_there_is_no_translator():
    assert load_translator("") is None
    assert load_translator(None) is None
    assert check_translation("") == []


def test_a_folder_that_is_not_there_is_told_in_one_sentence(tmp_path):
    with pytest.raises(SettingError, match=r"LABAPP_TRANSLATION_MODEL noemt de map .*nergens"):
        load_translator(str(tmp_path / "nergens"))
    assert "nergens" in check_translation(str(tmp_path / "nergens"))[0]


@pytest.mark.filterwarnings("ignore")
def test_a_folder_with_something_else_is_told_in_one_sentence(tmp_path):
    with pytest.raises(SettingError, match="geen bruikbaar vertaalmodel") as empty:
        load_translator(str(tmp_path))
    (tmp_path / "model.bin").write_bytes(b"no model")
    translation_model._load.cache_clear()
    with pytest.raises(SettingError, match="geen bruikbaar vertaalmodel") as broken:
        load_translator(str(tmp_path))

    assert "\n" not in str(empty.value) + str(broken.value)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentencepiece", None)

    with pytest.raises(SettingError, match=r"sentencepiece ontbreekt.*labapp\[translation\]"):
        load_translator(str(tmp_path))


@pytest.mark.filterwarnings("ignore")
def test_a_marian_folder_of_transformers_translates(marian):
    translator = load_translator(str(marian))

    assert isinstance(translator.translate(TEXT[0]), str)
    assert translator.translate(TEXT[0]) == translator.translate(f"  {TEXT[0]}\n")
    assert translator.translate("  ") == ""
    assert isinstance(translator.translate("lang " * 2000), str)
    assert check_translation(str(marian)) == []


@pytest.mark.filterwarnings("ignore")
def test_the_same_model_on_ctranslate2_says_the_same(marian, tmp_path):
    ctranslate2 = pytest.importorskip("ctranslate2")
    converter = ctranslate2.converters.TransformersConverter(
        str(marian), copy_files=["source.spm", "target.spm"]
    )
    converter.convert(str(tmp_path / "fast"))

    fast, slow = load_translator(str(tmp_path / "fast")), load_translator(str(marian))

    assert isinstance(fast, translation_model.CTranslate2Translator)
    assert isinstance(fast.translate(TEXT[0]), str)
    assert fast.translate(TEXT[0])[:20] == slow.translate(TEXT[0])[:20]


def test_questions_are_translated_one_at_a_time_and_remembered():
    busy, asked = threading.Lock(), []

    class Fake(translation_model._Remembering):
        def _translate(self, text):
            assert busy.acquire(blocking=False)
            asked.append(text)
            busy.release()
            return text.upper()

    fake = Fake()
    threads = [threading.Thread(target=fake.translate, args=(f"v{n % 3}",)) for n in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(asked) == ["v0", "v1", "v2"]
    assert fake.translate("v1") == "V1"
