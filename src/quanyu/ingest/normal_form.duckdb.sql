-- normal_form: the normal form of each value of an identifier type, and what is wrong with it (null: nothing)
-- The values are lent as `looked_up` (place, value).  The cleaners are those of `people.py`; a source may clean more
-- before them.
WITH said AS (
    SELECT place, clean_excel_text(clean_text(value)) AS text
    FROM looked_up
),
normal AS (
    SELECT place, CASE $id_type
        WHEN 'mobile' THEN clean_phone(clean_half_width(text))
        WHEN 'email' THEN clean_email(clean_half_width(text))
        ELSE text END AS normal
    FROM said
)
SELECT normal, CASE WHEN normal IS NULL THEN 'row.required' ELSE CASE $id_type
    WHEN 'mobile' THEN phone_problem(normal)
    WHEN 'email' THEN email_problem(normal)
    ELSE id_problem(normal) END END AS problem
FROM normal
ORDER BY place
