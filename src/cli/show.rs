//! What people see: progress bars on a terminal, plain lines elsewhere, errors with place and cure.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::Error;
use crate::event::{Event, Events};

/// Prints an error: what, where, why, and what to do.
pub(super) fn error(error: &Error) {
    eprintln!("error: {error}");
    if let Some(place) = &error.place {
        eprintln!("   at: {place}");
    }
    for problem in &error.problems {
        match &problem.place {
            Some(place) => eprintln!("  - {place}: {}", problem.message),
            None => eprintln!("  - {}", problem.message),
        }
        if let Some(help) = &problem.help {
            eprintln!("      {help}");
        }
    }
    let mut cause = std::error::Error::source(error);
    while let Some(because) = cause {
        eprintln!("  because: {because}");
        cause = because.source();
    }
    if let Some(help) = &error.help {
        eprintln!(" help: {help}");
    }
}

/// How progress is shown.
pub(super) enum Progress {
    /// Not at all.
    Quiet,
    /// A bar that is redrawn.
    Bar(Mutex<State>),
    /// A line now and then.
    Lines(Mutex<State>),
}

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// What is known of the stage under way.
pub(super) struct State {
    bar: ProgressBar,
    stage: String,
    tasks: usize,
    done: usize,
    records: u64,
    bytes: u64,
    bytes_planned: u64,
    begun: Instant,
    last_line: Instant,
}

impl Progress {
    /// Progress for this terminal, or none if `quiet`.
    pub(super) fn new(quiet: bool) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        if quiet {
            return Progress::Quiet;
        }
        let bar = if terminal {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
        } else {
            ProgressBar::hidden()
        };
        let now = Instant::now();
        let state = Mutex::new(State {
            bar,
            stage: String::new(),
            tasks: 0,
            done: 0,
            records: 0,
            bytes: 0,
            bytes_planned: 0,
            begun: now,
            last_line: now,
        });
        if terminal { Progress::Bar(state) } else { Progress::Lines(state) }
    }
}

impl State {
    fn begin(&mut self, stage: &str, tasks: usize, done: usize, bytes: u64) {
        let now = Instant::now();
        self.stage = stage.to_owned();
        (self.tasks, self.done, self.records, self.bytes) = (tasks, done, 0, 0);
        (self.bytes_planned, self.begun, self.last_line) = (bytes, now, now);
        self.bar.reset();
        self.bar.set_length(bytes);
        self.bar.set_style(
            ProgressStyle::with_template("{prefix:<10} {wide_bar} {msg} {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        self.bar.set_prefix(stage.to_owned());
    }

    /// Tasks, rates and, without a bar, the time left.
    fn words(&self) -> String {
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        format!(
            "{}/{} tasks, {} records/s, {:.1} MB/s",
            self.done,
            self.tasks,
            (self.records as f64 / seconds) as u64,
            self.bytes as f64 / 1e6 / seconds
        )
    }

    fn time_left(&self) -> String {
        if self.bytes == 0 || self.bytes_planned <= self.bytes {
            return String::new();
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        let left = seconds * (self.bytes_planned - self.bytes) as f64 / self.bytes as f64;
        format!(", {} left", duration(left))
    }
}

/// Seconds as people say them: `42 s`, `3 min 05 s`, `2 h 10 min`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

impl Events for Progress {
    fn send(&self, event: Event<'_>) {
        let (state, lines) = match self {
            Progress::Quiet => return,
            Progress::Bar(state) => (state, false),
            Progress::Lines(state) => (state, true),
        };
        let mut state = state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match event {
            Event::StageStarted { stage, tasks, done, bytes } => {
                state.begin(stage, tasks, done, bytes);
                if lines {
                    let before =
                        if done > 0 { format!(", {done} done before") } else { String::new() };
                    eprintln!("{stage}: {tasks} tasks{before}");
                }
            }
            Event::Advanced { records, bytes, .. } => {
                state.records += records;
                state.bytes += bytes;
                if lines {
                    if state.last_line.elapsed() >= LINE_EVERY {
                        state.last_line = Instant::now();
                        eprintln!("{}: {}{}", state.stage, state.words(), state.time_left());
                    }
                } else {
                    state.bar.set_position(state.bytes);
                    let words = state.words();
                    state.bar.set_message(words);
                }
            }
            Event::TaskFinished { .. } => {
                state.done += 1;
                let words = state.words();
                state.bar.set_message(words);
            }
            Event::StageFinished { stage } => {
                let took = duration(state.begun.elapsed().as_secs_f64());
                let words = format!("{stage}: done in {took}, {}", state.words());
                if lines {
                    eprintln!("{words}")
                } else {
                    state.bar.println(words)
                }
                state.bar.finish_and_clear();
            }
            Event::Note { text } => {
                if lines {
                    eprintln!("{text}")
                } else {
                    state.bar.println(text)
                }
            }
        }
    }
}

/// A count in groups of three digits: `1,234,567`.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!(number(1234567), "1,234,567");
        assert_eq!(number(12), "12");
        assert_eq!(duration(1.25), "1.2 s");
        assert_eq!(duration(185.0), "3 min 05 s");
        assert_eq!(duration(7800.0), "2 h 10 min");
    }
}
