//! The summary that `run` and `select` end with, for people.

use super::line;
use super::show::{duration, number};
use crate::error::Result;
use crate::outcome::Outcome;
use crate::report::{self, Example, Summary};
use crate::run::Run;
use crate::stages::{DUPLICATE, EMPTY};

/// Characters of an example that are shown.
const EXAMPLE_CHARACTERS: usize = 120;

/// Prints the funnel, why the rest was dropped, where the files are, examples, and what to try next.
pub(super) fn print(run: &Run, summary: &Summary, partial: bool) -> Result<()> {
    funnel(summary);
    records_dropped(summary);
    documents_dropped(run, summary)?;
    costs(summary);
    files(run);
    if !partial {
        let examples = report::examples(&run.store, run)?;
        example("kept", examples.kept.as_ref());
        example("dropped", examples.dropped.as_ref());
        next(run);
    }
    Ok(())
}

/// Prints the fields of `summary.json`, and the directory of the run as `dir`.
pub(super) fn print_json(run: &Run, summary: &Summary) {
    #[derive(serde::Serialize)]
    struct Told<'a> {
        dir: String,
        #[serde(flatten)]
        summary: &'a Summary,
    }
    let told = Told { dir: run.dir.display().to_string(), summary };
    line(&serde_json::to_string_pretty(&told).unwrap_or_default());
}

/// What to try next: a tier that neither the run nor its selection at hand decided by, and numbers.
fn next(run: &Run) {
    let root = run.root();
    let tiers = &root.pipeline.chain.tiers;
    let known = [&root.pipeline.select.profile, &run.pipeline.select.profile];
    let at = tiers.iter().position(|tier| tier == known[0]).unwrap_or(0);
    // The next narrower one, else the next broader one.
    let mut others = tiers[at..].iter().chain(tiers[..at].iter().rev());
    let mut commands = Vec::new();
    if let Some(tier) = others.find(|tier| !known.contains(tier)) {
        let dir = root.dir.display();
        commands.push((
            format!("kuroshio select --run {dir} --set select.profile={tier}"),
            "decide again with other bounds",
        ));
    }
    let status = format!("kuroshio status --run {} --json", run.dir.display());
    commands.push((status, "the numbers for programs"));
    let width = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    line("\nNext:");
    for (command, what) in commands {
        line(&format!("  {command:<width$}    {what}"));
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!("{:5.1} %", 100.0 * part as f64 / whole as f64) }
}

fn funnel(summary: &Summary) {
    let row = |name: &str, count: u64, share: String, remark: &str| {
        let text = format!("{name:<12} {:>15}  {share:>7}  {remark}", number(count));
        line(text.trim_end());
    };
    row("records", summary.records, String::new(), "");
    row(
        "documents",
        summary.documents,
        share(summary.documents, summary.records),
        "of the records",
    );
    let unique = share(summary.unique, summary.documents);
    row("unique", summary.unique, unique, "of the documents: different texts");
    row("kept", summary.kept, share(summary.kept, summary.unique), "of the unique");
    row("characters", summary.characters, String::new(), "in the corpus");
    if summary.tokens > 0 {
        let each = summary.characters as f64 / summary.tokens as f64;
        row("tokens", summary.tokens, String::new(), &format!("{each:.2} characters a token"));
    }
}

fn records_dropped(summary: &Summary) {
    let mut dropped: Vec<(u64, &str)> = summary
        .outcomes
        .iter()
        .filter(|(name, _)| *name != Outcome::Document.name())
        .map(|(name, count)| (*count, name.as_str()))
        .collect();
    most_frequent_first(&mut dropped);
    if !dropped.is_empty() {
        line("\nRecords that became no document:");
    }
    for (count, name) in dropped {
        let sentence = Outcome::from_name(name).map_or("", Outcome::sentence);
        line(&format!("{:>12}  {name:<20} {sentence}", number(count)));
    }
}

fn documents_dropped(run: &Run, summary: &Summary) -> Result<()> {
    let mut dropped: Vec<(u64, &str)> =
        summary.rejected.iter().map(|(name, count)| (*count, name.as_str())).collect();
    if summary.duplicates.exact > 0 {
        dropped.push((summary.duplicates.exact, DUPLICATE));
    }
    most_frequent_first(&mut dropped);
    if !dropped.is_empty() {
        line("\nDocuments that were not kept:");
    }
    let pipeline = &run.pipeline;
    for (count, name) in dropped {
        let words = match name {
            DUPLICATE => "the same text as one that is kept".to_owned(),
            EMPTY => "nothing is left after the edits of the chain".to_owned(),
            _ => report::rule_in_words(&pipeline.chain, &pipeline.select.profile, name)?,
        };
        line(&format!("{:>12}  {name:<24} {words}", number(count)));
    }
    Ok(())
}

fn most_frequent_first(counts: &mut [(u64, &str)]) {
    counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
}

fn costs(summary: &Summary) {
    let wall: f64 = summary.stages.values().filter_map(|cost| cost.wall_s).sum();
    let cpu: f64 = summary.stages.values().filter_map(|cost| cost.cpu_s).sum();
    let peak = summary.stages.values().filter_map(|cost| cost.peak_rss_bytes).max();
    if wall > 0.0 {
        let memory =
            peak.map_or(String::new(), |peak| format!(", {} MB of memory", peak / 1_000_000));
        line(&format!("\nTook {} ({} of CPU{memory}).", duration(wall), duration(cpu)));
    }
}

fn files(run: &Run) {
    let dir = run.dir.display();
    line(&format!("\nFiles in {dir}:"));
    for (folder, what) in [
        ("documents", "every Japanese page that was read, paragraph by paragraph"),
        ("corpus", "what was kept, one line a document (jsonl.zst)"),
        ("rejects", "what was dropped, with the reason"),
        ("tokens", "token shards for Megatron-LM (.bin/.idx)"),
        ("summary.json", "these numbers for programs"),
    ] {
        if run.dir.join(folder).exists() {
            line(&format!("  {folder:<13} {what}"));
        }
    }
}

fn example(what: &str, example: Option<&Example>) {
    let Some(example) = example else { return };
    let reason = match &example.reason {
        Some(reason) => format!(", {reason}"),
        None => String::new(),
    };
    line(&format!("\nOne that was {what}: {}{reason}", example.url));
    let shown: String = example
        .text
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .take(EXAMPLE_CHARACTERS)
        .collect();
    let more = if example.text.chars().nth(EXAMPLE_CHARACTERS).is_some() { "…" } else { "" };
    line(&format!("  {shown}{more}"));
}
