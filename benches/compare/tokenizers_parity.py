#!/usr/bin/env python3
"""Compares token shards with what PyPI tokenizers makes of the same texts, id by id.

    pip install tokenizers==0.23.3 numpy
    kuroshio tokenize --input CORPUS.jsonl.zst --tokenizer tokenizer.json --output TOKENS
    TOKENIZERS_PARALLELISM=false python3 benches/compare/tokenizers_parity.py \\
        tokenizer.json TOKENS CORPUS.jsonl.zst...

Ends with 1 if any document differs. Special tokens that a text spells out count as the tokens that
they are, in both.
"""

import sys

import tokenizers

from parity import compare


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    model, folder, *corpora = sys.argv[1:]
    tokenizer = tokenizers.Tokenizer.from_file(model)

    def encode(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    sys.exit(compare(f"tokenizers {tokenizers.__version__}", encode, folder, corpora))


if __name__ == "__main__":
    main()
