"""How long one cold `triage assess` takes, against importing scikit-learn and pandas; fails if it is slower.

Both are measured in turns in fresh processes, and the medians are compared: only the ratio means something.
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 7
ASSESS = (
    "import sys; from triage.cli import main; sys.argv = ['triage', 'assess', 'De kraan in de keuken drupt']; main()"
)
IMPORT = "import sklearn.linear_model, pandas"


def seconds(code: str) -> float:
    """Time a fresh process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and compare."""
    seconds(ASSESS), seconds(IMPORT)  # warm the file cache
    times = [(seconds(ASSESS), seconds(IMPORT)) for _ in range(ROUNDS)]
    assess, imports = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"cold assess {assess:.2f} s, importing scikit-learn and pandas {imports:.2f} s, ratio {assess / imports:.2f}"
    )
    if assess >= imports:
        raise SystemExit("a cold assess must take less time than importing scikit-learn and pandas")


if __name__ == "__main__":
    main()
