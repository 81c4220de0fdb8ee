-- The leads by their capture (in a merged story the earliest), and what bears on them. Reads `milestone`, `closing` (sales step), `goal`, `left_out`.
CREATE TEMP TABLE counted AS
SELECT row_number() OVER () AS row, story, journey, position, occurred, occurred_until, day, precision, NULL::VARCHAR AS reason,
       (SELECT max(occurred) FROM (SELECT occurred FROM goal UNION ALL SELECT occurred FROM closing)) AS ends_at,
       NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_team, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM milestone
WHERE type = 'LeadCaptured' AND story NOT IN (SELECT story FROM left_out)
QUALIFY row_number() OVER (PARTITION BY story ORDER BY journey) = 1;
