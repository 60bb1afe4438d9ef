//! The key of a task: the hash of everything that its output depends on, and the parts it is made
//! of, so that a message can name what has changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::digest::hex;
use crate::error::Result;
use crate::stages::{Pipeline, Stage, TaskPlan};

/// Longer values of an identity stand in a marker by their sha256.
const VALUE_CHARACTERS: usize = 80;

/// Everything that the output of a task depends on.
///
/// Directories are no part of it: a run that is moved keeps its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyParts {
    /// The version of the program.
    pub program: String,
    /// The version of the stage's format and meaning.
    pub format: u32,
    /// Its part of the configuration with the digests of models and lists, by name; what is long
    /// stands by its sha256.
    pub identity: BTreeMap<String, Value>,
    /// Its inputs: name, size and digest.
    pub inputs: Vec<(String, u64, String)>,
    /// The numbers of its plan.
    pub numbers: BTreeMap<String, u64>,
}

impl KeyParts {
    /// The parts of the key of a task.
    pub(super) fn of(stage: &dyn Stage, pipeline: &Pipeline, task: &TaskPlan) -> Result<KeyParts> {
        let inputs = task
            .inputs
            .iter()
            .map(|input| {
                let name = input.path.rsplit('/').next().unwrap_or(&input.path);
                (name.to_owned(), input.size, input.digest.clone())
            })
            .collect();
        Ok(KeyParts {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            format: stage.version(),
            identity: short(stage.identity(pipeline)?),
            inputs,
            numbers: task.numbers.clone(),
        })
    }

    /// The key of the task `index` of `stage`.
    pub(super) fn key(&self, stage: &str, index: usize) -> String {
        let text = json!({ "stage": stage, "index": index, "depends": self }).to_string();
        digest_hex(&[text.as_bytes()])
    }

    /// What differs in `now`, in words; nothing if they are equal.
    pub(super) fn changes(&self, now: &KeyParts) -> Vec<String> {
        let mut changes = Vec::new();
        if self.program != now.program {
            changes.push(format!("the program was {}, is {} now", self.program, now.program));
        }
        if self.format != now.format {
            changes.push(format!("the stage's format was {}, is {} now", self.format, now.format));
        }
        let names: std::collections::BTreeSet<&String> =
            self.identity.keys().chain(now.identity.keys()).collect();
        for name in names {
            let (before, after) = (self.identity.get(name), now.identity.get(name));
            if before != after {
                changes.push(changed_value(name, before, after));
            }
        }
        if self.inputs.len() != now.inputs.len() {
            let (before, after) = (self.inputs.len(), now.inputs.len());
            changes.push(format!("there were {before} inputs, are {after} now"));
        }
        for (before, after) in self.inputs.iter().zip(&now.inputs) {
            if before.0 != after.0 {
                changes.push(format!("input {} is {} now", before.0, after.0));
            } else if before != after {
                changes.push(format!("input {} changed", before.0));
            }
        }
        if self.numbers != now.numbers {
            changes.push("the plan of the task changed".to_owned());
        }
        changes
    }
}

/// `the tokenizer changed`, with both values where they say something to people.
fn changed_value(name: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let telling = |value: Option<&Value>| match value {
        None | Some(Value::Null) => Some("nothing".to_owned()),
        Some(Value::String(text)) if is_digest(text) => None,
        Some(value @ (Value::Array(_) | Value::Object(_))) if value.to_string().len() > 20 => None,
        Some(value) => Some(value.to_string()),
    };
    let name = name.replace('_', " ");
    match (telling(before), telling(after)) {
        (Some(before), Some(after)) => format!("the {name} was {before}, is {after} now"),
        _ => format!("the {name} changed"),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The parts of an identity by name, long ones by their sha256: a marker must not repeat a chain.
fn short(identity: Value) -> BTreeMap<String, Value> {
    let parts = match identity {
        Value::Object(parts) => parts.into_iter().collect(),
        Value::Null => BTreeMap::new(),
        other => BTreeMap::from([("configuration".to_owned(), other)]),
    };
    parts
        .into_iter()
        .map(|(name, value): (String, Value)| {
            let text = value.to_string();
            let long = text.chars().count() > VALUE_CHARACTERS;
            (name, if long { json!(digest_hex(&[text.as_bytes()])) } else { value })
        })
        .collect()
}

/// sha256 over the parts, each preceded by its length, as lower-case hex.
pub(super) fn digest_hex(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> KeyParts {
        KeyParts {
            program: "0.1.0".to_owned(),
            format: 1,
            identity: short(json!({
                "min_score": 0.5,
                "tokenizer": "a".repeat(64),
                "chain": ["x".repeat(200)],
            })),
            inputs: vec![("x.warc.gz".to_owned(), 7, "d".to_owned())],
            numbers: BTreeMap::new(),
        }
    }

    #[test]
    fn every_part_changes_the_key_and_is_named() {
        let before = parts();
        assert!(before.changes(&before).is_empty());
        type Change = fn(&mut KeyParts);
        let cases: [(&str, Change); 6] = [
            ("the program was 0.1.0, is 0.2.0 now", |now| now.program = "0.2.0".to_owned()),
            ("the stage's format was 1, is 2 now", |now| now.format = 2),
            ("the min score was 0.5, is 0.6 now", |now| {
                now.identity.insert("min_score".to_owned(), json!(0.6));
            }),
            ("the tokenizer changed", |now| {
                now.identity.insert("tokenizer".to_owned(), json!("b".repeat(64)));
            }),
            ("input x.warc.gz changed", |now| now.inputs[0].1 = 8),
            ("the plan of the task changed", |now| {
                now.numbers.insert("files".to_owned(), 1);
            }),
        ];
        for (expected, change) in cases {
            let mut now = parts();
            change(&mut now);
            assert_eq!(before.changes(&now), [expected]);
            assert_ne!(before.key("extract", 0), now.key("extract", 0), "{expected}");
        }
        assert_ne!(before.key("extract", 0), before.key("extract", 1));
        assert_ne!(before.key("extract", 0), before.key("labels", 0));
    }

    #[test]
    fn long_values_stand_by_their_digest_and_still_tell_a_change() {
        let long = short(json!({ "chain": "x".repeat(200) }));
        let other = short(json!({ "chain": "y".repeat(200) }));
        assert!(is_digest(long["chain"].as_str().unwrap()));
        assert_ne!(long, other);
    }
}
