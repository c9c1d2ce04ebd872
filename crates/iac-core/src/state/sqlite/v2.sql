-- Format 2: hooks, and when types were compared with the cloud. Never edit: files with it exist. SQLite cannot change a CHECK in place, so the tables are
-- made anew and filled from the old ones.

ALTER TABLE resource RENAME TO resource_1;

CREATE TABLE resource (
    stack_id     INTEGER NOT NULL REFERENCES stack (stack_id),
    urn          TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    token        TEXT    NOT NULL,
    type_token   TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status = 'ready' OR status = 'incomplete' OR status = 'pending_delete' OR status = 'gone'),
    inputs       TEXT    NOT NULL CHECK (json_valid(inputs)),
    outputs      TEXT    NOT NULL CHECK (json_valid(outputs)),
    observed     TEXT             CHECK (observed IS NULL OR json_valid(observed)),
    missing      INTEGER NOT NULL CHECK (missing = 0 OR missing = 1),
    triggers     TEXT    NOT NULL CHECK (json_valid(triggers)),
    dependencies TEXT    NOT NULL CHECK (json_valid(dependencies)),
    protect      INTEGER NOT NULL CHECK (protect = 0 OR protect = 1),
    retain       INTEGER NOT NULL CHECK (retain = 0 OR retain = 1),
    generation   INTEGER NOT NULL CHECK (generation >= 0),
    refreshed_at INTEGER NOT NULL,
    modified_at  INTEGER NOT NULL,
    -- Hooks of the deletion, and hooks that are still owed.
    hooks        TEXT             CHECK (hooks IS NULL OR json_valid(hooks)),
    UNIQUE (stack_id, urn, token)
) STRICT;

INSERT INTO resource (
    stack_id, urn, token, type_token, provider, account, id, status, inputs, outputs, observed, missing,
    triggers, dependencies, protect, retain, generation, refreshed_at, modified_at)
SELECT
    stack_id, urn, token, type_token, provider, account, id, status, inputs, outputs, observed, missing,
    triggers, dependencies, protect, retain, generation, refreshed_at, modified_at
FROM resource_1;

DROP TABLE resource_1;

ALTER TABLE journal RENAME TO journal_1;

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
) STRICT;

INSERT INTO journal (
    stack_id, run, step, op, checkpoint_id, begun_at, urn, token, type_token, provider, account, id, status,
    inputs, outputs, observed, missing, triggers, dependencies, protect, retain, generation, refreshed_at,
    modified_at)
SELECT
    stack_id, run, step, op, checkpoint_id, begun_at, urn, token, type_token, provider, account, id, status,
    inputs, outputs, observed, missing, triggers, dependencies, protect, retain, generation, refreshed_at,
    modified_at
FROM journal_1;

DROP TABLE journal_1;

-- When all resources of a type were last compared with the cloud. Rows that were found as recorded are
-- not written for that, so their own refreshed_at may be older.
CREATE TABLE checked (
    stack_id   INTEGER NOT NULL REFERENCES stack (stack_id),
    provider   TEXT    NOT NULL,
    type_token TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (stack_id, provider, type_token)
) STRICT, WITHOUT ROWID;
