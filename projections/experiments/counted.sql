-- The exposures with whether the lead entered the goal's stage at or after it first saw the variant. Reads `exposure`, `goal`, `left_out`.
CREATE TEMP TABLE counted AS
SELECT row_number() OVER () AS row, exposure.*, NULL::BIGINT AS ends_at, NULL::VARCHAR AS reason, NULL::VARCHAR AS own_owner,
       NULL::VARCHAR AS own_team, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign,
       first_after.position IS NOT NULL AS converted, first_after.position AS goal_position, first_after.occurred AS goal_occurred, first_after.day AS goal_day
FROM exposure
LEFT JOIN (
    SELECT exposure.story, exposure.experiment, arg_min(goal.position, (goal.occurred, goal.position)) AS position,
           min(goal.occurred) AS occurred, arg_min_null(goal.day, (goal.occurred, goal.position)) AS day
    FROM exposure JOIN goal ON goal.story = exposure.story AND goal.occurred_until >= exposure.occurred
    GROUP BY ALL
) AS first_after USING (story, experiment)
WHERE exposure.story NOT IN (SELECT story FROM left_out);
