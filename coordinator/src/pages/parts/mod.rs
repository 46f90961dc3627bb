//! What pages are put together from.

mod buttons;
mod frame;
mod group;
mod icon;
mod lists;
mod status;
mod words;

pub(crate) use buttons::{button, confirm_button, copyable, csrf, form_button, job_actions};
pub(crate) use frame::{Place, Section, alert, bare, frame, initial, live};
pub(crate) use group::{Group, by_group, group_name, natural};
#[cfg(test)]
pub(crate) use icon::ICONS;
pub(crate) use icon::icon;
pub(crate) use lists::{empty, pager, tabs};
pub(crate) use status::{
    Look, badge, dot, job_look, label_of_job, look_of, pipeline_look, stage_look, word_of,
};
pub(crate) use words::{bytes, commit_chip, failure, ref_chip, time_ago, took};
