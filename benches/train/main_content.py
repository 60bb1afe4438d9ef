#!/usr/bin/env python3
"""Fits the weights of main content on pages labelled by hand, and writes their table.

    pip install numpy==2.4.6
    cargo build --release
    python3 benches/train/main_content.py GOLD.jsonl /data target/release/kuroshio src/page/content/weights.rs

GOLD has one page a line: url, warc (a file name in the folder given second), main and neutral (lists
of blocks). What is measured of each paragraph comes out of `kuroshio explain --json`; only what the
first sum itself changes, the context, is computed here a second time, and is held against what the
program told. So a new feature begins as a row of zeros in the table and a line in `features.rs`; then
build, and run this.

Both sums are logistic regressions with a penalty, each page weighing as much as its main text. The
context that the second one learns from is made by first sums that have not seen the page. Weights are
rounded to one decimal. The same input gives the same bytes.

Printed is the score (as `benches/compare/main_content.py` counts it) with each host left out of the
fit in turn, rounding included, and that on the pages of the fit itself. The first is still too good by
what the choice of features and of word lists owes to these pages.
"""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from urllib.parse import urlsplit

import numpy as np

# Strength of the data against the penalty, whose strength is 1.
DATA = 0.07
# Added to the second sum: what is a little less likely main than not is kept. F1 is highest where the
# bar of likelihood is half of it, and the language of a page is told by its main text. Anything from
# 0 to 0.4 scores alike on hosts left out.
LENIENCE = 0.4
# Parts of the pages for first sums that have not seen the page.
PARTS = 6
# As in src/page/content.rs and src/page/content/context.rs.
MOST_CHARACTERS = 400
FADING = 0.6
LONG = 40
LEAST_CHARACTERS = 40
WELL_ABOVE = 1.0
INLINE = set(
    "a abbr b big cite code del em font i img ins kbd label mark nobr q rb rt ruby s samp small span "
    "strong sub sup time tt u var".split()
)

ROW = re.compile(r'^    \("([^"]+)", (-?[0-9.]+)(?:, (-?[0-9.]+))?\),$', re.MULTILINE)


def squeezed(text):
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def grams(text):
    text = squeezed(text)
    return Counter(text[at : at + 4] for at in range(max(len(text) - 3, bool(text))))


def score(gold, text):
    found = grams(text)
    hit = (found & gold["main grams"]).total()
    extra = found - gold["main grams"]
    wrong = extra.total() - (extra & gold["neutral grams"]).total()
    precision, recall = hit / max(hit + wrong, 1), hit / max(gold["main grams"].total(), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


# Pages.


def explained(program, warcs, gold):
    """The paragraphs of a page, each with what was measured of it."""
    command = [program, "explain", "--json", "--warc", os.path.join(warcs, gold["warc"]), "--url", gold["url"]]
    story = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return story["page"]["paragraphs"]


def page(gold, paragraphs, names):
    """A page as arrays: one row a paragraph."""
    gold = dict(gold, paragraphs=paragraphs)
    for blocks in ("main", "neutral"):
        gold[blocks + " grams"] = grams("".join(gold[blocks]))
    values = [{term["name"]: term["value"] for term in p["why"]["terms"]} for p in paragraphs]
    table = lambda names: np.array([[told.get(name, 0.0) for name in names] for told in values])
    gold["features"], gold["told context"] = table(names[0]), table(names[1])
    gold["told sums"] = np.array([p["why"]["sum"] for p in paragraphs])
    gold["lengths"] = np.array([min(len(p["text"]), MOST_CHARACTERS) for p in paragraphs], float)
    gold["containers"] = [container(p["path"]) for p in paragraphs]
    gold["labels"] = labels(gold)
    weights = np.array([min(len(squeezed(p["text"])), MOST_CHARACTERS) for p in paragraphs]) ** 0.75
    weights[gold["labels"] < 0] = 0
    gold["weights"] = 50 * weights / max(weights[gold["labels"] == 1].sum(), 1)
    return gold


def container(path):
    """The path without the block itself and the inline elements in it."""
    elements = path.split(">")
    while len(elements) > 1 and re.split(r"[#.]", elements.pop())[0] in INLINE:
        pass
    return ">".join(elements)


def labels(gold):
    """1 for main, -1 for neutral, 0 for boilerplate: by the 4-grams of a paragraph, and for a short
    one by its whole text, since its grams stand anywhere."""
    paragraphs = gold["paragraphs"]
    found = np.array([label(squeezed(p["text"]), gold) for p in paragraphs])
    linked = np.array([sum(to - start for start, to in p.get("links", [])) / len(p["text"]) for p in paragraphs])
    copies = defaultdict(list)
    for at, paragraph in enumerate(paragraphs):
        if found[at] == 1:
            copies[squeezed(paragraph["text"])].append(at)
    main = [squeezed(block) for block in gold["main"]]
    for text, places in copies.items():
        # Of copies, such as a title in the breadcrumbs, those are meant that stand among content.
        meant = main.count(text) or 1
        if len(places) > meant:
            def near(at):
                others = [to for to in range(max(0, at - 6), min(len(found), at + 7)) if found[to] == 1 and to != at]
                return sum(min(len(paragraphs[to]["text"]), 200) / (1 + abs(at - to)) for to in others)
            ranked = sorted(places, key=lambda at: (linked[at] > 0.5, -near(at)))
            found[ranked[meant:]] = 0
    # A link away from all content repeats words of it by chance.
    before = found.copy()
    for at in np.flatnonzero((before == 1) & (linked > 0.5)):
        near = [to for to in range(max(0, at - 4), min(len(found), at + 5)) if before[to] == 1]
        if all(linked[near] > 0.5) and sum(abs(to - at) < 4 for to in near) < 3:
            found[at] = 0
    return found


def label(text, gold):
    found = grams(text)

    def belongs(name, least):
        if len(text) >= 12:
            return 2 * (found & gold[name + " grams"]).total() > found.total()
        blocks = [squeezed(block) for block in gold[name]]
        return text in blocks or (len(text) >= least and text in "\n".join(blocks))

    return 1 if belongs("main", 6) else -1 if belongs("neutral", 1) else 0


# The classifier, as the program has it.


def context(page, first):
    """What stands around each paragraph, by the first sums."""
    likeness = 0.5 + 0.5 * first / (1 + np.abs(first))
    lengths, count = page["lengths"], len(first)
    columns = np.zeros((count, 4))
    for column, order in enumerate((range(count), range(count - 1, -1, -1))):
        total = weights = 0.0
        for at in order:
            columns[at, column] = (total / weights if weights else 0.0) - 0.5
            weight = np.sqrt(lengths[at])
            total, weights = total * FADING + weight * likeness[at], weights * FADING + weight
    good = np.flatnonzero((likeness > 0.5) & (lengths >= LONG))
    start, end = (good[0], good[-1] + 1) if len(good) else (0, count)
    columns[start:end, 2] = 1
    masses = Counter()
    for path, mass in zip(page["containers"], likeness * lengths):
        masses[path] += mass
    total = (likeness * lengths).sum()
    columns[:, 3] = np.sqrt([masses[path] / total for path in page["containers"]])
    return columns


def lowering(sums, lengths):
    order = np.argsort(-sums, kind="stable")
    enough = np.flatnonzero(np.cumsum(lengths[order]) >= LEAST_CHARACTERS)
    last = order[enough[0]] if len(enough) else order[-1]
    return max(0.0, WELL_ABOVE - sums[last])


def sums(page, alone, among):
    """The sums that decide about each paragraph."""
    whole = np.hstack([page["features"], context(page, page["features"] @ alone)]) @ among
    return whole + lowering(whole, page["lengths"])


def scored(page, alone, among):
    return kept(page, sums(page, alone, among) > 0)


def kept(page, marks):
    """The score of the paragraphs that are marked."""
    return score(page, "\n".join(p["text"] for p, mark in zip(page["paragraphs"], marks) if mark))


# The fit.


def regression(pages, columns):
    """Weights of a logistic regression with a quadratic penalty, by Newton's method."""
    values = np.vstack(columns)
    labels = np.concatenate([page["labels"] == 1 for page in pages])
    weights = DATA * np.concatenate([page["weights"] for page in pages])
    found = np.zeros(values.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-np.clip(values @ found, -30, 30)))
        slope = values.T @ (weights * (likely - labels)) + found
        bend = (values.T * (weights * likely * (1 - likely))) @ values + np.eye(len(found))
        step = np.linalg.solve(bend, slope)
        found = found - step
        if np.abs(step).max() < 1e-9:
            break
    return found


def fit(pages):
    """The weights of both sums, rounded."""
    alone = regression(pages, [page["features"] for page in pages])
    columns = [None] * len(pages)
    for part in range(PARTS):
        others = [page for at, page in enumerate(pages) if at % PARTS != part]
        strange = regression(others, [page["features"] for page in others])
        for at in range(part, len(pages), PARTS):
            columns[at] = np.hstack([pages[at]["features"], context(pages[at], pages[at]["features"] @ strange)])
    among = regression(pages, columns)
    among[0] += LENIENCE  # The bias is the first feature.
    # Adding zero turns -0.0 into 0.0.
    return np.round(alone, 1) + 0, np.round(among, 1) + 0


def left_out(pages):
    """The score of each page, its host left out of the fit."""
    hosts = [urlsplit(page["url"]).hostname for page in pages]
    fits = {host: fit([page for page, its in zip(pages, hosts) if its != host]) for host in set(hosts)}
    return [scored(page, *fits[host]) for page, host in zip(pages, hosts)]


# The table.


def rows(source):
    """Name and weights of each row; a row of the context has no weight in the first sum."""
    for name, first, second in ROW.findall(source):
        yield (name, float(first), float(second)) if second else (name, None, float(first))


def rewritten(source, alone, among):
    """The source with new numbers in the rows of its table."""
    pairs = iter(zip(alone, among))
    rest = iter(among[len(alone) :])

    def row(found):
        if found[3]:
            return '    ("%s", %.1f, %.1f),' % (found[1], *next(pairs))
        return '    ("%s", %.1f),' % (found[1], next(rest))

    return ROW.sub(row, source)


def check_twin(pages, table):
    """The context and the sums that the program told must be those that are computed here."""
    alone = np.array([first for _, first, _ in table if first is not None])
    among = np.array([second for _, _, second in table])
    for page in pages:
        here = context(page, page["features"] @ alone), sums(page, alone, among)
        for mine, told in zip(here, (page["told context"], page["told sums"])):
            if np.abs(mine - told).max() > 1e-3:
                sys.exit(f"{page['url']}: the program weighs otherwise than the table says; build it first")


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    gold_path, warcs, program, table_path = sys.argv[1:]
    with open(table_path, encoding="utf-8") as file:
        source = file.read()
    table = list(rows(source))
    names = [name for name, first, _ in table if first is not None], [name for name, first, _ in table if first is None]
    with open(gold_path, encoding="utf-8") as file:
        gold = [json.loads(line) for line in file]
    pages = [page(entry, explained(program, warcs, entry), names) for entry in gold]
    check_twin(pages, table)

    weights = fit(pages)
    strange = np.array(left_out(pages))
    print(f"{len(pages)} pages, {sum(len(page['labels']) for page in pages)} paragraphs")
    print(f"{'':<30}{'P':>8}{'R':>8}{'F1':>8}")
    for name, scores in (
        ("each host left out", strange),
        ("pages of the fit", np.array([scored(page, *weights) for page in pages])),
        ("labels of the paragraphs", np.array([kept(page, page["labels"] == 1) for page in pages])),
    ):
        print(f"{name:<30}" + "".join(f"{mean:8.3f}" for mean in scores.mean(axis=0)))
    print(f"standard error of the first F1: {strange[:, 2].std(ddof=1) / len(pages) ** 0.5:.3f}; its worst pages:")
    for at in np.argsort(strange[:, 2])[:8]:
        print(f"{strange[at, 2]:8.3f}  {pages[at]['url']}")
    with open(table_path, "w", encoding="utf-8") as file:
        file.write(rewritten(source, *weights))


if __name__ == "__main__":
    main()
