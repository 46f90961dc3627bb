CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE users (
    id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE COLLATE NOCASE, password TEXT, data TEXT NOT NULL
);
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE, data TEXT NOT NULL
);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE, expires_at INTEGER NOT NULL, data TEXT NOT NULL
);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, project_id INTEGER, data TEXT NOT NULL
);

CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL,
    pipelines INTEGER NOT NULL DEFAULT 0, deployments INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL
);

CREATE TABLE pipelines (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
    iid INTEGER NOT NULL, ref_name TEXT NOT NULL, tag INTEGER NOT NULL, sha TEXT NOT NULL, source TEXT NOT NULL,
    status TEXT NOT NULL, parent_id INTEGER, user_id INTEGER NOT NULL, name TEXT,
    data TEXT NOT NULL, state TEXT NOT NULL, context BLOB NOT NULL,
    UNIQUE (project_id, iid)
);
CREATE INDEX pipelines_of_ref ON pipelines (project_id, ref_name, tag, id);
CREATE INDEX pipelines_of_sha ON pipelines (project_id, sha);
CREATE INDEX pipelines_of_parent ON pipelines (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE plans (
    pipeline_id INTEGER NOT NULL REFERENCES pipelines ON DELETE CASCADE, planned INTEGER NOT NULL,
    spec TEXT NOT NULL, facts TEXT NOT NULL, work TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, planned)
) WITHOUT ROWID;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY, pipeline_id INTEGER NOT NULL REFERENCES pipelines ON DELETE CASCADE,
    project_id INTEGER NOT NULL, planned INTEGER NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    bridge INTEGER NOT NULL, retried INTEGER NOT NULL, resource_group TEXT, held INTEGER NOT NULL DEFAULT 0,
    scheduled_at INTEGER, runner_id INTEGER, coverage REAL, token_hash BLOB,
    state TEXT NOT NULL, extra TEXT NOT NULL, variables BLOB
);
CREATE INDEX jobs_of_pipeline ON jobs (pipeline_id, id);
CREATE INDEX jobs_of_project ON jobs (project_id, id);
CREATE INDEX jobs_of_runner ON jobs (runner_id, id) WHERE runner_id IS NOT NULL;
CREATE INDEX jobs_alive ON jobs (status, id) WHERE status IN ('pending', 'running', 'canceling', 'scheduled');
CREATE INDEX jobs_of_group ON jobs (project_id, resource_group)
    WHERE resource_group IS NOT NULL AND retried = 0
      AND (held = 1 OR status IN ('created', 'scheduled', 'waiting_for_resource'));

CREATE TABLE resource_groups (
    project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE, name TEXT NOT NULL, mode TEXT NOT NULL,
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;

CREATE TABLE runners (id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, data TEXT NOT NULL);
CREATE TABLE managers (
    runner_id INTEGER NOT NULL REFERENCES runners ON DELETE CASCADE, system_id TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (runner_id, system_id)
) WITHOUT ROWID;

CREATE TABLE variables (
    project_id INTEGER NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (project_id, name, scope)
) WITHOUT ROWID;

CREATE TABLE environments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
    name TEXT NOT NULL, data TEXT NOT NULL,
    UNIQUE (project_id, name)
);
CREATE TABLE deployments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, environment_id INTEGER NOT NULL REFERENCES environments ON DELETE CASCADE,
    job_id INTEGER NOT NULL UNIQUE REFERENCES jobs ON DELETE CASCADE, status TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX deployments_of_environment ON deployments (environment_id, id);

CREATE TABLE artifacts (
    job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, kind TEXT NOT NULL, project_id INTEGER NOT NULL,
    expire_at INTEGER, locked INTEGER NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (job_id, kind)
) WITHOUT ROWID;
CREATE INDEX artifacts_expiring ON artifacts (expire_at) WHERE expire_at IS NOT NULL AND locked = 0;
CREATE TABLE reports (
    job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (job_id, kind)
) WITHOUT ROWID;
CREATE TABLE dotenv (job_id INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, sealed BLOB NOT NULL);
