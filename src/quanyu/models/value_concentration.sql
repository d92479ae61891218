-- value_concentration: share of value of the top persons, and the Gini coefficient, on each snapshot date
-- grain: date
-- reads: value_tier
-- params: head_pct int, param_version text
-- source: M-25, E-25; Gini = (2 sum(i x_i) - (n + 1) sum(x)) / (n sum(x)) with x ascending
WITH counted AS (
  SELECT t.date, count(*) AS persons, sum(t.value_fen) AS value_fen FROM value_tier AS t GROUP BY t.date
),
summed AS (
  SELECT
    t.date, c.persons, c.value_fen,
    sum(CASE WHEN 100 * (t.rank - 1) < $head_pct * c.persons THEN 1 ELSE 0 END) AS head_persons,
    sum(CASE WHEN 100 * (t.rank - 1) < $head_pct * c.persons THEN t.value_fen ELSE 0 END) AS head_value_fen,
    sum((c.persons + 1 - t.rank) * t.value_fen) AS weighted
  FROM value_tier AS t
  JOIN counted AS c ON c.date = t.date
  GROUP BY t.date, c.persons, c.value_fen
)
SELECT
  s.date, s.persons, s.value_fen, s.head_persons, s.head_value_fen,
  safe_divide(s.head_value_fen, s.value_fen) AS head_share,
  safe_divide(2 * s.weighted - (s.persons + 1) * s.value_fen, s.persons * s.value_fen) AS gini,
  $param_version AS param_version
FROM summed AS s
