#!/usr/bin/env python3
"""Cuts a mix of Common Crawl's shape out of WARC files: few Japanese pages among many others.

    kuroshio run pipelines/quickstart.toml --run /tmp/sorted --until extract \\
        --set 'input.warc=["/data/*.warc.gz"]'
    benches/compare/mix.py --documents /tmp/sorted/documents --out /tmp/mix.warc.gz '/data/*.warc.gz'

What became a document of that run is Japanese, everything else is not; so it works on any WARC
files, Common Crawl's own among them. The gzip members are copied as they stand. The members of
one page (request, response, metadata: neighbours with one WARC-Target-URI) stay together. The
Japanese pages are spread evenly. Where there are too few pages of a kind for the size that is
asked for, the pages of that kind are all taken again, in the same order: the mix says how often.
The same files, share, size and seed give the same bytes.

Needs Python 3.9 and, before Python 3.14, the program `zstd`.
"""

import argparse
import glob
import json
import mmap
import os
import random
import subprocess
import sys
import zlib

MAGIC = b"\x1f\x8b\x08"
STEP = 8 << 10  # packed bytes inflated at a time
HEAD = 4 << 10  # unpacked bytes looked at


def unpacked(path):
    """The text of a zstd file."""
    try:
        from compression import zstd
    except ImportError:
        return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    with zstd.open(path) as file:
        return file.read()


def japanese_places(folder):
    """The file name and offset of every record that became a document."""
    places = set()
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl.zst"))):
        for line in unpacked(path).splitlines():
            warc = json.loads(line)["warc"]
            places.add((warc["file"], warc["offset"]))
    return places


def members(data):
    """Offset, packed length, unpacked length and first bytes of every gzip member."""
    at = 0
    while (at := data.find(MAGIC, at)) >= 0:
        inflater, end, text, head = zlib.decompressobj(wbits=31), at, 0, b""
        try:
            while not inflater.eof and end < len(data):
                piece = inflater.decompress(data[end:end + STEP])
                end += STEP
                text += len(piece)
                if len(head) < HEAD:
                    head += piece[:HEAD]
        except zlib.error:
            at += 1
            continue
        if not inflater.eof:
            return
        end = min(end, len(data)) - len(inflater.unused_data)
        yield at, end - at, text, head
        at = end


def field(head, name):
    """The value of a field of a record's header block."""
    for line in head.split(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(name + b":"):
            return line[len(name) + 1:].strip()
    return b""


class Page:
    """The members of one page: where they lie, and how long they are unpacked."""

    def __init__(self, path, at, uri):
        self.path, self.at, self.uri = path, at, uri
        self.length = self.text = 0
        self.kinds = set()
        self.japanese = False


def pages(path, japanese):
    """The pages of a file, and its warcinfo record."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    found, info = [], b""
    for at, length, text, head in members(data):
        kind, uri = field(head, b"warc-type"), field(head, b"warc-target-uri")
        if kind == b"warcinfo":
            info = info or data[at:at + length]
            continue
        page = found[-1] if found else None
        follows = page and page.at + page.length == at
        if not follows or page.uri != uri or kind in page.kinds:
            page = Page(path, at, uri)
            found.append(page)
        page.length += length
        page.text += text
        page.kinds.add(kind)
        page.japanese |= (os.path.basename(path), at) in japanese
    return [page for page in found if b"response" in page.kinds], info


def copies(pages):
    """The pages again and again, each time with the number of the round."""
    round = 0
    while pages:
        round += 1
        for page in pages:
            yield page, round


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warc", nargs="+", help="gzip WARC files, or globs")
    parser.add_argument("--documents", required=True, help="documents/ of a run over these files")
    parser.add_argument("--out", required=True, help="the WARC file to write")
    parser.add_argument("--share", type=float, default=0.05, help="of Japanese pages, by count")
    parser.add_argument("--size", type=float, default=260, help="unpacked, in MB of 10^6 bytes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    japanese = japanese_places(options.documents)
    files = sorted({path for pattern in options.warc for path in glob.glob(pattern)})
    kinds, info = {True: [], False: []}, b""
    for path in files:
        found, first = pages(path, japanese)
        info = info or first
        for page in found:
            kinds[page.japanese].append(page)
    generator = random.Random(options.seed)
    for kind in kinds.values():
        generator.shuffle(kind)
    sources = {kind: copies(kinds[kind]) for kind in kinds}
    written, count, text = [], {True: 0, False: 0}, 0
    rounds = {True: 0, False: 0}
    while text < options.size * 1e6:
        n = len(written)
        kind = int((n + 1) * options.share) > int(n * options.share)
        if not kinds[kind]:
            sys.exit(f"no page that is{'' if kind else ' not'} Japanese in {len(files)} files")
        page, rounds[kind] = next(sources[kind])
        written.append(page)
        count[kind] += 1
        text += page.text
    with open(options.out, "wb") as out:
        out.write(info)
        opened = {}
        for page in written:
            file = opened.get(page.path)
            if file is None:
                file = opened[page.path] = open(page.path, "rb")
            file.seek(page.at)
            out.write(file.read(page.length))
    print(f"{len(written)} pages, {count[True]} of them Japanese; {text / 1e6:.1f} MB unpacked, "
          f"{os.path.getsize(options.out) / 1e6:.1f} MB packed")
    for kind, name in ((False, "other"), (True, "Japanese")):
        print(f"{len(kinds[kind])} {name} pages to take from, taken {rounds[kind]} times over")


if __name__ == "__main__":
    main()
