#!/usr/bin/env python3
"""CPU seconds of extraction beside unpacking alone and beside other extractors, all in one run.

    benches/compare/extraction.py target/release/kuroshio /tmp/mix.warc.gz \\
        --venv /tmp/peers --model lid.176.ftz

Each program runs by itself on one core, whole, with start, imports and the loading of models;
what is counted is user and system time and the largest resident memory, children included.
Everybody writes what is found to a file. Quick programs run several times and the smallest of
their times counts. `mix.py` makes the file.

    libdeflate-gunzip, gzip   unpack to nowhere
    kuroshio                  run pipelines/quickstart.toml --until extract --threads 1
    resiliparse               FastWARC, its charset detection and main content, fastText, >= 0.5
    datatrove                 WarcReader, Trafilatura (favour_precision), LanguageFilter, >= 0.65

`--venv` is made and filled from the Python registry where it does not exist. The model is
lid.176.ftz: `kuroshio assets fetch lid.176` gets it. `libdeflate-gunzip` is in Debian's
package libdeflate-tools.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

PACKAGES = ["fastwarc", "resiliparse", "datatrove[io,processing]", "trafilatura",
            "fasttext-numpy2-wheel", "lxml_html_clean"]
QUICK_RUNS = 5


def resiliparse(warc, model, out):
    """FastWARC, resiliparse and fastText; one JSON line for each Japanese page."""
    import gzip

    from fastwarc.warc import ArchiveIterator, WarcRecordType
    from fasttext.FastText import _FastText
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding
    from resiliparse.parse.html import HTMLTree

    identify = _FastText(model)
    found = 0
    with open(warc, "rb") as file, gzip.open(os.path.join(out, "out.jsonl.gz"), "wt") as lines:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response, parse_http=True):
            body = record.reader.read()
            tree = HTMLTree.parse(bytes_to_str(body, detect_encoding(body, from_html_meta=True)))
            text = extract_plain_text(tree, main_content=True)
            labels, scores = identify.predict(text.replace("\n", " "), k=1)
            if labels and labels[0] == "__label__ja" and scores[0] >= 0.5:
                url = record.headers.get("WARC-Target-URI")
                lines.write(json.dumps({"url": url, "text": text}, ensure_ascii=False) + "\n")
                found += 1
    print(found)


def datatrove(warc, model, out):
    """datatrove's chain, with the model from a file instead of the network."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.filters import LanguageFilter
    from datatrove.pipeline.readers import WarcReader
    from datatrove.pipeline.writers import JsonlWriter
    from datatrove.utils import lid

    lid.cached_asset_path_or_download = lambda *_, **__: model
    folder, name = os.path.split(os.path.abspath(warc))
    LocalPipelineExecutor(
        pipeline=[
            WarcReader(folder, glob_pattern=name, compression="gzip"),
            # Its limit of one second a page is wall time, which a busy machine spends elsewhere.
            Trafilatura(favour_precision=True, timeout=20),
            LanguageFilter(languages=["ja"], language_threshold=0.65),
            JsonlWriter(os.path.join(out, "documents")),
        ],
        tasks=1, workers=1, logging_dir=os.path.join(out, "logs"),
    ).run()
    with open(os.path.join(out, "logs", "stats.json")) as file:
        print(json.load(file)[-1]["stats"]["total"])


CHAINS = {"resiliparse": resiliparse, "datatrove": datatrove}


def measure(command, runs):
    """The smallest CPU seconds, the largest memory in MB and the last line of output."""
    pin = ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if shutil.which("taskset") else []
    seconds, memory, told = [], [], ""
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as out, open(os.path.join(out, "told"), "w+") as file:
            quiet = subprocess.DEVNULL
            stdout = quiet if "-dc" in command or "-c" in command else file
            child = subprocess.Popen(pin + [part.replace("OUT", out) for part in command],
                                     stdout=stdout, stderr=quiet)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                sys.exit(f"{' '.join(command)} ended with {child.returncode}")
            file.seek(0)
            told = file.read().strip()
        seconds.append(usage.ru_utime + usage.ru_stime)
        memory.append(usage.ru_maxrss * 1024 / 1e6)
    return min(seconds), max(memory), told


def make_venv(folder):
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def unpacked_bytes(warc):
    total = 0
    with subprocess.Popen(["gzip", "-dc", warc], stdout=subprocess.PIPE) as child:
        while chunk := child.stdout.read(1 << 20):
            total += len(chunk)
    return total


def main():
    if sys.argv[1:2] and sys.argv[1] in CHAINS:
        return CHAINS[sys.argv[1]](*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kuroshio", help="the program to measure")
    parser.add_argument("warc", help="a gzip WARC file")
    parser.add_argument("--venv", help="of the other extractors; without it they are left out")
    parser.add_argument("--model", help="the path of lid.176.ftz, for the other extractors")
    parser.add_argument("--only", action="append", choices=CHAINS, help="of the other extractors")
    parser.add_argument("--set", action="append", default=[], help="passed on to kuroshio")
    options = parser.parse_args()
    warc = os.path.abspath(options.warc)
    run = [options.kuroshio, "run", "pipelines/quickstart.toml", "--run", "OUT/run", "--until",
           "extract", "--threads", "1", "--quiet", "--json", "--set",
           f"input.warc={json.dumps([warc])}"]
    run += [part for value in options.set for part in ("--set", value)]
    commands = {
        "libdeflate-gunzip": (["libdeflate-gunzip", "-c", warc], QUICK_RUNS),
        "gzip -dc": (["gzip", "-dc", warc], QUICK_RUNS),
        "kuroshio": (run, QUICK_RUNS),
    }
    if options.venv:
        python, model = make_venv(options.venv), os.path.abspath(options.model)
        for name in options.only or CHAINS:
            commands[name] = ([python, os.path.abspath(__file__), name, warc, model, "OUT"], 1)
    unpacked = unpacked_bytes(warc)
    print(f"{os.path.getsize(warc) / 1e6:.1f} MB, unpacked {unpacked / 1e6:.1f} MB")
    costs = {name: measure(*command) for name, command in commands.items()}
    ours = costs["kuroshio"][0]
    print(f"{'':<20}{'CPU s':>8}{'MB/s':>8}{'peak MB':>9}{'of ours':>9}{'documents':>11}")
    for name, (seconds, memory, told) in costs.items():
        documents = json.loads(told)["documents"] if name == "kuroshio" else told
        print(f"{name:<20}{seconds:>8.2f}{unpacked / 1e6 / seconds:>8.1f}{memory:>9.0f}"
              f"{seconds / ours:>9.2f}{documents:>11}")
    print(f"kuroshio / libdeflate-gunzip: {ours / costs['libdeflate-gunzip'][0]:.2f}")
    print(f"kuroshio / gzip -dc: {ours / costs['gzip -dc'][0]:.2f}")
    for name in CHAINS:
        if name in costs:
            print(f"{name} / kuroshio: {costs[name][0] / ours:.1f}")


if __name__ == "__main__":
    main()
