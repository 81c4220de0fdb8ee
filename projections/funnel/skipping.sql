-- Those in the stage before who entered this one, where optional stages lie between that they may have skipped.
CREATE TEMP VIEW skipping AS
SELECT before.period, before.key, here.stage, count(*) AS arrived
FROM (SELECT number, previous FROM stage WHERE previous < number - 1) AS stage
JOIN per_lead AS here ON here.stage = stage.number
JOIN per_lead AS before ON before.story = here.story AND before.journey = here.journey AND before.stage = stage.previous
WHERE before.selected
GROUP BY before.period, before.key, here.stage;
