-- Deals that are open at an instant, as they stood. Reads `stand`, `opportunity`, `calendar`, `weight` and the variables until (µs, the end of
-- what counts) and asked (µs). A row for each deal. age: µs since the opening, whole days where that is a plain date.
CREATE TEMP TABLE open_deal AS
WITH today AS (SELECT max(number) AS day FROM calendar WHERE begins <= getvariable('asked'))
SELECT stand.story AS lead, stand.opportunity, stand.stage, stand.key, stand.values, stand.amount, stand.currency, stand.position,
       CASE WHEN stand.amount IS NULL THEN NULL WHEN stand.amount = 0 THEN 0 ELSE stand.amount * weight.weight END AS value,
       stand.amount IS NULL AS unpriced,
       stand.expected_close, stand.expected_day, stand.next_step_due, stand.pushes, opened.occurred AS opened_at, opened.day AS opened_day,
       CASE WHEN opened.precision >= 2 THEN NULL                     -- of unknown age, not new
            WHEN opened.day IS NULL THEN greatest(getvariable('asked') - opened.occurred, 0)
            ELSE greatest((today.day - opened.day)::BIGINT * 86400000000, 0) END AS age,
       coalesce(stand.expected_day < today.day, false) AS close_overdue,
       coalesce(CASE WHEN length(stand.next_step_due) = 10 THEN try_cast(stand.next_step_due AS DATE) - DATE '1970-01-01' < today.day
                     ELSE epoch_us(try_cast(stand.next_step_due AS TIMESTAMPTZ)) < getvariable('asked') END, false) AS next_step_overdue
FROM stand
JOIN opportunity AS opened USING (story, opportunity)
CROSS JOIN today
LEFT JOIN weight ON weight.currency = stand.currency
WHERE inside AND placed_at < getvariable('until') AND (to_at IS NULL OR to_at >= getvariable('until'));
