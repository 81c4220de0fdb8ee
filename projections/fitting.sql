-- Whether a row's values of the dimensions fit the filters. Reads `condition` (number, wanted, unknown); no row where nothing is filtered.
SET VARIABLE condition = (SELECT list(condition) FROM condition);

CREATE OR REPLACE TEMP MACRO fits(given) AS
    CASE WHEN getvariable('condition') IS NULL THEN true
         ELSE list_bool_and(list_transform(getvariable('condition'), lambda condition:
             CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                  ELSE list_contains(condition.wanted, given[condition.number]) END)) END;
