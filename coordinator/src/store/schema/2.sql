CREATE TABLE unsettled (job_id INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE);
CREATE INDEX jobs_mirroring ON jobs (json_extract(state, '$.downstream')) WHERE bridge = 1 AND retried = 0;
