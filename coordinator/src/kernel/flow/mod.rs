//! What happens to pipelines: an event, all that follows from it in this and other pipelines, and the rows of it.

mod record;
mod resource;
mod row;

use super::memory::{Alive, Effect, Memory};
use super::queue::Wish;
use crate::error::{KernelError, StoreError};
use crate::model::{ProjectId, UserId};
use crate::store::{self, plans, settings};
use pipeline::{Action, Event, JobId, Moment, PipelineId};
use rusqlite::Connection;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Most events that one may bring about: families of pipelines are small, whatever happens to them.
const MOST_EVENTS: usize = 20_000;

/// The handling of one event and of all that follow from it, within one piece of a transaction.
pub(crate) struct Flow<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) memory: &'a mut Memory,
    pub(crate) now: Moment,
    /// Who wants it, if that is a person.
    pub(crate) actor: Option<UserId>,
    /// Variables for the job that is played, encrypted.
    pub(crate) variables: Option<Vec<u8>>,
    /// The pipeline that makes others redundant.
    pub(crate) newer: Option<PipelineId>,
    events: VecDeque<(PipelineId, Event)>,
    groups: BTreeSet<(ProjectId, String)>,
}

impl<'a> Flow<'a> {
    pub(crate) fn new(db: &'a Connection, memory: &'a mut Memory, now: Moment) -> Self {
        memory.now = now;
        Self {
            db,
            memory,
            now,
            actor: None,
            variables: None,
            newer: None,
            events: VecDeque::new(),
            groups: BTreeSet::new(),
        }
    }

    pub(crate) fn by(mut self, actor: UserId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// An event that somebody wants: refused where it cannot be.
    pub(crate) fn run(&mut self, pipeline: PipelineId, event: Event) -> Result<Vec<Action>, KernelError> {
        let actions = self.step(pipeline, &event)?.ok_or(KernelError::NotFound("pipeline"))?;
        self.follow()?;
        Ok(actions)
    }

    /// An event that may have been overtaken by others.
    pub(crate) fn try_run(&mut self, pipeline: PipelineId, event: Event) -> Result<bool, KernelError> {
        self.soft(pipeline, &event).and_then(|done| self.follow().map(|()| done))
    }

    /// One more that follows.
    pub(crate) fn push(&mut self, pipeline: PipelineId, event: Event) {
        self.events.push_back((pipeline, event));
    }

    /// Does all that follows, until nothing does.
    pub(crate) fn follow(&mut self) -> Result<(), KernelError> {
        for _ in 0..MOST_EVENTS {
            if let Some((pipeline, event)) = self.events.pop_front() {
                self.soft(pipeline, &event)?;
            } else if let Some((project, group)) = self.groups.pop_first() {
                self.assign(project, &group)?;
            } else {
                return Ok(());
            }
        }
        Err(KernelError::Internal("events do not end"))
    }

    fn soft(&mut self, pipeline: PipelineId, event: &Event) -> Result<bool, KernelError> {
        match self.step(pipeline, event) {
            Ok(done) => Ok(done.is_some()),
            Err(KernelError::Refused(refused)) => {
                tracing::debug!(%pipeline, ?event, %refused, "an event came too late");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn step(&mut self, id: PipelineId, event: &Event) -> Result<Option<Vec<Action>>, KernelError> {
        let Some(mut alive) = self.memory.take(self.db, id)? else { return Ok(None) };
        let before = self.memory.last_job();
        let memory = &mut *self.memory;
        match alive.pipeline.apply(event.clone(), self.now, &mut || memory.next_job()) {
            Ok(actions) => {
                self.memory.touch();
                if self.memory.last_job() != before {
                    settings::set_counter(self.db, "jobs", self.memory.last_job())?;
                }
                self.record(&mut alive, event, &actions)?;
                self.memory.put(alive);
                Ok(Some(actions))
            }
            Err(refused) => {
                self.memory.put(alive);
                Err(refused.into())
            }
        }
    }

    /// A new pipeline begins.
    pub(crate) fn begin(&mut self, alive: Alive) -> Result<(), KernelError> {
        let id = alive.pipeline.id;
        self.memory.touch();
        // It is not over before it has begun.
        self.memory.put(alive);
        self.step(id, &Event::Begin)?;
        Ok(())
    }

    /// What a runner must be to take a job.
    pub(super) fn wish(&mut self, alive: &Alive, job: JobId) -> Result<Wish, KernelError> {
        let planned = alive.pipeline.job(job).ok_or(KernelError::NotFound("job"))?.planned;
        let facts = plans::facts(self.db, alive.pipeline.id, planned)?;
        self.memory.project(self.db, alive.row.project)?;
        Ok(Wish {
            project: alive.row.project,
            protected: alive.row.protected,
            tags: Arc::new(facts.tags.into_iter().collect()),
        })
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.memory.effect(effect);
    }
}

/// The place of a job's rows.
pub(super) fn place(alive: &Alive) -> store::jobs::Place {
    store::jobs::Place { pipeline: alive.pipeline.id, project: alive.row.project }
}

/// What is not there although it must be.
pub(super) fn lost(what: &'static str) -> KernelError {
    KernelError::Store(StoreError::Unreadable { what })
}
