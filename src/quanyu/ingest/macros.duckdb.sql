-- macros: how one cell of text is cleaned and read; a value that cannot be read is null, its *_problem says why
-- The first two branches are what nearly every cell needs, and cost a fifth of the third.
CREATE OR REPLACE TEMP MACRO clean_text(x) AS CASE
    WHEN x >= '!' AND strlen(x) = length(x) AND x[-1] >= '!' THEN x
    WHEN NOT regexp_matches(x, '^[\s\x{3000}\x{00A0}]|[\s\x{3000}\x{00A0}]$|[\x{200B}-\x{200F}\x{2060}-\x{2064}\x{FEFF}\x{00AD}]')
    THEN nullif(x, '')
    ELSE nullif(trim(regexp_replace(x, '[\x{200B}-\x{200F}\x{2060}-\x{2064}\x{FEFF}\x{00AD}]', '', 'g'),
        E' \t\r\n' || chr(12288) || chr(160)), '') END;
CREATE OR REPLACE TEMP MACRO clean_trim(x) AS clean_text(x);
CREATE OR REPLACE TEMP MACRO clean_excel_text(x) AS CASE
    WHEN starts_with(x, '="') AND ends_with(x, '"') THEN clean_text(x[3:-2])
    WHEN starts_with(x, '''') THEN clean_text(x[2:]) ELSE x END;
CREATE OR REPLACE TEMP MACRO clean_half_width(x) AS CASE WHEN strlen(x) = length(x) THEN x ELSE translate(x,
    '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ，．－＋（）：／＠＿　',
    '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz,.-+():/@_ ') END;
CREATE OR REPLACE TEMP MACRO clean_phone(x) AS CASE WHEN regexp_full_match(x, '1[3-9][0-9]{9}') THEN x
    ELSE regexp_replace(regexp_replace(x, '[\s\-().]', '', 'g'), '^(\+|00)?86(1[0-9]{10})$', '\2') END;
CREATE OR REPLACE TEMP MACRO clean_email(x) AS lower(x);
CREATE OR REPLACE TEMP MACRO clean_digits(x) AS nullif(regexp_replace(x, '[^0-9]', '', 'g'), '');
CREATE OR REPLACE TEMP MACRO clean_upper(x) AS upper(x);
CREATE OR REPLACE TEMP MACRO clean_lower(x) AS lower(x);
CREATE OR REPLACE TEMP MACRO clean_money_symbol(x) AS clean_text(regexp_replace(x, '(?i)(RMB|CNY|USD|EUR|元|[¥￥$€£])', '', 'g'));
CREATE OR REPLACE TEMP MACRO clean_masked_as_null(x) AS CASE WHEN contains(x, '*') THEN NULL ELSE x END;
CREATE OR REPLACE TEMP MACRO clean_zero_as_null(x) AS CASE WHEN regexp_full_match(x, '[+-]?0+([.,]0+)?') THEN NULL ELSE x END;
CREATE OR REPLACE TEMP MACRO clean_comma_thousands(x) AS CASE
    WHEN regexp_full_match(x, '[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?') THEN replace(x, ',', '') ELSE x END;
CREATE OR REPLACE TEMP MACRO clean_dot_thousands(x) AS CASE
    WHEN regexp_full_match(x, '[+-]?[0-9]{1,3}(\.[0-9]{3})*(,[0-9]+)?') OR regexp_full_match(x, '[+-]?[0-9]+(,[0-9]+)?')
    THEN replace(replace(x, '.', ''), ',', '.') WHEN contains(x, '.') THEN '?' || x ELSE x END;
CREATE OR REPLACE TEMP MACRO clean_blank_thousands(x) AS CASE
    WHEN regexp_full_match(x, '[+-]?[0-9]{1,3}([ \x{00A0}\x{202F}][0-9]{3})*(,[0-9]+)?') OR regexp_full_match(x, '[+-]?[0-9]+(,[0-9]+)?')
    THEN replace(regexp_replace(x, '[ \x{00A0}\x{202F}]', '', 'g'), ',', '.') ELSE x END;
CREATE OR REPLACE TEMP MACRO read_decimal(x) AS CASE
    WHEN regexp_full_match(x, '[+-]?([0-9]+(\.[0-9]{0,6})?|\.[0-9]{1,6})') THEN TRY_CAST(x AS DECIMAL(18, 6)) END;
CREATE OR REPLACE TEMP MACRO read_int(x) AS CASE
    WHEN regexp_full_match(x, '[+-]?[0-9]{1,18}(\.0*)?') THEN TRY_CAST(split_part(x, '.', 1) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO read_ratio(x) AS CASE
    WHEN regexp_full_match(x, '[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') THEN TRY_CAST(x AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO read_bool(x) AS CASE
    WHEN lower(x) IN ('1', 'true', 't', 'yes', 'y', '是', '有') THEN true
    WHEN lower(x) IN ('0', 'false', 'f', 'no', 'n', '否', '无') THEN false END;
CREATE OR REPLACE TEMP MACRO number_problem(x, digits) AS CASE
    WHEN regexp_matches(x, '[¥￥$€£元]|(?i:RMB|CNY|USD|EUR)') THEN 'amount.symbol'
    WHEN regexp_full_match(x, '[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?') THEN 'amount.thousands'
    WHEN regexp_full_match(x, '[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+') THEN 'amount.scientific'
    WHEN regexp_full_match(x, '[+-]?[0-9]+') THEN 'amount.range'
    WHEN regexp_full_match(x, '[+-]?[0-9]*\.[0-9]+') AND length(split_part(x, '.', 2)) > digits THEN 'amount.scale'
    WHEN regexp_full_match(x, '[+-]?[0-9]*\.[0-9]+') THEN 'amount.range'
    ELSE 'amount.not_number' END;
CREATE OR REPLACE TEMP MACRO read_iso_local(x) AS CASE
    WHEN regexp_full_match(x, '[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?)?')
    THEN TRY_CAST(CASE WHEN contains(x, '/') THEN replace(x, '/', '-') ELSE x END AS TIMESTAMP) END;
CREATE OR REPLACE TEMP MACRO read_iso_zoned(x) AS CASE
    WHEN length(x) > 16 AND regexp_full_match(x, '[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)? ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})')
    THEN timezone('UTC', TRY_CAST(regexp_replace(regexp_replace(replace(x, '/', '-'), ' ?(Z|UTC)$', '+00:00'),
        ' ?([+-][0-9]{2}):?([0-9]{2})$', '\1:\2') AS TIMESTAMPTZ)) END;
CREATE OR REPLACE TEMP MACRO read_excel_serial(x) AS CASE
    WHEN regexp_full_match(x, '[0-9]{4,5}(\.[0-9]+)?') THEN TIMESTAMP '1899-12-30' + to_seconds(CAST(round(TRY_CAST(x AS DECIMAL(38, 12)) * 86400) AS BIGINT)) END;
CREATE OR REPLACE TEMP MACRO read_epoch_s(x) AS CASE WHEN regexp_full_match(x, '[0-9]{9,10}') THEN make_timestamp(TRY_CAST(x AS BIGINT) * 1000000) END;
CREATE OR REPLACE TEMP MACRO read_epoch_ms(x) AS CASE WHEN regexp_full_match(x, '[0-9]{12,13}') THEN make_timestamp(TRY_CAST(x AS BIGINT) * 1000) END;
CREATE OR REPLACE TEMP MACRO utc_fixed(t, minutes) AS t - to_minutes(minutes);
CREATE OR REPLACE TEMP MACRO utc_zone(t, zone) AS timezone('UTC', timezone(zone, t));
CREATE OR REPLACE TEMP MACRO day_fixed(t, minutes) AS CAST(t + to_minutes(minutes) AS DATE);
CREATE OR REPLACE TEMP MACRO day_zone(t, zone) AS CAST(timezone(zone, timezone('UTC', t)) AS DATE);
CREATE OR REPLACE TEMP MACRO time_problem(x) AS CASE
    WHEN regexp_full_match(x, '[2-7][0-9]{4}(\.[0-9]+)?') THEN 'date.serial'
    WHEN regexp_full_match(x, '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}.*') THEN 'date.ambiguous'
    WHEN read_iso_local(regexp_extract(x, '^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}')) IS NOT NULL THEN 'time.invalid'
    WHEN regexp_full_match(x, '[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?') THEN 'time.invalid'
    ELSE 'date.invalid' END;
CREATE OR REPLACE TEMP MACRO id_problem(x) AS CASE
    WHEN regexp_full_match(x, '[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+') THEN 'id.scientific' END;
CREATE OR REPLACE TEMP MACRO phone_problem(x) AS CASE
    WHEN regexp_full_match(x, '1[3-9][0-9]{9}|\+[1-9][0-9]{7,14}') THEN NULL
    WHEN regexp_full_match(x, '[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+') THEN 'phone.scientific'
    WHEN regexp_matches(x, '[^0-9+]') THEN 'phone.characters'
    ELSE 'phone.length' END;
CREATE OR REPLACE TEMP MACRO email_problem(x) AS CASE WHEN NOT regexp_full_match(x, '[^@\s]+@[^@\s]+\.[^@\s]+') THEN 'email.invalid' END;
CREATE OR REPLACE TEMP MACRO id_card_in(x) AS regexp_extract(x,
    '(?:^|[^0-9A-Za-z])((?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx])(?:$|[^0-9A-Za-z])', 1);
-- The check digit of GB 11643-1999: without it one long order number in a thousand would look like a card.
CREATE OR REPLACE TEMP MACRO holds_id_card(x) AS id_card_in(x) <> '' AND upper(id_card_in(x)[18]) = '10X98765432'[1 + CAST(list_sum(
    list_transform([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], lambda w, i: w * TRY_CAST(id_card_in(x)[CAST(i AS INTEGER)] AS INTEGER))) % 11 AS INTEGER)];
CREATE OR REPLACE TEMP MACRO text_problem(x, longest) AS CASE
    WHEN length(x) > longest THEN 'csv.cell_too_long'
    WHEN regexp_matches(x, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\x{202A}-\x{202E}\x{2066}-\x{2069}]') THEN 'text.control'
    WHEN length(x) >= 18 AND holds_id_card(x) THEN 'pii.sensitive_refused' END;
