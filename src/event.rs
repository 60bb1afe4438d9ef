//! What a running stage tells the world: a closed list of events and the sink that takes them.
//! Events are plain data; showing them is the business of whoever listens.

/// One thing that happened while a run was going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A stage begins: `done` of its `tasks` were finished before.
    StageStarted {
        /// The stage.
        stage: &'a str,
        /// Planned tasks.
        tasks: usize,
        /// Tasks that an earlier run finished.
        done: usize,
        /// Bytes of input of the tasks that are still to do.
        bytes: u64,
    },
    /// A task came further: this much since its last such event.
    Advanced {
        /// The stage.
        stage: &'a str,
        /// Records or documents handled.
        records: u64,
        /// Bytes of input read.
        bytes: u64,
    },
    /// A task is finished.
    TaskFinished {
        /// The stage.
        stage: &'a str,
        /// Its index.
        index: usize,
    },
    /// All tasks of a stage are finished and sealed.
    StageFinished {
        /// The stage.
        stage: &'a str,
    },
    /// A sentence that people should see.
    Note {
        /// The sentence.
        text: &'a str,
    },
}

/// Takes events from any thread.
pub trait Events: Sync {
    /// Takes one event. Must be cheap: senders do not wait.
    fn send(&self, event: Event<'_>);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Events for Silent {
    fn send(&self, _: Event<'_>) {}
}
