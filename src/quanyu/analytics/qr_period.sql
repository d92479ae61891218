-- qr_period: codes activated and first scanned, scans and who scanned, by kind of code and longer period
-- grain: period_kind, period_start_date, kind
-- reads: qr_code, qr_scan, identifier_person, relation_fact, report_period
-- params: as_of date, zone text, qr_join_days int, param_version text
-- source: M-30, E-30. Codes as of the end of the period, scans within it; void codes are no codes. A code that was scanned
--         was activated, whatever its record says. Joined: a relation of any type began within qr_join_days dates of a
--         consumer's scan. Scans by merchants stand apart; what cannot be told from them is a consumer's
WITH scan AS (
  SELECT
    q.scan_id, q.qr_id, q.occurred_at, local_date(q.occurred_at, $zone) AS local_date, i.person_id,
    COALESCE('p' || CAST(i.person_id AS VARCHAR), 'v' || q.visitor_key) AS scanner_key,
    COALESCE(q.scanner, 'consumer') = 'consumer' AS is_consumer, q.region_id
  FROM qr_scan AS q
  LEFT JOIN identifier_person AS i ON i.identifier_id = q.identifier_id
  WHERE local_date(q.occurred_at, $zone) <= $as_of
),
first_scan AS (
  SELECT s.qr_id, min(s.local_date) AS first_date FROM scan AS s WHERE s.is_consumer GROUP BY s.qr_id
),
code AS (
  SELECT
    c.qr_id, COALESCE(c.kind, 'unknown') AS kind, c.region_id,
    LEAST(local_date(c.first_scan_at, $zone), f.first_date) AS first_date,
    LEAST(local_date(c.activated_at, $zone), local_date(c.first_scan_at, $zone), f.first_date) AS activated_date
  FROM qr_code AS c
  LEFT JOIN first_scan AS f ON f.qr_id = c.qr_id
  WHERE COALESCE(c.state, '') <> 'void'
),
entered AS (
  SELECT DISTINCT r.person_id, r.from_date FROM relation_fact AS r WHERE r.person_id IS NOT NULL
),
joined AS (
  SELECT DISTINCT s.scan_id
  FROM scan AS s
  JOIN entered AS r
    ON r.person_id = s.person_id AND r.from_date >= s.local_date
    AND r.from_date <= add_days(s.local_date, $qr_join_days)
  WHERE s.is_consumer
),
longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
code_day AS (
  SELECT c.kind, c.activated_date, c.first_date, count(*) AS codes
  FROM code AS c
  WHERE c.activated_date <= $as_of
  GROUP BY c.kind, c.activated_date, c.first_date
),
coded AS (
  SELECT
    p.period_kind, p.period_start_date, c.kind, sum(c.codes) AS activated_codes,
    sum(CASE WHEN c.first_date < p.period_end_date AND c.first_date <= $as_of THEN c.codes ELSE 0 END) AS scanned_codes,
    sum(
      CASE WHEN c.first_date >= p.period_start_date AND c.first_date < p.period_end_date AND c.first_date <= $as_of
        THEN c.codes ELSE 0 END
    ) AS new_scanned_codes
  FROM code_day AS c
  JOIN longer AS p ON c.activated_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, c.kind
),
by_scanner AS (
  SELECT
    p.period_kind, p.period_start_date, COALESCE(c.kind, 'unknown') AS kind, s.scanner_key, s.person_id,
    sum(CASE WHEN s.is_consumer THEN 1 ELSE 0 END) AS consumer_scans,
    sum(CASE WHEN s.is_consumer THEN 0 ELSE 1 END) AS merchant_scans, count(j.scan_id) AS joined_scans,
    sum(CASE WHEN s.is_consumer AND s.region_id IS NOT NULL AND c.region_id IS NOT NULL THEN 1 ELSE 0 END)
      AS located_scans,
    sum(CASE WHEN s.is_consumer AND s.region_id <> c.region_id THEN 1 ELSE 0 END) AS out_of_area_scans
  FROM scan AS s
  JOIN longer AS p ON s.local_date >= p.period_start_date AND s.local_date < p.period_end_date
  LEFT JOIN qr_code AS c ON c.qr_id = s.qr_id
  LEFT JOIN joined AS j ON j.scan_id = s.scan_id
  GROUP BY p.period_kind, p.period_start_date, COALESCE(c.kind, 'unknown'), s.scanner_key, s.person_id
),
scanned AS (
  SELECT
    b.period_kind, b.period_start_date, b.kind, sum(b.consumer_scans) AS consumer_scans,
    sum(b.merchant_scans) AS merchant_scans,
    sum(CASE WHEN b.consumer_scans > 0 AND b.scanner_key IS NOT NULL THEN 1 ELSE 0 END) AS scanners,
    sum(CASE WHEN b.consumer_scans > 1 AND b.scanner_key IS NOT NULL THEN 1 ELSE 0 END) AS repeat_scanners,
    sum(CASE WHEN b.consumer_scans > 0 AND b.person_id IS NOT NULL THEN 1 ELSE 0 END) AS scanning_persons,
    sum(CASE WHEN b.joined_scans > 0 THEN 1 ELSE 0 END) AS joined_persons, sum(b.located_scans) AS located_scans,
    sum(b.out_of_area_scans) AS out_of_area_scans,
    sum(CASE WHEN b.scanner_key IS NOT NULL THEN b.consumer_scans ELSE 0 END) AS keyed_scans
  FROM by_scanner AS b
  GROUP BY b.period_kind, b.period_start_date, b.kind
),
anything AS (
  SELECT c.period_kind, c.period_start_date, c.kind FROM coded AS c
  UNION
  SELECT s.period_kind, s.period_start_date, s.kind FROM scanned AS s
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, a.kind, COALESCE(c.activated_codes, 0) AS activated_codes,
  COALESCE(c.scanned_codes, 0) AS scanned_codes, COALESCE(c.new_scanned_codes, 0) AS new_scanned_codes,
  COALESCE(s.consumer_scans, 0) AS consumer_scans, COALESCE(s.merchant_scans, 0) AS merchant_scans,
  COALESCE(s.scanners, 0) AS scanners, COALESCE(s.repeat_scanners, 0) AS repeat_scanners,
  COALESCE(s.scanning_persons, 0) AS scanning_persons, COALESCE(s.joined_persons, 0) AS joined_persons,
  COALESCE(s.located_scans, 0) AS located_scans, COALESCE(s.out_of_area_scans, 0) AS out_of_area_scans,
  safe_divide(c.scanned_codes, c.activated_codes) AS first_scan_rate,
  safe_divide(s.joined_persons, s.scanning_persons) AS scanner_join_rate,
  safe_divide(s.keyed_scans, s.scanners) AS scans_per_scanner,
  safe_divide(s.out_of_area_scans, s.located_scans) AS out_of_area_share, $param_version AS param_version
FROM anything AS a
JOIN longer AS p ON p.period_kind = a.period_kind AND p.period_start_date = a.period_start_date
LEFT JOIN coded AS c
  ON c.period_kind = a.period_kind AND c.period_start_date = a.period_start_date AND c.kind = a.kind
LEFT JOIN scanned AS s
  ON s.period_kind = a.period_kind AND s.period_start_date = a.period_start_date AND s.kind = a.kind
