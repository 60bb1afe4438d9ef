#!/usr/bin/env python3
"""Compares token shards with what PyPI sentencepiece makes of the same texts, id by id.

    pip install sentencepiece==0.2.0 numpy          # 0.2.3 for --arithmetic 0.2.3
    kuroshio tokenize --input CORPUS.jsonl.zst --tokenizer MODEL --output TOKENS
    python3 benches/compare/sentencepiece_parity.py MODEL TOKENS CORPUS.jsonl.zst...

Ends with 1 if any document differs. Also tells the speed of sentencepiece in one thread, texts read
before, next to which `kuroshio tokenize --threads 1` may be timed.
"""

import sys

import sentencepiece

from parity import compare


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    model, folder, *corpora = sys.argv[1:]
    processor = sentencepiece.SentencePieceProcessor(model_file=model)
    name = f"sentencepiece {sentencepiece.__version__}"
    sys.exit(compare(name, processor.encode, folder, corpora))


if __name__ == "__main__":
    main()
