"""Several processes, Dask and Spark give the very rows that one process gives."""

import os
import sys
from datetime import date

import pandas as pd
import pytest

from triage.frames import assess_frame, assess_partition, meta

TEXTS = ["de kraan drupt", "het dak lekt", None, "sleutel kwijt", "wc loopt door", "mijn schuld: ruit ingegooid"] * 20


@pytest.fixture
def requests():
    return pd.DataFrame({"melding": TEXTS, "rule": range(len(TEXTS))}, index=range(100, 100 + len(TEXTS)))


@pytest.fixture
def expected(bundled, requests):
    return assess_frame(requests, "melding", triager=bundled)


def test_results_stand_beside_the_rows(bundled, requests, expected):
    assert list(expected.columns[:2]) == ["melding", "rule"]
    assert "triage_rule" in expected.columns
    assert list(expected.index) == list(requests.index)
    alone = bundled.assess_many(TEXTS)
    assert list(expected["basis"].fillna("")) == list(alone["basis"].fillna(""))


def test_two_processes(bundled, requests, expected, monkeypatch):
    import triage.frames

    monkeypatch.setattr(triage.frames, "_AT_ONCE", 35)
    pd.testing.assert_frame_equal(assess_frame(requests, triager=bundled, n_jobs=2), expected)


def test_the_labels_of_columns_may_be_numbers(bundled):
    frame = pd.DataFrame({0: [1], 1: [TEXTS[0]]})
    scored = assess_frame(frame, "1", triager=bundled)
    assert scored["responsible"][0] == bundled.assess(TEXTS[0]).responsible
    assert list(assess_partition(frame, "1")["rule"]) == list(scored["rule"])


def test_a_table_is_judged_by_the_day_that_is_given(bundled, requests, monkeypatch):
    seen = []
    at = type(bundled).assess_many

    def noted(self, *given, **named):
        seen.append(named["date"])
        return at(self, *given, **named)

    monkeypatch.setattr(type(bundled), "assess_many", noted)
    assess_frame(requests, "melding", triager=bundled, date="1-3-2026")
    assess_partition(requests, "melding", date=date(2026, 3, 1))
    assert seen == [date(2026, 3, 1)] * 2


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_joblib_on_dask(bundled, requests, expected, cluster, monkeypatch, tmp_path):
    from joblib import parallel_config

    import triage.frames
    from triage.backlog import Options, score

    monkeypatch.setattr(triage.frames, "_AT_ONCE", 35)
    monkeypatch.setattr("triage.backlog.run._ALONE", 0)
    with parallel_config(backend="dask"):
        pd.testing.assert_frame_equal(assess_frame(requests, triager=bundled, n_jobs=-1), expected)
        requests.to_csv(tmp_path / "in.csv", index=False)
        score(bundled, tmp_path / "in.csv", tmp_path / "dask.csv", Options(rows=10, n_jobs=-1))
    score(bundled, tmp_path / "in.csv", tmp_path / "alone.csv", Options(rows=10))
    assert (tmp_path / "dask.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()


def test_partitions_of_a_dask_table(requests, expected, cluster):
    dataframe = pytest.importorskip("dask.dataframe")
    table = dataframe.from_pandas(requests, npartitions=4)
    scored = table.map_partitions(assess_partition, "melding", meta=meta(table._meta)).compute()
    assert list(scored.columns) == list(expected.columns)
    for name in ("responsible", "confidence", "basis", "question"):
        assert list(scored[name].fillna("")) == list(expected[name].fillna(""))


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")
def test_partitions_of_a_spark_table(bundled, requests, expected, monkeypatch):
    sql = pytest.importorskip("pyspark.sql")
    from triage.spark import assess

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 50)
        .getOrCreate()
    )
    try:
        rows = [(text, i) for i, text in enumerate(TEXTS)]
        table = session.createDataFrame(rows, "melding string, rule int").repartition(3)
        scored = assess(table, "melding", bundled).orderBy("rule").collect()
    finally:
        session.stop()
    for name in ("melding", "responsible", "confidence", "basis", "question", "triage_rule"):
        assert ["" if row[name] is None else row[name] for row in scored] == list(expected[name].fillna(""))
