//! Copies of a git work tree for jobs: one snapshot of what a push would bring, and of it as many copies as there are
//! jobs, so that jobs see neither each other nor the checkout.
