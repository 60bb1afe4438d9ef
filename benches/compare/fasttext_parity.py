#!/usr/bin/env python3
"""Writes what fastText itself predicts for lines of text, for the parity test of the language room.

    pip install fasttext-predict==0.9.2.4
    python3 benches/compare/fasttext_parity.py MODEL LINES EXPECTED [K]
    KUROSHIO_LID_MODEL=MODEL KUROSHIO_LID_EXPECTED=EXPECTED cargo test --test main parity

LINES is UTF-8 text, one line each, 10,000 or more. EXPECTED becomes one row a line, separated by
tabs: K times (1 if not given) score and label, best first, then the line with its tabs as blanks.
`fasttext-wheel` 0.9.2 serves as well; the two claim the same module name, so install only one.
"""

import sys

import fasttext


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    model = fasttext.load_model(sys.argv[1])
    k = int(sys.argv[4]) if len(sys.argv) == 5 else 1
    with (
        open(sys.argv[2], encoding="utf-8", newline="\n") as lines,
        open(sys.argv[3], "w", encoding="utf-8", newline="\n") as expected,
    ):
        for line in lines:
            line = line.rstrip("\n").replace("\t", " ")
            # The inner object answers in single precision and takes the line end as C++ does.
            predictions = model.f.predict(line + "\n", k, 0.0, "strict")
            for score, label in predictions:
                expected.write(f"{score!r}\t{label.removeprefix('__label__')}\t")
            expected.write(line + "\n")


if __name__ == "__main__":
    main()
