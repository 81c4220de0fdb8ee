-- An ordered run: a stage counts where all stages up to it follow each other, each not after every later one (other events may
-- lie between); it is entered at its event in the earliest such run. `latest` is the latest start in the run so far.
-- No run leads through an optional stage: it is entered behind the run up to the stage before it, and the run goes on without it.
CREATE TEMP TABLE entry AS
WITH RECURSIVE run AS (
    SELECT *, occurred AS latest FROM reached WHERE stage = 1
    UNION ALL
    SELECT entering.story, entering.journey, entering.stage,
           min(entering.place) AS place,
           arg_min(entering.position, entering.place) AS position,
           min(entering.occurred) AS occurred,
           greatest(any_value(run.latest), min(entering.occurred)) AS latest
    FROM run
    JOIN (
        SELECT entering.*, stage.previous, coalesce(occurred_until, occurred) AS occurred_until
        FROM entering JOIN stage ON stage.number = entering.stage LEFT JOIN dated USING (position)
    ) AS entering
      ON entering.story = run.story AND entering.journey = run.journey
     AND entering.previous = run.stage AND entering.occurred_until >= run.latest
    GROUP BY entering.story, entering.journey, entering.stage
)
SELECT story, journey, stage, place, position, occurred, true AS timed
FROM run;
