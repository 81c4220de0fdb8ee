-- How handoffs were answered, a row for each period, combination of dimensions, giver and receiver. Reads `pair`: `selected` with giver and receiver.
SELECT period, key, giver, receiver,
       count(*) AS handoffs,
       count(*) FILTER (status = 'accepted') AS accepted,
       count(*) FILTER (status = 'rejected') AS rejected,
       count(*) FILTER (status = 'withdrawn') AS withdrawn,
       count(*) FILTER (status = 'expired') AS expired,
       count(*) FILTER (status = 'open') AS open,
       accepted / nullif(accepted + rejected + expired, 0) AS acceptance_rate,
       quantile_cont(answer_us, 0.5) FILTER (status IN ('accepted', 'rejected')) / 1e6 AS answer_p50_s,
       quantile_cont(answer_us, 0.9) FILTER (status IN ('accepted', 'rejected')) / 1e6 AS answer_p90_s
FROM pair
GROUP BY period, key, giver, receiver
