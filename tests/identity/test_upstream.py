"""Faults of DuckDB that we work around; when one of these fails, the workaround can go."""

import duckdb


def test_rows_inserted_into_a_table_made_from_an_empty_answer_are_hidden():
    connection = duckdb.connect(config={"threads": "2"})
    connection.execute("CREATE TEMP TABLE many AS SELECT range AS i FROM range(400000)")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE made AS SELECT CAST(1 AS BIGINT) AS i WHERE false")
    connection.execute("INSERT INTO made SELECT i FROM many")
    connection.execute("COMMIT")

    assert connection.execute("SELECT count(*) FROM made").fetchall() == [(400000,)]
    assert connection.execute("SELECT sum(i) FROM made").fetchall() == [(None,)]
    connection.close()
