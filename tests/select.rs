//! Filter chains over documents: what is measured where, what a bound decides, and that other
//! bounds need no text.

use std::path::Path;

use kuroshio::chain::Chain;
use kuroshio::error::{Kind, Result};
use kuroshio::event::Silent;
use kuroshio::format::columns::{self, Column, Table, Values};
use kuroshio::format::document::Document;
use kuroshio::format::frames::FrameWriter;
use kuroshio::signals::SIGNALS;
use kuroshio::stages::pipeline::{self, Named, Pipeline};
use kuroshio::stages::{self, Models, Stage, TaskContext, TaskInput, TaskOutput, TaskPlan};
use kuroshio::store::{Local, Store};
use serde_json::json;

use crate::support::{Scratch, root};

/// Lengths in front of an edit and behind it, a score of the document, and the size of its cluster.
const CHAIN: &str = r#"
tiers = ["broad", "strict"]
[[step]]
signal = "language_score"
min = { broad = 0.5, strict = 0.8 }
[[step]]
signal = "characters"
min = 1
[[step]]
edit = "drop_boilerplate"
[[step]]
signal = "characters"
min = { broad = 3, strict = 6 }
name = "short"
[[step]]
signal = "hiragana_share_japanese"
max = { strict = 0.5 }
undefined = "drop"
[[step]]
signal = "cluster_size"
max = 999
"#;

/// Identifier, language score, and paragraphs with whether they are main content.
type Source = (&'static str, f64, &'static [(&'static str, bool)]);

const DOCUMENTS: &[Source] = &[
    ("long", 0.9, &[("目次です", false), ("漢字の本文。", true)]),
    ("short", 0.9, &[("本文", true), ("一\n二", false)]),
    ("doubtful", 0.6, &[("漢字の本文。", true), ("続き", true)]),
    ("empty", 0.9, &[("目次です", false)]),
    ("popular", 0.9, &[("漢字の本文。", true)]),
    ("copy", 0.9, &[("漢字の本文。", true)]),
    ("hiragana", 0.9, &[("ひらがなだけ", true)]),
];

/// A run directory with one shard of [`DOCUMENTS`] and its labels.
struct Shard {
    scratch: Scratch,
    store: Local,
    models: Models,
}

impl Shard {
    fn new() -> Shard {
        let scratch = Scratch::new();
        let store = Local::new(scratch.join("run"));
        let models = Models::new(scratch.join("cache"));
        let staged = store.create("documents/00000.jsonl.zst").unwrap();
        let mut frames = FrameWriter::new(staged, Path::new("documents")).unwrap();
        for (id, score, paragraphs) in DOCUMENTS {
            frames
                .write_line(&serde_json::to_vec(&document(id, *score, paragraphs)).unwrap())
                .unwrap();
        }
        frames.finish().unwrap().0.commit().unwrap();
        let size = |id: &str| if id == "popular" { 1000 } else { 1 };
        let labels = [Column::new(
            "cluster_size",
            Values::I32(DOCUMENTS.iter().map(|(id, ..)| size(id)).collect()),
        )];
        let mut staged = store.create("labels/00000.parquet").unwrap();
        columns::write(&mut staged, "labels/00000.parquet", &labels, &[]).unwrap();
        staged.commit().unwrap();
        Shard { scratch, store, models }
    }

    fn run(&self, stage: &str, pipeline: &Pipeline, inputs: &[&str]) -> Result<TaskOutput> {
        let stage = find(stage);
        let scratch = self.scratch.join("scratch");
        let context = TaskContext {
            pipeline,
            store: &self.store,
            base: None,
            models: &self.models,
            scratch: &scratch,
            events: &Silent,
            stage: stage.name(),
        };
        let input = |path: &&str| TaskInput {
            path: (*path).to_owned(),
            size: self.store.size(path).unwrap().unwrap(),
            digest: String::new(),
            rows: DOCUMENTS.len() as u64,
        };
        let inputs = inputs.iter().map(input).collect();
        stage.run(&TaskPlan { index: 0, inputs, numbers: Default::default() }, &context)
    }

    fn measure(&self, pipeline: &Pipeline) -> TaskOutput {
        self.run("measure", pipeline, &["documents/00000.jsonl.zst"]).unwrap()
    }

    /// Decisions are written anew, as the selection of another directory would.
    fn decide(&self, pipeline: &Pipeline) -> Result<TaskOutput> {
        let _ = std::fs::remove_file(self.store.place("decisions/00000.parquet"));
        self.run("decide", pipeline, &["labels/00000.parquet", "signals/00000.parquet"])
    }

    fn table(&self, path: &str) -> Table {
        columns::read_all(self.store.open_seekable(path).unwrap(), Path::new(path)).unwrap()
    }

    fn decisions(&self) -> Vec<(&'static str, String)> {
        let table = self.table("decisions/00000.parquet");
        let verdicts = table.text("verdict").unwrap();
        DOCUMENTS.iter().map(|(id, ..)| *id).zip(verdicts.iter().cloned()).collect()
    }
}

fn document(id: &str, score: f64, paragraphs: &[(&str, bool)]) -> Document {
    let paragraphs: Vec<_> = paragraphs
        .iter()
        .map(|(text, main)| json!({ "text": text, "path": "body>p", "kind": "p", "main": main }))
        .collect();
    serde_json::from_value(json!({
        "id": id,
        "url": "https://example.jp/",
        "date": "2024-05-18T03:11:07Z",
        "warc": { "file": "a.warc.gz", "offset": 0, "length": 1 },
        "http": { "status": 200, "content_type": "text/html" },
        "charset": { "used": "UTF-8", "source": "utf8", "malformed": 0 },
        "language": { "label": "ja", "score": score },
        "paragraphs": paragraphs,
    }))
    .unwrap()
}

fn find(stage: &str) -> &'static dyn Stage {
    stages::find(stage).unwrap().1
}

fn pipeline(chain: &str, profile: &str) -> Pipeline {
    let text = format!("[input]\nwarc = [\"a.warc.gz\"]\n[select]\nprofile = \"{profile}\"\n");
    pipeline::read_frozen(Path::new("p.toml"), &text, chain, &Named::default()).unwrap()
}

#[test]
fn signals_are_measured_at_their_place_among_the_edits() {
    let shard = Shard::new();
    let output = shard.measure(&pipeline(CHAIN, "broad"));
    assert_eq!(output.counts["documents"], DOCUMENTS.len() as u64);
    assert_eq!(output.outputs[0].rows, DOCUMENTS.len() as u64);
    let table = shard.table("signals/00000.parquet");
    let values = |name: &str| table.opt_f64(name).unwrap().to_vec();
    let some = |numbers: &[f64]| numbers.iter().map(|number| Some(*number)).collect::<Vec<_>>();
    assert_eq!(values("characters"), some(&[10.0, 4.0, 8.0, 4.0, 6.0, 6.0, 6.0]));
    assert_eq!(values("characters.2"), some(&[6.0, 2.0, 8.0, 0.0, 6.0, 6.0, 6.0]));
    assert_eq!(values("hiragana_share_japanese")[3], None);
    assert_eq!(values("hiragana_share_japanese")[6], Some(1.0));
    assert_eq!(table.i64("text_characters").unwrap(), [6, 2, 9, 0, 6, 6, 6]);
    assert_eq!(table.i64("text_bytes").unwrap()[2], 25);
    assert!(!table.names().any(|name| name == "cluster_size"));
    let identities: Vec<&String> = table
        .metadata()
        .iter()
        .filter(|(key, _)| key.starts_with("column."))
        .map(|(_, identity)| identity)
        .collect();
    assert_eq!(identities.len(), 6, "four signals and the two sizes of the text");
    assert!(identities[1].contains(r#""edits":[]"#), "{}", identities[1]);
    assert!(identities[2].contains("drop_boilerplate"), "{}", identities[2]);
}

#[test]
fn the_first_bound_that_fails_names_the_verdict_with_its_value() {
    let shard = Shard::new();
    let broad = pipeline(CHAIN, "broad");
    shard.measure(&broad);
    let output = shard.decide(&broad).unwrap();
    let expected = |verdicts: [&str; 7]| -> Vec<(&str, String)> {
        DOCUMENTS.iter().map(|(id, ..)| *id).zip(verdicts.map(str::to_owned)).collect()
    };
    let verdicts = expected(["kept", "short", "kept", "short", "cluster_size", "kept", "kept"]);
    assert_eq!(shard.decisions(), verdicts);
    assert_eq!(output.counts["passed"], 4);
    assert_eq!(output.counts["rejected.short"], 2);
    let table = shard.table("decisions/00000.parquet");
    let (value, bound) = (table.opt_f64("value").unwrap(), table.opt_f64("bound").unwrap());
    assert_eq!((value[1], bound[1]), (Some(2.0), Some(3.0)));
    assert_eq!((value[4], bound[4]), (Some(1000.0), Some(999.0)));
    assert_eq!((value[0], bound[0]), (None, None));
    assert_eq!(table.i64("bytes").unwrap(), [18, 0, 25, 0, 0, 18, 18]);
    let tiers = ["strict", "", "broad", "", "", "strict", "broad"];
    assert_eq!(table.text("tier").unwrap(), tiers);

    shard.decide(&pipeline(CHAIN, "strict")).unwrap();
    let verdicts = expected([
        "kept",
        "short",
        "language_score",
        "short",
        "cluster_size",
        "kept",
        "hiragana_share_japanese",
    ]);
    assert_eq!(shard.decisions(), verdicts);
}

#[test]
fn a_bound_on_what_is_undefined_drops_only_where_its_step_says_so() {
    let shard = Shard::new();
    let lenient = CHAIN.replace("min = { broad = 3, strict = 6 }", "min = 0");
    let strict = pipeline(&lenient, "strict");
    shard.measure(&strict);
    shard.decide(&strict).unwrap();
    assert_eq!(shard.decisions()[3].1, "hiragana_share_japanese");
    let table = shard.table("decisions/00000.parquet");
    assert_eq!(table.opt_f64("value").unwrap()[3], None);
    let keeping = lenient.replace("undefined = \"drop\"", "");
    shard.decide(&pipeline(&keeping, "strict")).unwrap();
    assert_eq!(shard.decisions()[3].1, "empty", "it passes, and there is nothing to deliver");
}

#[test]
fn other_bounds_change_no_key_of_measuring_and_other_definitions_do() {
    let identity = |chain: &str| find("measure").identity(&pipeline(chain, "broad")).unwrap();
    let own = identity(CHAIN);
    let bounds = CHAIN.replace("strict = 6", "strict = 60").replace("max = 999", "max = 5");
    assert_eq!(identity(&bounds), own);
    for (from, to) in [
        ("edit = \"drop_boilerplate\"", "edit = \"drop_link_lists\""),
        ("signal = \"hiragana_share_japanese\"", "signal = \"katakana_share_japanese\""),
        (
            "signal = \"hiragana_share_japanese\"",
            "signal = \"listed_word_share\"\nlist = \"spam_ja\"",
        ),
    ] {
        assert_ne!(identity(&CHAIN.replace(from, to)), own, "{to}");
    }
    let decide = |chain: &str| find("decide").identity(&pipeline(chain, "broad")).unwrap();
    assert_ne!(decide(&bounds), decide(CHAIN));
}

#[test]
fn another_chain_finds_the_columns_that_mean_the_same() {
    let shard = Shard::new();
    shard.measure(&pipeline(CHAIN, "broad"));
    // Here the length behind the edit is the first column of its name, and the score comes later.
    let other = "[[step]]\nedit = \"drop_boilerplate\"\n[[step]]\nsignal = \"characters\"\nmax = 5\n\
                 [[step]]\nsignal = \"language_score\"\nmin = 0.95\n";
    shard.decide(&pipeline(other, "broad")).unwrap();
    let verdicts: Vec<String> = shard.decisions().into_iter().map(|(_, verdict)| verdict).collect();
    let long = "characters";
    let score = "language_score";
    assert_eq!(verdicts, [long, score, long, score, long, long, long]);

    let unmeasured = other.replace("characters", "mean_sentence_chars");
    let error = shard.decide(&pipeline(&unmeasured, "broad")).unwrap_err();
    assert_eq!(error.kind, Kind::Config);
    assert!(error.message.contains("mean_sentence_chars"), "{}", error.message);
}

#[test]
fn sizes_of_text_behind_other_edits_are_not_taken_for_its_own() {
    let shard = Shard::new();
    shard.measure(&pipeline(CHAIN, "broad"));
    let other = "[[step]]\nsignal = \"language_score\"\nmin = 0.5\n";
    let error = shard.decide(&pipeline(other, "broad")).unwrap_err();
    assert_eq!(error.kind, Kind::Config);
    assert!(error.message.contains("size of the text"), "{}", error.message);
}

#[test]
fn what_is_not_stored_for_a_chain_is_told_at_once() {
    let of = |chain: &str| pipeline(chain, "broad");
    let told = |asked: &str| -> Vec<String> {
        let problems = stages::unstored(&of(asked), &of(CHAIN)).unwrap();
        problems.into_iter().map(|problem| problem.message).collect()
    };
    assert!(told(CHAIN).is_empty());
    assert!(told(&CHAIN.replace("strict = 6", "strict = 60")).is_empty());
    let messages = told(
        "[[step]]\nsignal = \"cluster_size\"\nmax = 9\n[[step]]\nsignal = \"characters\"\nmin = 1\n\
         [[step]]\nsignal = \"kana_share_all\"\nmin = 0.1\nname = \"kana\"\n\
         [[step]]\nedit = \"drop_link_lists\"\n[[step]]\nsignal = \"characters\"\nmin = 7\nname = \"later\"\n",
    );
    assert_eq!(messages.len(), 3, "{messages:?}");
    for (message, part) in messages.iter().zip(["`kana`", "`later`", "the edits of the chain"]) {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn no_documents_give_columns_without_rows() {
    let shard = Shard::new();
    let staged = shard.store.create("documents/00001.jsonl.zst").unwrap();
    let frames = FrameWriter::new(staged, Path::new("documents")).unwrap();
    frames.finish().unwrap().0.commit().unwrap();
    let pipeline = pipeline(CHAIN, "broad");
    let output = shard.run("measure", &pipeline, &["documents/00001.jsonl.zst"]).unwrap();
    assert_eq!(output.counts["documents"], 0);
    assert_eq!(shard.table("signals/00000.parquet").rows(), 0);
}

#[test]
fn a_document_that_is_none_is_damage_with_its_place() {
    let shard = Shard::new();
    let staged = shard.store.create("documents/00001.jsonl.zst").unwrap();
    let mut frames = FrameWriter::new(staged, Path::new("documents")).unwrap();
    frames.write_line(b"{\"id\": 3}").unwrap();
    frames.finish().unwrap().0.commit().unwrap();
    let pipeline = pipeline(CHAIN, "broad");
    let error = shard.run("measure", &pipeline, &["documents/00001.jsonl.zst"]).unwrap_err();
    assert_eq!(error.kind, Kind::Data);
    assert!(error.place.unwrap().to_string().ends_with("documents/00001.jsonl.zst"));
}

/// The chain that comes with Kuroshio.
fn own_chain() -> Chain {
    let text = std::fs::read_to_string(root().join("filters/kuroshio.toml")).unwrap();
    pipeline(&text, "broad").chain
}

#[test]
fn the_strict_tier_is_nowhere_looser_than_the_broad_one() {
    let chain = own_chain();
    assert_eq!(chain.tiers, ["broad", "strict"]);
    for bound in chain.bounds() {
        let at_least = |wide: Option<f64>, narrow: Option<f64>, holds: fn(f64, f64) -> bool| match (
            wide, narrow,
        ) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wide), Some(narrow)) => holds(wide, narrow),
        };
        assert!(
            at_least(bound.min[0], bound.min[1], |wide, narrow| wide <= narrow),
            "{}",
            bound.name
        );
        assert!(
            at_least(bound.max[0], bound.max[1], |wide, narrow| wide >= narrow),
            "{}",
            bound.name
        );
    }
}

#[test]
fn every_signal_may_stand_in_a_chain() {
    for family in SIGNALS {
        for column in family.columns() {
            let step = format!(
                "[[step]]\nsignal = \"{}\"\nmin = {}\n{}\n",
                column.name,
                column.range.0,
                family.example()
            );
            let shard = Shard::new();
            let pipeline = pipeline(&step, "broad");
            shard.measure(&pipeline);
            let table = shard.table("signals/00000.parquet");
            assert_eq!(table.opt_f64(column.name).unwrap().len(), DOCUMENTS.len());
        }
    }
}

#[test]
fn everything_wrong_with_a_chain_is_told_at_once() {
    let scratch = Scratch::new();
    let chain = scratch.write(
        "c.toml",
        "tiers = [\"broad\"]\n\
         [[step]]\nsignal = \"hiragana_share\"\nmin = 0.2\n\
         [[step]]\nsignal = \"japanese_share\"\nmin = 20\n\
         [[step]]\nsignal = \"listed_words\"\nlist = \"spam\"\nmax = { borad = 3 }\n\
         [[step]]\nedit = \"drop_boilerplates\"\n",
    );
    let warc = scratch.write("a.warc", "");
    let text = format!(
        "[input]\nwarc = [\"{}\"]\n[select]\nchain = \"{}\"\n",
        warc.display(),
        chain.display()
    );
    let file = scratch.write("p.toml", text);
    let error = pipeline::load(&file, &[]).unwrap_err();
    let folder = format!("{}/", scratch.path().display());
    let problems: Vec<String> =
        error.problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect();
    let expected = [
        "c.toml:3:10: there is no signal `hiragana_share` (did you mean `hiragana_share_japanese`?)",
        "c.toml:7:7: `step.min` is 20, which `japanese_share` never is (its values lie between 0 and 1)",
        "c.toml:10:8: there is no word list `spam` (a file of your own ends in `.txt`; did you mean `spam_ja`?)",
        "c.toml:11:9: the chain has no tier `borad` (did you mean `broad`?)",
        "c.toml:13:8: there is no edit `drop_boilerplates` (did you mean `drop_boilerplate`?)",
    ];
    assert_eq!(problems, expected);
}
