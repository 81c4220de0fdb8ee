-- Measures of the agreement, at the instant of the handoff. Reads `verdict` (projections/sla).
CREATE TEMP VIEW responses_judged AS
SELECT *, 9223372036854775807 AS journey, occurred AS occurred_until FROM verdict WHERE promise = 'response' AND verdict IN ('met', 'breached');
CREATE TEMP VIEW responses_met AS SELECT * FROM responses_judged WHERE verdict = 'met';

-- How long first responses took, in business and in wall time.
CREATE TEMP VIEW response_times AS
SELECT *, 9223372036854775807 AS journey, occurred AS occurred_until, business_us AS span FROM verdict WHERE promise = 'response' AND done IS NOT NULL;
CREATE TEMP VIEW response_wall_times AS SELECT * REPLACE (wall_us AS span) FROM response_times;
