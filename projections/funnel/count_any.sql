-- Reached: a stage is entered by its first event in the journey.
CREATE TEMP VIEW entry AS
SELECT *, true AS timed FROM reached;
