-- Each journey with the stages that count instead of those that it has reached. Reads `entry`, rewrites `began`.
CREATE OR REPLACE TEMP TABLE began AS
SELECT began.* REPLACE (counted.stages AS stages)
FROM began
JOIN (SELECT story, journey, bit_or(1::BIGINT << stage) AS stages FROM entry GROUP BY story, journey) AS counted
USING (story, journey);
