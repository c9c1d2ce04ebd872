-- Format 3: how long the last calls for each resource took. Never edit: files with it exist.

CREATE TABLE duration (
    stack_id INTEGER NOT NULL REFERENCES stack (stack_id),
    op       TEXT    NOT NULL CHECK (op <> ''),
    urn      TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    run      INTEGER NOT NULL CHECK (run > 0),
    ms       INTEGER NOT NULL CHECK (ms >= 0),
    ms_2     INTEGER          CHECK (ms_2 >= 0),
    ms_3     INTEGER          CHECK (ms_3 >= 0),
    ms_4     INTEGER          CHECK (ms_4 >= 0),
    ms_5     INTEGER          CHECK (ms_5 >= 0),
    PRIMARY KEY (stack_id, op, urn)
) STRICT, WITHOUT ROWID;

-- What the history tells. A hook's step does not say which hook it was.
INSERT INTO duration (stack_id, op, urn, run, ms, ms_2, ms_3, ms_4, ms_5)
WITH timed AS (
    SELECT stack_id, urn, run,
           CASE op WHEN 'create_replacement' THEN 'create' WHEN 'delete_replaced' THEN 'delete' ELSE op END AS op,
           max(ended_at - started_at, 0) AS ms,
           step
    FROM step
    WHERE error_kind IS NULL
          AND op IN ('create', 'create_replacement', 'update', 'delete', 'delete_replaced', 'read')
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY stack_id, op, urn ORDER BY run DESC, step DESC) AS place
    FROM timed
)
SELECT stack_id, op, urn, max(run),
       max(CASE place WHEN 1 THEN ms END), max(CASE place WHEN 2 THEN ms END), max(CASE place WHEN 3 THEN ms END),
       max(CASE place WHEN 4 THEN ms END), max(CASE place WHEN 5 THEN ms END)
FROM numbered WHERE place <= 5 GROUP BY stack_id, op, urn;
