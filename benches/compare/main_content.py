#!/usr/bin/env python3
"""Main content against gold labels: Kuroshio beside other extractors, in one run.

    pip install "justext==3.0.2" trafilatura resiliparse readability-lxml
    kuroshio run pipelines/quickstart.toml --run RUN --until extract --set 'input.warc=["/data/*.warc.gz"]'
    python3 benches/compare/main_content.py GOLD.jsonl RUN/documents /data

GOLD has one page a line: url, warc (a file name in the folder given last), record_id, main and
neutral (lists of blocks). Text is compared in NFKC without white space, as multisets of character
4-grams; those of neutral blocks only count neither way. Printed: mean precision, recall and F1 over
the pages; a page without a document scores 0. Each extractor gets the page decoded in the encoding
that Kuroshio used, since their own guesses are another matter.
"""

import glob
import gzip
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter


def grams(text):
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return Counter(text[at : at + 4] for at in range(max(len(text) - 3, bool(text))))


def score(page, text):
    main, neutral, found = grams("".join(page["main"])), grams("".join(page["neutral"])), grams(text)
    hit = (found & main).total()
    extra = found - main
    wrong = extra.total() - (extra & neutral).total()
    precision, recall = hit / max(hit + wrong, 1), hit / max(main.total(), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def documents(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl.zst"))):
        lines = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
        for line in lines.splitlines():
            document = json.loads(line)
            yield document["url"], document


def html(document, warcs):
    """The page as text, out of its gzip member; bodies are taken to be without codings."""
    warc = document["warc"]
    with open(os.path.join(warcs, warc["file"]), "rb") as file:
        file.seek(warc["offset"])
        record = gzip.decompress(file.read(warc["length"]))
    body = record.split(b"\r\n\r\n", 2)[2]
    used = document["charset"]["used"]
    return body.decode({"Shift_JIS": "cp932"}.get(used, used), "replace")


def peers():
    """Every extractor that is installed: its name and what it makes of a page."""
    try:
        import justext

        def jus(page):
            paragraphs = justext.justext(
                page, frozenset(), length_low=20, length_high=40, stopwords_low=0, stopwords_high=0)
            return "\n".join(p.text for p in paragraphs if not p.is_boilerplate)
        yield "jusText, tuned", jus
    except ImportError:
        pass
    try:
        import trafilatura
        yield "trafilatura", lambda page: trafilatura.extract(page) or ""
        yield "trafilatura, precision", lambda page: trafilatura.extract(page, favor_precision=True) or ""
        yield "trafilatura, recall", lambda page: trafilatura.extract(page, favor_recall=True) or ""
    except ImportError:
        pass
    try:
        from resiliparse.extract.html2text import extract_plain_text
        yield "resiliparse, main", lambda page: extract_plain_text(page, main_content=True)
    except ImportError:
        pass
    try:
        from lxml import html as parser
        from readability import Document
        yield "readability", lambda page: parser.fromstring(Document(page).summary()).text_content()
    except ImportError:
        pass


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    gold_path, folder, warcs = sys.argv[1:]
    with open(gold_path, encoding="utf-8") as file:
        gold = [json.loads(line) for line in file]
    wanted = {page["url"] for page in gold}
    found = {url: document for url, document in documents(folder) if url in wanted}
    everything = {url: document["paragraphs"] for url, document in found.items()}
    texts = {
        "kuroshio, main": {u: "\n".join(p["text"] for p in ps if p["main"]) for u, ps in everything.items()},
        "kuroshio, everything": {u: "\n".join(p["text"] for p in ps) for u, ps in everything.items()},
    }
    pages = {url: html(document, warcs) for url, document in found.items()}
    for name, extract in peers():
        texts[name] = {url: extract(page) for url, page in pages.items()}
    print(f"{len(gold)} pages, {len(gold) - len(found)} of them no document")
    print(f"{'':<26}{'P':>8}{'R':>8}{'F1':>8}")
    for name, text in texts.items():
        rows = [score(page, text.get(page["url"], "")) for page in gold]
        print(f"{name:<26}" + "".join(f"{sum(row[i] for row in rows) / len(rows):8.3f}" for i in range(3)))


if __name__ == "__main__":
    main()
