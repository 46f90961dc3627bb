//! Speaks GitLab's runner API over HTTP.
