//! The key of a task: the hash of everything that its output depends on.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::stages::{Pipeline, Stage, TaskPlan};

/// sha256 over the parts, each preceded by its length, as lower-case hex.
pub(super) fn digest_hex(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key of a task: stage, format version, its part of the configuration with the digests of
/// models and lists, its inputs by name and digest, and the numbers of its plan.
///
/// Directories are no part of it: a run that is moved keeps its keys.
pub(super) fn task_key(stage: &dyn Stage, pipeline: &Pipeline, task: &TaskPlan) -> Result<String> {
    let inputs: Vec<_> = task
        .inputs
        .iter()
        .map(|input| {
            let name = input.path.rsplit('/').next().unwrap_or(&input.path);
            json!([name, input.size, input.digest])
        })
        .collect();
    let text = json!({
        "stage": stage.name(),
        "version": stage.version(),
        "identity": stage.identity(pipeline)?,
        "index": task.index,
        "inputs": inputs,
        "numbers": task.numbers,
    })
    .to_string();
    Ok(digest_hex(&[text.as_bytes()]))
}
