//! `runner ci`: what a `.gitlab-ci.yml` means, without a GitLab.

mod git;
