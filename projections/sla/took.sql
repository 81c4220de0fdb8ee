-- How long what was promised took, or has taken so far: each promise, and by promise, tier, team and time.
-- Reads `counted`, `paused`, `opening`, under an agreement in which no pause is too late. What happens in closed time or during a pause
-- would only be in time under a promise that is longer than the time that counts: by the smallest step.
CREATE TEMP VIEW taken AS
WITH spent AS (
    SELECT counted.*,
           counted.until > counted.started
           AND (counted.calendar IS NOT NULL AND counted.until > opening.closes
                OR EXISTS (SELECT 1 FROM paused
                           WHERE paused.handed = counted.handed AND paused.promise = counted.promise
                             AND paused.begins < counted.until AND (paused.until IS NULL OR paused.until >= counted.until))) AS in_vain
    FROM counted
    ASOF LEFT JOIN opening ON opening.calendar = counted.calendar AND opening.opens < counted.until
    WHERE counted.exact
)
SELECT *, business_us + in_vain::BIGINT AS took_us, CASE WHEN done IS NOT NULL THEN 'done' WHEN stopped THEN 'ended' ELSE 'waiting' END AS state
FROM spent;

CREATE TEMP TABLE took AS
SELECT promise, tier, team, took_us,
       count(*) AS cases, count(*) FILTER (state = 'done') AS done, count(*) FILTER (state = 'waiting') AS waiting
FROM taken
GROUP BY promise, tier, team, took_us;
