-- The currencies of what is asked for, between the first and the last instant of it. Reads `stand` and `stretch`.
SELECT DISTINCT unnest([currency, was_in, taken_in]) AS currency
FROM stand
WHERE (inside OR was_inside OR closes AND here OR closed IN ('reversed', 'taken_back') AND here)
  AND placed_at < (SELECT max(stretch.at) FROM stretch) AND coalesce(to_at >= (SELECT min(begins) FROM stretch), true)
