-- Totals: what each measure comes to in each stretch of time and for each combination of dimensions, in each pass: a way to cut and filter.
-- Reads `cut` (counting.py: a row for each thing counted and each pass that lets it through), `measure`, `rate` (rates.sql), `calendar`
-- and the variable currency (of the report).

-- Things, spans, and what makes a value missing. Where money is meant, what has no amount is left out and told.
CREATE TEMP VIEW things AS
WITH priced AS (
    SELECT cut.*, measure.once, NOT measure.money OR amount IS NOT NULL AS priced FROM cut JOIN measure ON measure.name = cut.measure
)
SELECT pass, measure, stretch, key, count(DISTINCT (story, thing)) FILTER (priced) AS things,
       sum(span)::BIGINT AS span, quantile_cont(span, 0.5) AS p50, quantile_cont(span, 0.9) AS p90,
       min(missing) AS missing, count(*) FILTER (NOT priced) AS unpriced
FROM priced WHERE once
GROUP BY ALL
UNION ALL                                      -- counted one by one: nothing need be told apart
SELECT pass, measure, stretch, key, count(*) FILTER (priced),
       sum(span)::BIGINT, quantile_cont(span, 0.5), quantile_cont(span, 0.9), min(missing), count(*) FILTER (NOT priced)
FROM priced WHERE NOT once
GROUP BY ALL;

CREATE TEMP VIEW money AS
WITH foreign_money AS (                        -- what needs a rate, of the day to which it belongs
    SELECT pass, measure, stretch, key, cut.currency, amount, daytime.number AS day
    FROM cut
    ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS daytime ON coalesce(placed_at, occurred_until) >= daytime.begins
    WHERE amount IS NOT NULL AND cut.currency <> getvariable('currency')
)
SELECT pass, measure, stretch, key, currency, NULL::VARCHAR AS rate, sum(amount) AS amount
FROM cut
WHERE amount IS NOT NULL AND (currency IS NULL OR currency = getvariable('currency'))
GROUP BY ALL
UNION ALL
SELECT pass, measure, stretch, key, foreign_money.currency, rate.rate, sum(amount) AS amount
FROM foreign_money
ASOF LEFT JOIN rate ON rate.currency = foreign_money.currency AND foreign_money.day >= rate.day
GROUP BY ALL;
