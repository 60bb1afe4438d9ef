#!/usr/bin/env python3
"""CPU seconds by stage, peak memory and extraction speed of one whole run.

    benches/compare/stages.py target/release/kuroshio --warc '/data/*.warc.gz' --tokenizer x.model

Runs `pipelines/quickstart.toml` over the given WARC files into a temporary directory and prints
a table from its summary.json. Unpacked bytes are counted by gunzipping the files once.
"""

import argparse
import glob
import gzip
import json
import subprocess
import tempfile


def unpacked_bytes(path):
    total = 0
    with gzip.open(path) as file:
        while chunk := file.read(1 << 20):
            total += len(chunk)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kuroshio", help="the program to measure")
    parser.add_argument("--warc", required=True, help="a glob of gzip WARC files")
    parser.add_argument("--tokenizer", required=True, help="an asset's name or a path")
    parser.add_argument("--threads", default="2")
    options = parser.parse_args()
    files = sorted(glob.glob(options.warc))
    unpacked = sum(map(unpacked_bytes, files))
    with tempfile.TemporaryDirectory() as scratch:
        out = subprocess.run(
            [options.kuroshio, "run", "pipelines/quickstart.toml", "--run", f"{scratch}/run", "--quiet",
             "--json", "--threads", options.threads, "--set", f"input.warc={json.dumps(files)}",
             "--set", f"tokenize.tokenizer={options.tokenizer}"],
            check=True, stdout=subprocess.PIPE)
    summary = json.loads(out.stdout)
    print(f"{len(files)} files, {unpacked / 1e6:.1f} MB unpacked, {summary['records']} records, "
          f"{summary['documents']} documents, {summary['kept']} kept, {summary['tokens']} tokens")
    print(f"{'stage':<12}{'tasks':>7}{'wall s':>9}{'CPU s':>9}{'MB in':>9}{'MB out':>9}")
    for name, cost in sorted(summary["stages"].items(), key=lambda item: -item[1].get("cpu_s", 0)):
        print(f"{name:<12}{cost['tasks']:>7}{cost['wall_s']:>9.2f}{cost['cpu_s']:>9.2f}"
              f"{cost['bytes_in'] / 1e6:>9.1f}{cost['bytes_out'] / 1e6:>9.1f}")
    costs = summary["stages"].values()
    print(f"whole run: {sum(c['cpu_s'] for c in costs):.2f} CPU s, peak memory "
          f"{max(c['peak_rss_bytes'] for c in costs) / 1e6:.0f} MB")
    extract = summary["stages"]["extract"]["cpu_s"]
    print(f"extraction: {unpacked / 1e6 / extract:.1f} MB of unpacked WARC a CPU second")


if __name__ == "__main__":
    main()
