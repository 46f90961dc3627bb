//! The runner at work inside a container.
