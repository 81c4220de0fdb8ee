-- What was known: the events up to the asked knowing, without those of retracted runs.
-- Reads `events`, one row an event, and the variable as_of (µs).
CREATE OR REPLACE TEMP TABLE retracted AS
SELECT of_run AS run
FROM events
WHERE type IN ('RunRetracted', 'RunRestored') AND recorded <= getvariable('as_of')
GROUP BY of_run
HAVING arg_max(type, position) = 'RunRetracted';

CREATE OR REPLACE TEMP VIEW kept AS
SELECT events.*
FROM events ANTI JOIN retracted USING (run)
WHERE recorded <= getvariable('as_of');

CREATE OR REPLACE TEMP VIEW known AS FROM kept WHERE lead > 0;

-- What concerns the business, not one lead: agreements, quotas, spend, people, rates, forecasts.
CREATE OR REPLACE TEMP VIEW business AS FROM kept WHERE lead = 0;
