"""Several processes, Dask and Spark give the very rows that one process gives."""

import os
import sys
from datetime import date, datetime

import pandas as pd
import pytest

from triage.errors import TriageError
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


def test_no_process_at_all_is_refused(bundled, requests):
    with pytest.raises(TriageError, match="n_jobs=0: give the number of processes"):
        assess_frame(requests, triager=bundled, n_jobs=0)


def test_a_worker_sees_that_its_catalogue_was_changed(requests, lay, tmp_path):
    found = []
    for sections in ("", "retire: [{rule: tap.drips, instead: tap.worn_out, basis: 'own:1'}]"):
        lay(sections)
        found.append(
            "tap.drips" in set(assess_partition(requests, "melding", catalogue=tmp_path / "ours.yaml")["triage_rule"])
        )
    assert found == [True, False]


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


def test_a_scored_dask_table_is_written_whatever_its_partitions_hold(requests, tmp_path, cluster):
    dataframe = pytest.importorskip("dask.dataframe")
    requests.loc[requests.index[:60], "melding"] = None
    table = dataframe.from_pandas(requests, npartitions=4)
    scored = table.map_partitions(assess_partition, "melding", date="2026-03-01", meta=meta(table._meta))
    scored.to_parquet(tmp_path / "scored")
    read = pd.read_parquet(tmp_path / "scored")
    assert len(read) == len(requests)
    assert read["basis"].isna().sum() > 60


@pytest.fixture(scope="module")
def spark():
    sql = pytest.importorskip("pyspark.sql")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYSPARK_PYTHON", sys.executable)
        patched.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patched.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        session = (
            sql.SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", 50)
            .getOrCreate()
        )
        yield session
        session.stop()


AS_OLD_AS_PYSPARK = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


@AS_OLD_AS_PYSPARK
def test_partitions_of_a_spark_table(bundled, expected, spark):
    from triage.spark import assess

    rows = [(text, i) for i, text in enumerate(TEXTS)]
    table = spark.createDataFrame(rows, "melding string, rule int").repartition(3)
    scored = assess(table, "melding", bundled).orderBy("rule").collect()
    for name in ("melding", "responsible", "confidence", "basis", "question", "triage_rule"):
        assert ["" if row[name] is None else row[name] for row in scored] == list(expected[name].fillna(""))


@AS_OLD_AS_PYSPARK
def test_other_columns_of_a_spark_table_stay_as_they_are(bundled, spark):
    from triage.spark import assess

    given = (2**53 + 1, datetime(9999, 12, 31), None, [1, None], "ja", TEXTS[0])
    table = spark.createDataFrame(
        [given, (None, *given[1:])],
        "nr bigint, tot timestamp, bij double, maten array<int>, Urgent string, `mel.ding` string",
    )
    scored = assess(table, "mel.ding", bundled)
    rows = scored.orderBy("nr", ascending=False).collect()
    assert [tuple(row)[:6] for row in rows] == [given, (None, *given[1:])]
    assert scored.columns[:6] == table.columns
    assert scored.select("Urgent", "triage_urgent").filter("not triage_urgent").count() == 2


@AS_OLD_AS_PYSPARK
def test_a_column_that_a_spark_table_lacks_is_told_at_once(bundled, spark):
    from triage.spark import assess

    with pytest.raises(TriageError, match="no column 'tekst'; it has melding"):
        assess(spark.createDataFrame([("x",)], "melding string"), "tekst", bundled)


def test_a_worker_sees_that_a_catalogue_that_its_own_extends_was_changed(requests, lay, tmp_path):
    found = []
    lay("", "base.yaml")
    lay("", extends="base.yaml")
    for sections in ("", "retire: [{rule: tap.drips, instead: tap.worn_out, basis: 'own:1'}]"):
        lay(sections, "base.yaml")
        rules = assess_partition(requests, "melding", catalogue=tmp_path / "ours.yaml")["triage_rule"]
        found.append("tap.drips" in set(rules))
    assert found == [True, False]
