-- Credits: each deal's amount and the deal itself, split over its touches by weights that are whole numbers. Minor units that do not
-- divide go to the largest remainders, the earlier touch first. Reads `touched` and the variables model and half_life (µs).
-- u: 40 % the first, 40 % the last, the rest over those between. w: 30 % the first, the one at the opening, the last; 10 % the rest.
-- A touch with two roles has both shares; where there is no touch between, or none at the opening, the others share in proportion.
CREATE OR REPLACE TEMP TABLE credited AS
WITH keyed AS (
    SELECT *, CASE getvariable('model') WHEN 'u' THEN role & 3 WHEN 'w' THEN role & 7 END AS held
    FROM touched
),
between AS (
    SELECT *, count(*) FILTER (held = 0) OVER (PARTITION BY deal) AS plain FROM keyed
),
weighed AS (
    SELECT *,
           CASE getvariable('model')
               WHEN 'first' THEN role & 1
               WHEN 'last' THEN (role >> 1) & 1
               WHEN 'linear' THEN 1
               WHEN 'u' THEN CASE WHEN held = 0 THEN 1 ELSE bit_count(held::UTINYINT) * greatest(2 * plain, 1) END
               WHEN 'w' THEN CASE WHEN held = 0 THEN 1 ELSE bit_count(held::UTINYINT) * greatest(3 * plain, 1) END
               WHEN 'time_decay' THEN CASE WHEN touches = 0 THEN 1 ELSE
                   greatest(1, floor(pow(2, 40 - greatest(occurred - touched_at, 0)::DOUBLE / getvariable('half_life')))) END
           END::HUGEINT AS weight
    FROM between
),
split AS (
    SELECT *, sum(weight) OVER (PARTITION BY deal)::HUGEINT AS all_weights FROM weighed
),
floored AS (
    SELECT *, amount * weight // all_weights AS whole, amount * weight % all_weights AS remainder FROM split
)
SELECT * EXCLUDE (whole, remainder, held, plain), weight::DOUBLE / all_weights::DOUBLE AS credit,
       whole + (row_number() OVER (PARTITION BY deal ORDER BY remainder DESC, place)
                <= amount - sum(whole) OVER (PARTITION BY deal))::INTEGER AS credited
FROM floored;
