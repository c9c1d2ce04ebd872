-- Format 1. Never edit: files with it exist. A change is a new file with the statements that lead there.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE stack (
    stack_id     INTEGER PRIMARY KEY,
    project      TEXT    NOT NULL CHECK (project <> ''),
    name         TEXT    NOT NULL CHECK (name <> ''),
    serial       INTEGER NOT NULL DEFAULT 0 CHECK (serial >= 0),
    key_envelope TEXT,
    UNIQUE (project, name)
) STRICT;

-- One row per object in the cloud. Times are milliseconds since 1970 UTC.
CREATE TABLE resource (
    stack_id     INTEGER NOT NULL REFERENCES stack (stack_id),
    urn          TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    token        TEXT    NOT NULL,
    type_token   TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status = 'ready' OR status = 'incomplete' OR status = 'pending_delete'),
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
    UNIQUE (stack_id, urn, token)
) STRICT;

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

-- Open calls: a row exists from before the request until its effect is recorded. `checkpoint_id` is
-- the physical id as soon as it is known; the other columns are the resource row to be.
CREATE TABLE journal (
    stack_id      INTEGER NOT NULL,
    run           INTEGER NOT NULL,
    step          INTEGER NOT NULL CHECK (step >= 0),
    op            TEXT    NOT NULL CHECK (op = 'create' OR op = 'update' OR op = 'delete'),
    checkpoint_id TEXT,
    begun_at      INTEGER NOT NULL,
    urn           TEXT    NOT NULL CHECK (urn LIKE 'urn:%'),
    token         TEXT    NOT NULL,
    type_token    TEXT    NOT NULL,
    provider      TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    status        TEXT    NOT NULL CHECK (status = 'ready' OR status = 'incomplete' OR status = 'pending_delete'),
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
    PRIMARY KEY (stack_id, run, step),
    FOREIGN KEY (stack_id, run) REFERENCES run (stack_id, run)
) STRICT;

-- The history.
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

CREATE TABLE export (
    stack_id INTEGER NOT NULL REFERENCES stack (stack_id),
    name     TEXT    NOT NULL,
    value    TEXT    NOT NULL CHECK (json_valid(value)),
    PRIMARY KEY (stack_id, name)
) STRICT, WITHOUT ROWID;

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
    status       TEXT    NOT NULL CHECK (status = 'ready' OR status = 'incomplete' OR status = 'pending_delete'),
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

-- The row stays after a release, because the epoch only ever grows.
CREATE TABLE lease (
    stack_id    INTEGER NOT NULL PRIMARY KEY REFERENCES stack (stack_id),
    epoch       INTEGER NOT NULL CHECK (epoch > 0),
    holder_id   TEXT,
    holder_name TEXT,
    holder_host TEXT,
    holder_pid  INTEGER,
    acquired_at INTEGER,
    expires_at  INTEGER,
    CHECK ((holder_id IS NULL) = (holder_name IS NULL)),
    CHECK ((holder_id IS NULL) = (holder_host IS NULL)),
    CHECK ((holder_id IS NULL) = (holder_pid IS NULL)),
    CHECK ((holder_id IS NULL) = (acquired_at IS NULL)),
    CHECK ((holder_id IS NULL) = (expires_at IS NULL))
) STRICT;
