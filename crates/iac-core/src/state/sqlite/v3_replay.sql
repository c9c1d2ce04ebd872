-- Format 3: what runs said while they ran. Never edit: files with it exist. `after` is an array with,
-- for each step of the plan, the numbers of the steps it waited for. `events` is there once the run has
-- ended: an array of the events in their order, where a number stands for the begin of that step and,
-- the second time, for its end, which its row in `step` tells; two numbers are a begin and how many
-- milliseconds the step was expected to take. No secrets.
CREATE TABLE trace (
    stack_id INTEGER NOT NULL,
    run      INTEGER NOT NULL,
    after    TEXT    NOT NULL CHECK (json_valid(after)),
    events   TEXT             CHECK (events IS NULL OR json_valid(events)),
    PRIMARY KEY (stack_id, run),
    FOREIGN KEY (stack_id, run) REFERENCES run (stack_id, run)
) STRICT;
