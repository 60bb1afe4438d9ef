#!/usr/bin/env python3
"""Peak memory of extraction over pages of any size and make, one worker.

    benches/compare/memory.py target/release/kuroshio --after '/data/one.warc.gz'

Makes one WARC file a page: paragraphs, one long paragraph, links, a table, line breaks; in UTF-8 and
Shift_JIS; packed or not. The file given with `--after` stands before the page, so that buffers are in
use when it comes. Prints how the page ended, the peak of the process, and what of it is beyond the page.
Needs Python 3.9; the peak is what Linux reports.
"""

import argparse
import gzip
import json
import pathlib
import random
import subprocess
import tempfile

SENTENCES = ("春になると川沿いの道に桜が咲き、人が集まってくる。", "東京から大阪まで新幹線で二時間半ほどかかる。",
             "昨日の会議で新しい計画について話し合った。", "明日は雨が降るかもしれないので傘を持って行く。")


def sentence():
    """A sentence that is like no other."""
    return f"{random.randrange(100_000)}番、{random.choice(SENTENCES)}"


SHAPES = {
    "paragraphs": lambda: f'<div class="text"><p>{sentence()}{sentence()}</p></div>\r\n',
    "one paragraph": sentence,
    "links": lambda: f'<li><a href="/{random.randrange(10_000)}.html">{sentence()}</a></li>\n',
    "table": lambda: f'<tr><td class="n">{random.randrange(1_000)}</td><td>春の花</td></tr>\n',
    "line breaks": lambda: f"{random.choice(SENTENCES)}<br>\n",
    "nothing but line breaks": lambda: "の<br>",
}

PAGES = [
    ("paragraphs", 1, "utf-8"),
    ("paragraphs", 5, "utf-8"),
    ("paragraphs", 5, "shift_jis"),
    ("paragraphs", 10, "utf-8"),
    ("paragraphs", 60, "utf-8"),
    ("one paragraph", 12, "utf-8"),
    ("one paragraph", 60, "utf-8"),
    ("links", 5, "utf-8"),
    ("table", 5, "utf-8"),
    ("line breaks", 5, "shift_jis"),
    ("nothing but line breaks", 5, "utf-8"),
    ("paragraphs", 100, "utf-8"),
]


STARTS = {"table": b"<table>"}


def page(shape, megabytes, charset):
    parts, size = [STARTS.get(shape, b"")], 0
    while size < megabytes * 1_000_000:
        part = SHAPES[shape]().encode(charset)
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def record(body, charset):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={charset}\r\n\r\n"
    block = head.encode() + body
    fields = ("WARC/1.0", "WARC-Type: response", "WARC-Date: 2024-05-18T03:11:07Z",
              "WARC-Target-URI: http://www.example.jp/",
              "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>",
              "Content-Type: application/http; msgtype=response", f"Content-Length: {len(block)}")
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def measure(kuroshio, before, packed, body, charset, scratch):
    whole = record(body, charset)
    file = scratch / ("page.warc.gz" if packed else "page.warc")
    file.write_bytes(before + (gzip.compress(whole, 6) if packed else whole))
    run = scratch / "run"
    subprocess.run([kuroshio, "run", "pipelines/quickstart.toml", "--run", run, "--until", "extract",
                    "--threads", "1", "--quiet", "--set", f"input.warc={json.dumps([str(file)])}"],
                   check=True, stdout=subprocess.DEVNULL)
    summary = json.loads((run / "summary.json").read_text())
    subprocess.run(["rm", "-r", run, file], check=True)
    return summary["outcomes"], summary["stages"]["extract"]["peak_rss_bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kuroshio", help="the program to measure")
    parser.add_argument("--after", help="a gzip WARC file that stands before each page")
    options = parser.parse_args()
    before = pathlib.Path(options.after).read_bytes() if options.after else b""
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        alone, peak = measure(options.kuroshio, before, True, b"", "utf-8", scratch)
        print(f"without a page {peak / 1e6:.0f} MB\n")
        print("| page | charset | MB | ends as | peak MB packed | plain | beyond the page |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for shape, megabytes, charset in PAGES:
            body = page(shape, megabytes, charset)
            peaks = []
            for packed in [True, False] if not before else [True]:
                outcomes, peak = measure(options.kuroshio, before, packed, body, charset, scratch)
                peaks.append(peak)
            more = [name for name in outcomes if outcomes[name] != alone.get(name, 0)
                    and name != "empty"]
            plain = f"{peaks[1] / 1e6:.0f}" if len(peaks) > 1 else ""
            beyond = (max(peaks) - len(body)) / 1e6
            print(f"| {shape} | {charset} | {megabytes} | {' '.join(more)} | {peaks[0] / 1e6:.0f} | "
                  f"{plain} | {beyond:.0f} |", flush=True)


if __name__ == "__main__":
    main()
