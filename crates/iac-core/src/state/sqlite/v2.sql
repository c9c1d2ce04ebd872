-- Format 2: hooks, when types were compared with the cloud, and what rows were after each run. Never
-- edit: files with it exist. SQLite cannot change a CHECK in place, so tables are made anew and filled
-- from the old ones. `run` comes first, so that what refers to it can be made to refer to the new one.

ALTER TABLE run RENAME TO run_1;

CREATE TABLE run (
    stack_id    INTEGER NOT NULL REFERENCES stack (stack_id),
    run         INTEGER NOT NULL CHECK (run > 0),
    kind        TEXT    NOT NULL CHECK (kind = 'apply' OR kind = 'destroy' OR kind = 'refresh' OR kind = 'state' OR
                                        kind = 'rollback'),
    status      TEXT    NOT NULL CHECK (status = 'running' OR status = 'succeeded' OR status = 'failed' OR status = 'cancelled'),
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    holder      TEXT    NOT NULL,
    rollback_to INTEGER CHECK (rollback_to IS NULL OR kind = 'rollback'),
    PRIMARY KEY (stack_id, run)
) STRICT, WITHOUT ROWID;

INSERT INTO run (stack_id, run, kind, status, started_at, ended_at, holder)
SELECT stack_id, run, kind, status, started_at, ended_at, holder FROM run_1;

ALTER TABLE step RENAME TO step_1;

CREATE TABLE step (
    stack_id      INTEGER NOT NULL,
    run           INTEGER NOT NULL,
    step          INTEGER NOT NULL CHECK (step >= 0),
    urn           TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    op            TEXT    NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    error_kind    TEXT,
    error         TEXT,
    inputs_before TEXT             CHECK (inputs_before IS NULL OR json_valid(inputs_before)),
    inputs_after  TEXT             CHECK (inputs_after IS NULL OR json_valid(inputs_after)),
    PRIMARY KEY (stack_id, run, step),
    FOREIGN KEY (stack_id, run) REFERENCES run (stack_id, run),
    CHECK ((error_kind IS NULL) = (error IS NULL))
) STRICT;

INSERT INTO step (stack_id, run, step, urn, op, started_at, ended_at, error_kind, error, inputs_before, inputs_after)
SELECT stack_id, run, step, urn, op, started_at, ended_at, error_kind, error, inputs_before, inputs_after FROM step_1;

DROP TABLE step_1;

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

DROP TABLE run_1;

-- What `resource` and `export` held after each run: a row stands from the end of run `from_run` until
-- the end of run `until_run`, or still where that is NULL. A rollback is made from them. `renamed_from`
-- is what the resource was called until `from_run`, where it had another name.
CREATE TABLE past_resource (
    stack_id     INTEGER NOT NULL REFERENCES stack (stack_id),
    urn          TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    token        TEXT    NOT NULL,
    from_run     INTEGER NOT NULL CHECK (from_run > 0),
    until_run    INTEGER          CHECK (until_run > from_run),
    type_token   TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status = 'ready' OR status = 'incomplete' OR status = 'pending_delete' OR
                                         status = 'gone'),
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
    hooks        TEXT             CHECK (hooks IS NULL OR json_valid(hooks)),
    renamed_from TEXT             CHECK (renamed_from LIKE 'urn:%'),
    UNIQUE (stack_id, urn, token, from_run)
) STRICT;

CREATE TABLE past_export (
    stack_id  INTEGER NOT NULL REFERENCES stack (stack_id),
    name      TEXT    NOT NULL,
    from_run  INTEGER NOT NULL CHECK (from_run > 0),
    until_run INTEGER          CHECK (until_run > from_run),
    value     TEXT    NOT NULL CHECK (json_valid(value)),
    PRIMARY KEY (stack_id, name, from_run)
) STRICT, WITHOUT ROWID;

-- What there is now is what there was after the newest run. Of older ones nothing is known.
INSERT INTO past_resource (
    stack_id, urn, token, from_run, type_token, provider, account, id, status, inputs, outputs, observed,
    missing, triggers, dependencies, protect, retain, generation, refreshed_at, modified_at, hooks)
SELECT
    resource.stack_id, urn, token, newest.run, type_token, provider, account, id, status, inputs, outputs, observed,
    missing, triggers, dependencies, protect, retain, generation, refreshed_at, modified_at, hooks
FROM resource JOIN (SELECT stack_id, max(run) AS run FROM run GROUP BY stack_id) AS newest USING (stack_id);

INSERT INTO past_export (stack_id, name, from_run, value)
SELECT export.stack_id, name, newest.run, value
FROM export JOIN (SELECT stack_id, max(run) AS run FROM run GROUP BY stack_id) AS newest USING (stack_id);

INSERT INTO meta (key, value)
SELECT 'past_since_' || stack_id, max(run) FROM run GROUP BY stack_id;
