-- Format 4: the journal without an index of its own, as each call writes and deletes a row of it: one page
-- less in every commit. Never edit: files with it exist.

ALTER TABLE journal RENAME TO journal_3;

CREATE TABLE journal (
    stack_id      INTEGER NOT NULL,
    run           INTEGER NOT NULL,
    step          INTEGER NOT NULL CHECK (step >= 0),
    op            TEXT    NOT NULL CHECK (op = 'create' OR op = 'update' OR op = 'delete' OR op = 'hook'),
    checkpoint_id TEXT,
    begun_at      INTEGER NOT NULL,
    urn           TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    token         TEXT    NOT NULL,
    type_token    TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    status        TEXT    NOT NULL CHECK (status = 'ready' OR status = 'incomplete' OR status = 'pending_delete' OR status = 'gone'),
    inputs        TEXT    NOT NULL CHECK (json_valid(inputs)),
    outputs       TEXT    NOT NULL CHECK (json_valid(outputs)),
    observed      TEXT             CHECK (observed IS NULL OR json_valid(observed)),
    missing       INTEGER NOT NULL CHECK (missing = 0 OR missing = 1),
    triggers      TEXT    NOT NULL CHECK (json_valid(triggers)),
    dependencies  TEXT    NOT NULL CHECK (json_valid(dependencies)),
    protect       INTEGER NOT NULL CHECK (protect = 0 OR protect = 1),
    retain        INTEGER NOT NULL CHECK (retain = 0 OR retain = 1),
    generation    INTEGER NOT NULL CHECK (generation >= 0),
    refreshed_at  INTEGER NOT NULL,
    modified_at   INTEGER NOT NULL,
    hooks         TEXT             CHECK (hooks IS NULL OR json_valid(hooks)),
    PRIMARY KEY (stack_id, run, step),
    FOREIGN KEY (stack_id, run) REFERENCES run (stack_id, run)
) STRICT, WITHOUT ROWID;

INSERT INTO journal SELECT * FROM journal_3;

DROP TABLE journal_3;
