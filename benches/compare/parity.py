"""What the parity scripts of the tokenizers share: texts, the ids of shards, and the comparison."""

import json
import subprocess
import time
from pathlib import Path

import numpy as np


def texts(corpus):
    """The texts of a file of JSON lines, packed or not."""
    lines = subprocess.run(["zstd", "-dcf", corpus], capture_output=True, check=True).stdout
    return [json.loads(line)["text"] for line in lines.splitlines()]


def sequences(prefix):
    """The ids of each sequence of a shard, without its last, which ends the document."""
    index = Path(f"{prefix}.idx").read_bytes()
    count = int.from_bytes(index[18:26], "little")
    ids = np.fromfile(f"{prefix}.bin", "<u2" if index[17] == 8 else "<i4")
    ends = np.cumsum(np.frombuffer(index, "<i4", count, 34), dtype="i8")
    return [part[:-1].tolist() for part in np.split(ids, ends[:-1])]


def compare(name, encode, folder, corpora):
    """Prints how many documents differ, and returns 1 if any does."""
    differing = 0
    for corpus in corpora:
        given = texts(corpus)
        begun = time.process_time()
        encoded = [encode(text) for text in given]
        seconds = time.process_time() - begun
        expected = [ids for ids in encoded if ids]
        written = sequences(Path(folder, Path(corpus).name.split(".jsonl")[0]))
        wrong = [at for at, pair in enumerate(zip(written, expected)) if pair[0] != pair[1]]
        wrong_count = len(wrong) + abs(len(written) - len(expected))
        megabytes = sum(len(text.encode()) for text in given) / 1e6
        print(
            f"{corpus}: {len(written)} sequences, {wrong_count} differ from {name} {wrong[:5]}; "
            f"{name}: {megabytes / seconds:.1f} MB/s"
        )
        differing += wrong_count
    return int(differing > 0)
