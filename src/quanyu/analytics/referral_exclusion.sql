-- referral_exclusion: the referrals of each longer period that do not count, by reason
-- grain: period_kind, period_start_date, invalid_reason
-- reads: report_period, referral_fact
-- source: M-31, M-40
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, r.invalid_reason, count(*) AS referrals
FROM referral_fact AS r
JOIN report_period AS p ON r.local_date >= p.period_start_date AND r.local_date < p.period_end_date
WHERE p.period_kind IN ('month', 'quarter', 'year') AND r.invalid_reason IS NOT NULL
GROUP BY p.period_kind, p.period_start_date, p.period_end_date, r.invalid_reason
