-- Measures of the agreement, at the instant of the handoff. Reads `verdict` (projections/sla) and the variables earliest and latest (µs),
-- between which all is that is wanted: what was handed off elsewhere is not judged; two days further on at both ends, since plain dates are
-- where their zone has them.
CREATE TEMP TABLE response AS
SELECT *, 9223372036854775807 AS journey, occurred AS occurred_until
FROM verdict
WHERE promise = 'response'
  AND occurred BETWEEN getvariable('earliest') - 172800000000 AND getvariable('latest') + 172800000000;
CREATE TEMP VIEW responses_judged AS FROM response WHERE verdict IN ('met', 'breached');
CREATE TEMP VIEW responses_met AS FROM response WHERE verdict = 'met';

-- How long first responses took, in business and in wall time.
CREATE TEMP VIEW response_times AS SELECT *, business_us AS span FROM response WHERE done IS NOT NULL;
CREATE TEMP VIEW response_wall_times AS SELECT * REPLACE (wall_us AS span) FROM response_times;
