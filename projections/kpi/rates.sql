-- Reads `business`, `calendar` and the variable currency (of the report).
-- Rates into the report's currency: of each day the last one set.
CREATE OR REPLACE TEMP VIEW rate AS
SELECT from_currency AS currency, coalesce(business.day, daytime.number) AS day,
       arg_max(rate, (occurred, coalesce(sequence, -9223372036854775808), position)) AS rate
FROM business
ASOF LEFT JOIN (SELECT number, begins FROM calendar WHERE begins < ends) AS daytime ON business.occurred >= daytime.begins
WHERE type = 'ExchangeRateSet' AND to_currency = getvariable('currency')
GROUP BY ALL;
