//! What an executor is, and the behaviour every executor shows.
