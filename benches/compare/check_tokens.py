"""Checks every token shard of a directory from the description of the format alone (docs/formats.md).

    python3 benches/compare/check_tokens.py TOKENS TOKENIZER EOD [CORPUS.jsonl[.zst]...]

TOKENIZER is a .model or tokenizer.json for `sentencepiece` or `tokenizers`; EOD is the id that ends
documents. The texts of CORPUS files must be what shards of the same names decode to, up to NFC.
"""
import glob, json, os, subprocess, sys, unicodedata
import numpy as np
def read_shard(idx_path):
    idx, bin_path = open(idx_path, "rb").read(), idx_path[:-4] + ".bin"
    assert idx[:9] == b"MMIDIDX\0\0" and int.from_bytes(idx[9:17], "little") == 1, "header"
    dtype = {8: "<u2", 4: "<i4"}[idx[17]]
    s, d = (int(n) for n in np.frombuffer(idx, "<u8", 2, 18))
    assert len(idx) == 34 + 12 * s + 8 * d and d == s + 1, "size of the index"
    lengths, places = np.frombuffer(idx, "<i4", s, 34), np.frombuffer(idx, "<i8", s, 34 + 4 * s)
    ids, ends = np.fromfile(bin_path, dtype), np.cumsum(lengths, dtype="i8")
    assert (lengths > 0).all() and ends[-1] == len(ids) == os.path.getsize(bin_path) / ids.itemsize, "sizes"
    assert (places == (ends - lengths) * ids.itemsize).all(), "places"
    assert (np.frombuffer(idx, "<i8", d, 34 + 12 * s) == np.arange(d)).all(), "document array"
    assert (ids[ends - 1] == eod).all() and ids.min() >= 0 and ids.max() < size, "ids"
    return [ids[end - length : end - 1].tolist() for end, length in zip(ends, lengths)], len(ids)

folder, model, eod = sys.argv[1], sys.argv[2], int(sys.argv[3])
if model.endswith(".json"):
    import tokenizers; tokenizer = tokenizers.Tokenizer.from_file(model)
    size, decode = tokenizer.get_vocab_size(), lambda ids: tokenizer.decode(ids, False)
else:
    import sentencepiece
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=model)
    size, decode = tokenizer.get_piece_size(), tokenizer.decode
shards = {os.path.basename(path)[:-4]: read_shard(path) for path in sorted(glob.glob(folder + "/*.idx"))}
for path in sys.argv[4:]:
    lines = subprocess.run(["zstd", "-dcf", path], capture_output=True, check=True).stdout
    texts = [text for text in (json.loads(line)["text"] for line in lines.splitlines()) if text]
    sequences = shards[os.path.basename(path).split(".jsonl")[0]][0]
    plain = lambda text: unicodedata.normalize("NFC", text.replace("\u2581", " "))
    wrong = sum(plain(decode(ids)) != plain(text) for ids, text in zip(sequences, texts, strict=True))
    print(f"{path}: {len(texts)} documents, {wrong} decode to another text")
print(f"{len(shards)} shards, {sum(len(s) for s, _ in shards.values())} documents, {sum(n for _, n in shards.values())} tokens")
