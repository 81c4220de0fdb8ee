-- Reached: a stage is entered by its first event in the journey.
CREATE TEMP TABLE entry AS
SELECT *, true AS timed FROM reached;
