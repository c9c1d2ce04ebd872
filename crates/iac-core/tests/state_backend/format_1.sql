-- A file of format 1 as it was written by the first release. Never edit: it must open forever.
-- The data key is 32 bytes 0x07, locked with 32 bytes 0x09 and with a passphrase.
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE export (
    stack_id INTEGER NOT NULL REFERENCES stack (stack_id),
    name     TEXT    NOT NULL,
    value    TEXT    NOT NULL CHECK (json_valid(value)),
    PRIMARY KEY (stack_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "export" VALUES(1,'ip','"192.0.2.1"');
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
INSERT INTO "journal" VALUES(1,2,1,'create','id-9',5,'urn:p:s:test:thing:edge/begun','2-1','test:thing','test','account-1','','ready','{"name":"begun","size":3}','null',NULL,1,'[1]','[]',1,0,2,1700000000001,1700000000000);
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
INSERT INTO "lease" VALUES(1,1,'run','name of run','here',42,0,1000);
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('written_by','iac-core 0.1.0');
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
INSERT INTO "resource" VALUES(1,'urn:p:s:test:thing:edge/a','t1','test:thing','test','account-1','id-a-t1','ready','{"$$odd":1.0,"name":"web","password":{"$secret":"1.0xtNfIggThD85Ehy/WD0Yk08WLLRj3TceaQ68eSwmNnOL3ZLXJ95i/Mb137ISnqm827FVlrZxDhSww=="}}','{"ip":"192.0.2.1"}','{"size":4}',1,'[1]','["urn:p:s:test:thing:edge/b"]',1,0,2,1700000000001,1700000000000);
INSERT INTO "resource" VALUES(1,'urn:p:s:test:thing:edge/b','t2','test:thing','test','account-1','id-b-t2','incomplete','{"name":"b","size":3}','{"ip":"192.0.2.1"}',NULL,1,'[1]','[]',1,0,2,1700000000001,1700000000000);
INSERT INTO "resource" VALUES(1,'urn:p:s:test:thing:edge/c','t3','test:thing','test','account-1','id-c-t3','pending_delete','{"name":"c","size":3}','{"ip":"192.0.2.1"}','{"size":4}',1,'[1]','[]',1,0,2,1700000000001,1700000000000);
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
INSERT INTO "run" VALUES(1,1,'apply','failed',10,40,'ann on desk',NULL);
INSERT INTO "run" VALUES(1,2,'destroy','running',10,NULL,'ann on desk',NULL);
CREATE TABLE stack (
    stack_id     INTEGER PRIMARY KEY,
    project      TEXT    NOT NULL CHECK (project <> ''),
    name         TEXT    NOT NULL CHECK (name <> ''),
    serial       INTEGER NOT NULL DEFAULT 0 CHECK (serial >= 0),
    key_envelope TEXT,
    UNIQUE (project, name)
) STRICT;
INSERT INTO "stack" VALUES(1,'p','s',1,'{"version":1,"recipients":[{"kind":"key","key":"oKPx4W0LvjfNY8YEwLFSibCTy1OuyL0GBeNWf/PgbhGTvgK0ZRmG9wh5fD4Qdxj8CBlmZSkIdm4I4epnV+0CHDe9Dj1LWv71"},{"kind":"passphrase","derivation":{"algorithm":"argon2id","memory_kib":65536,"passes":3,"lanes":1,"salt":"ArWC9UF86nxtV5lzmI1Tvw=="},"key":"a1xHQ/1hXsFnWpWpy2K3cPBOYT75ie1/HVYv6KQ7DoyHQmoHw2FDxkcI50sTvOazUoIlT1GxnnTLcx7sIevvnVC4n70FCA1s"}]}');
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
INSERT INTO "step" VALUES(1,1,0,'urn:p:s:test:thing:edge/a','create',11,12,'quota_exceeded','no more',NULL,'{}');
INSERT INTO "step" VALUES(1,1,1,'urn:p:s:test:thing:edge/a','create',11,12,NULL,NULL,NULL,'{}');
COMMIT;
PRAGMA application_id = 1229013843;
PRAGMA user_version = 1;
