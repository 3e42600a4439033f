"""How many requests a second, against the plain scikit-learn pipeline and fastText; and what memory it takes.

    python benchmarks/throughput.py            # some ten minutes
    python benchmarks/throughput.py --quick    # a minute: fewer rounds, no million

Everything that is compared is timed in turns on one core, round after round; a ratio is the median of those of the
rounds: absolute figures of two runs cannot be compared. The requests are those of the corpus, each with a misprint
and a number of its own, so that hardly two are alike.
"""

from __future__ import annotations

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import argparse
import csv
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import triage
from training.corpus import read_corpus
from triage.backlog import Options, score
from triage.estimator import words_of
from triage.triager import Triager
from triage.words import find_words

SEED = 20261123
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def requests(count: int) -> list[str]:
    """Make requests: messages of the corpus with a misprint and a number."""
    rng = np.random.default_rng(SEED)
    texts = [row.text for row in read_corpus().requests]
    made = []
    for i in rng.integers(len(texts), size=count).tolist():
        text = texts[i]
        place = int(rng.integers(len(text)))
        letter = LETTERS[int(rng.integers(len(LETTERS)))]
        made.append(f"{text[:place]}{letter}{text[place + 1 :]} {int(rng.integers(1000))}")
    return made


def plain_pipeline() -> Callable[[Sequence[str]], object]:
    """Fit the plain scikit-learn pipeline on the corpus, to all rules; few iterations, since speed is all it is for."""
    import warnings

    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    rows = read_corpus().part("train").requests
    pipeline = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2),
        ),
        LogisticRegression(max_iter=3),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit([row.text for row in rows], [row.rule for row in rows])
    return pipeline.predict_proba


def fasttext_model() -> Callable[[Sequence[str]], object] | None:
    """Fit fastText with subwords, to all rules; None if it is not installed."""
    try:
        import fasttext
    except ImportError:
        return None
    rows = read_corpus().part("train").requests
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        path.write_text("".join(f"__label__{row.rule} {' '.join(row.text.split())}\n" for row in rows), "utf-8")
        model = fasttext.train_supervised(str(path), epoch=2, minn=2, maxn=5, thread=1, verbose=0)
    return lambda texts: [model.f.predict(" ".join(text.split()), -1, 0.0, "strict") for text in texts]


def recognition(triager: Triager) -> Callable[[Sequence[str]], object]:
    """Return recognition alone: words, scores, probabilities of all rules and circumstances."""
    recogniser = triager.model.recogniser

    def recognise(texts: Sequence[str]) -> None:
        for start in range(0, len(texts), 2000):
            words = find_words(texts[start : start + 2000])
            recogniser.probabilities(recogniser.score(recogniser.units(words), words.firsts[:-1], words.firsts[1:]))

    return recognise


def seconds(work: Callable[[], object]) -> float:
    """Time a piece of work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(rounds: int, triager: Triager, texts: Sequence[str], fewer: Sequence[str]) -> None:
    """Time all routes in turns, and print requests per second and ratios."""
    plain, fast = plain_pipeline(), fasttext_model()
    cold = recognition(triage.load())
    routes: dict[str, tuple[Callable[[Sequence[str]], object], Sequence[str]]] = {
        "plain scikit-learn pipeline": (plain, fewer),
        "recognition alone": (recognition(triager), texts),
        "assess_many, end to end": (triager.assess_many, texts),
    }
    if fast is not None:
        routes["fastText, subwords, all probabilities"] = (fast, fewer)
    print(f"\nfirst pass of recognition, no word met before: {len(texts) / seconds(lambda: cold(texts)):,.0f} a second")
    rates: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, (work, own) in routes.items():
            rates[name].append(len(own) / seconds(lambda work=work, own=own: work(own)))
    base = rates["plain scikit-learn pipeline"]
    print(f"\n{'one core':40} {'a second':>12} {'lowest':>10} {'highest':>10} {'ratio to plain':>15}")
    for name, own in rates.items():
        ratio = statistics.median(a / b for a, b in zip(own, base, strict=True))
        print(f"{name:40} {statistics.median(own):12,.0f} {min(own):10,.0f} {max(own):10,.0f} {ratio:15.1f}")


def single(triager: Triager, texts: Sequence[str]) -> None:
    """Time single assessments, evidence and answer included."""
    for text in texts:
        triager.assess(text)
    times = sorted(seconds(lambda text=text: triager.assess(text)) for text in texts)
    middle, high = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"\none assess, warm: median {1e3 * middle:.2f} ms, 99th percentile {1e3 * high:.2f} ms")


def sizes(triager: Triager, texts: Sequence[str], counts: Sequence[int]) -> None:
    """Time batches of growing size."""
    print(f"\n{'requests':>10} {'a second':>10} {'microseconds each':>18}")
    for count in counts:
        own = (list(texts) * (count // len(texts) + 1))[:count]
        spent = seconds(lambda own=own: triager.assess_many(own))
        print(f"{count:10,} {count / spent:10,.0f} {1e6 * spent / count:18.1f}")


def known(triager: Triager, texts: Sequence[str], rounds: int) -> None:
    """Time requests that each have a day and a tenancy of their own, against the same without, in turns."""
    first = date(2024, 1, 1)
    days = [first + timedelta(days=i % 700) for i in range(len(texts))]
    facts = [{"tenancy_start": first - timedelta(days=i % 9000)} for i in range(len(texts))]
    ratios = []
    for _ in range(rounds):
        alike = seconds(lambda: triager.assess_many(texts))
        ratios.append(seconds(lambda: triager.assess_many(texts, facts=facts, date=days)) / alike)
    print(f"\neach with a day and a tenancy of its own: {statistics.median(ratios):.2f} times as long")


def files(triager: Triager, texts: Sequence[str], rows: int, rounds: int) -> None:
    """Time the scoring of a CSV file with one process and with two, in turns."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "in.csv"
        write_csv(source, texts, rows)
        rates: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(rounds):
            for jobs, own in rates.items():
                output = Path(name) / f"out{jobs}.csv"
                own.append(rows / seconds(lambda o=output, j=jobs: score(triager, source, o, Options(n_jobs=j))))
                output.unlink()
    ratio = statistics.median(two / one for one, two in zip(rates[1], rates[2], strict=True))
    one, two = (statistics.median(own) for own in rates.values())
    print(f"\nCSV of {rows:,} rows: {one:,.0f} a second with one process, {two:,.0f} with two: {ratio:.2f} times")


def write_csv(path: Path, texts: Sequence[str], rows: int) -> None:
    """Write so many requests."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ticket", "melding"])
        writer.writerows([i, texts[i % len(texts)]] for i in range(rows))


_MEASURED = """
import resource, sys
from triage.triager import load
from triage.backlog import score
triager = load()
triager.assess_many(["de kraan drupt"] * 100)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
score(triager, sys.argv[1], sys.argv[2])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def memory(texts: Sequence[str], counts: Sequence[int]) -> None:
    """Measure the peak memory above the loaded model, each in a process of its own."""
    print(f"\n{'rows':>10} {'MB above the model':>20}")
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            source, output = Path(name) / "in.csv", Path(name) / "out.csv"
            write_csv(source, texts, count)
            command = [sys.executable, "-c", _MEASURED, str(source), str(output)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        print(f"{count:10,} {float(done.stdout):20.0f}")


def machine() -> None:
    """Print what this was measured on."""
    names = ("numpy", "scipy", "scikit-learn", "pandas", "joblib", "fasttext-wheel")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in names:
        try:
            print(f"{name} {version(name)}", end="  ")
        except PackageNotFoundError:
            print(f"{name}: not installed", end="  ")
    print(f"\npeak memory of this process so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no million rows")
    quick = parser.parse_args().quick
    machine()
    triager = triage.load()
    texts = requests(20_000 if quick else 100_000)
    words = [len(own) for own in words_of(texts[:5000])]
    print(f"requests: {statistics.mean(words):.0f} words each on average, {max(words)} at most")
    compare(3 if quick else 7, triager, texts[:20_000], texts[:1000])
    single(triager, texts[:500])
    sizes(triager, texts, [1000, 10_000, 100_000] if quick else [1000, 10_000, 100_000, 1_000_000])
    known(triager, texts[:20_000], 3)
    files(triager, texts, 40_000 if quick else 200_000, 2 if quick else 3)
    memory(texts, [10_000, 100_000] if quick else [10_000, 100_000, 1_000_000])


if __name__ == "__main__":
    main()
