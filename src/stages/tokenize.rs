//! Tokenize: one corpus shard in, one Megatron shard with the provenance of its sequences out. The
//! command `kuroshio tokenize` does the same with any file of JSON lines.

mod row;

use std::cell::Cell;
use std::io::Read;
use std::path::Path;

use serde_json::json;

use super::pipeline::{Pipeline, TokenizeSection};
use super::{Counts, OutputFile, Stage, TaskContext, TaskOutput, TaskPlan, Upstream, add};
use crate::error::{Error, Kind, Place, Result};
use crate::event::Event;
use crate::format::frames::FrameReader;
use crate::store::{Staged, Store};
use crate::tokens::megatron::{Shard, ShardWriter, TokenType};
use crate::tokens::{Options, Provenance, TokenName, Tokenizer, encode_document};

/// A corpus shard in, a token shard out.
pub(super) struct Tokenize;

/// Documents between two reports of progress.
const REPORT_EVERY: u64 = 256;

impl Stage for Tokenize {
    fn name(&self) -> &'static str {
        "tokenize"
    }

    fn summary(&self) -> &'static str {
        "turn the corpus into token shards"
    }

    fn version(&self) -> u32 {
        1
    }

    fn identity(&self, pipeline: &Pipeline) -> Result<serde_json::Value> {
        let section = &pipeline.tokenize;
        let token = |value: &Option<toml::Value>| value.as_ref().map(ToString::to_string);
        Ok(json!({
            "tokenizer": pipeline.named.tokenizer.as_ref().map(|named| &named.sha256),
            "arithmetic": section.arithmetic,
            "eod": token(&section.eod),
            "bos": token(&section.bos),
        }))
    }

    fn plan(&self, pipeline: &Pipeline, upstream: &dyn Upstream) -> Result<Vec<TaskPlan>> {
        if pipeline.tokenize.tokenizer.is_none() {
            return Ok(Vec::new());
        }
        let tasks = upstream.tasks("corpus")?;
        let shards = tasks
            .iter()
            .flat_map(|task| &task.outputs)
            .filter(|output| output.path.starts_with("corpus/"));
        let plan = |(index, shard): (usize, &OutputFile)| TaskPlan {
            index,
            inputs: vec![shard.as_input()],
            numbers: Default::default(),
        };
        Ok(shards.enumerate().map(plan).collect())
    }

    fn run(&self, task: &TaskPlan, context: &TaskContext<'_>) -> Result<TaskOutput> {
        let pipeline = context.pipeline;
        let tokenizer =
            context.models.tokenizer(&pipeline.tokenize, pipeline.named.tokenizer.as_ref())?;
        let input = task.input_in("corpus")?;
        if task.index == 0
            && let Some(text) = warning(&*tokenizer)
        {
            context.events.send(Event::Note { text: &text });
        }
        let place = context.place(input);
        let texts = TextFile { reader: context.open(input)?, place: &place, field: "text" };
        let files = ShardFiles::new("tokens/", name_of(&input.path));
        let advance = |records, bytes| context.advance(records, bytes);
        let mut output = tokenize_shard(texts, &*tokenizer, context.store, &files, &advance)?;
        add(&mut output.counts, "bytes_in", input.size);
        Ok(output)
    }

    fn check(&self, totals: &Counts, upstream: &dyn Upstream) -> Result<()> {
        let count = |name: &str| totals.get(name).copied().unwrap_or(0);
        let written = upstream.totals("corpus")?.get("documents").copied().unwrap_or(0);
        // Without a tokenizer there are no tasks and so no counts.
        if totals.is_empty() || count("documents") + count("empty") == written {
            return Ok(());
        }
        Err(Error::bug(format!(
            "{} documents were tokenized and {} were empty, the corpus has {written}",
            count("documents"),
            count("empty")
        )))
    }

    /// An independent reader has to understand the shard: Megatron itself checks nothing.
    fn check_format(&self, output: &TaskOutput, store: &dyn Store) -> Result<()> {
        let with = |ending: &str| output.outputs.iter().find(|file| file.path.ends_with(ending));
        let (Some(bin), Some(idx)) = (with(".bin"), with(".idx")) else { return Ok(()) };
        let place = store.place(&idx.path);
        let shard = Shard::open(
            store.open(&idx.path)?,
            &place,
            store.open_seekable(&bin.path)?,
            &store.place(&bin.path),
        )?;
        if shard.sequences() == idx.rows {
            return Ok(());
        }
        let message = format!("{} sequences, {} were written", shard.sequences(), idx.rows);
        Err(Error::new(Kind::Data, message).at_path(&place))
    }
}

impl TokenizeSection {
    /// How its tokenizer is opened.
    pub fn options(&self) -> Result<Options> {
        Ok(Options {
            arithmetic: self.arithmetic.parse()?,
            eod: self.eod.as_ref().map(|value| token_name("eod", value)).transpose()?,
            bos: self.bos.as_ref().map(|value| token_name("bos", value)).transpose()?,
        })
    }
}

fn token_name(key: &str, value: &toml::Value) -> Result<TokenName> {
    let name = match value {
        toml::Value::Integer(id) => u32::try_from(*id).ok().map(TokenName::Id),
        toml::Value::String(spelling) => Some(TokenName::Spelling(spelling.clone())),
        _ => None,
    };
    name.ok_or_else(|| {
        Error::new(Kind::Config, format!("`{value}` is no token"))
            .help(format!("tokenize.{key} is the id or the spelling of a token"))
    })
}

/// What people should know about the shards of a tokenizer, if anything.
pub fn warning(tokenizer: &dyn Tokenizer) -> Option<String> {
    let size = tokenizer.vocabulary_size();
    TokenType::is_ambiguous(size).then(|| {
        format!(
            "the vocabulary of {size} is stored in 4 bytes an id, which Megatron reads wrongly if \
             it is given --per-dataset-sequences-path"
        )
    })
}

/// The name of a file of lines without its folder and endings: `corpus-00000`.
pub fn name_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".zst").or_else(|| name.strip_suffix(".gz")).unwrap_or(name);
    name.strip_suffix(".jsonl").or_else(|| name.strip_suffix(".json")).unwrap_or(name)
}

/// How the names of files of JSON lines end, for directories that are searched for them.
pub const TEXT_ENDINGS: &[&str] = &[".jsonl", ".jsonl.zst", ".jsonl.gz"];

/// JSON lines with a text each: ours, or anybody's.
pub struct TextFile<'a, R> {
    /// The file, packed or not.
    pub reader: R,
    /// Where it lies, for errors.
    pub place: &'a Path,
    /// The field that holds the text.
    pub field: &'a str,
}

/// The files of a token shard, relative to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardFiles {
    /// The ids.
    pub bin: String,
    /// Their index.
    pub idx: String,
    /// Where the sequences come from. In a folder of its own, because Megatron's
    /// `merge_datasets.py` refuses a folder with other files.
    pub provenance: String,
}

impl ShardFiles {
    /// The files of the shard `name` in `folder`, which ends with `/` or is empty.
    pub fn new(folder: &str, name: &str) -> ShardFiles {
        ShardFiles {
            bin: format!("{folder}{name}.bin"),
            idx: format!("{folder}{name}.idx"),
            provenance: format!("{folder}provenance/{name}.parquet"),
        }
    }
}

/// Turns every text of a file into one sequence of a token shard. Blank lines are passed over. Texts
/// without ids are left out and counted; without any sequence nothing is written. A line that is no JSON object, or whose
/// `field` is no text, is [`Kind::Data`] with its place.
///
/// Counts: `documents`, `tokens` with the marks, `bytes` of text, `empty`, and `special`: ids of
/// special tokens that texts spell out. `advance` hears of records and of bytes of the file.
pub fn tokenize_shard(
    texts: TextFile<'_, impl Read>,
    tokenizer: &dyn Tokenizer,
    store: &dyn Store,
    files: &ShardFiles,
    advance: &dyn Fn(u64, u64),
) -> Result<TaskOutput> {
    let TextFile { reader, place, field } = texts;
    let (read, mut told) = (Cell::new(0), 0);
    let mut lines = FrameReader::new(Counted { reader, read: &read }, place)?;
    let bin_place = store.place(&files.bin);
    let size = tokenizer.vocabulary_size();
    let special: Vec<bool> = (0..size).map(|id| tokenizer.is_special(id)).collect();
    let mut shard = ShardWriter::new(store.create(&files.bin)?, &bin_place, size);
    let mut provenance = Provenance::default();
    let (mut encoder, marks) = (tokenizer.encoder(), tokenizer.marks());
    let (mut ids, mut row_number) = (Vec::new(), 0);
    let mut sums = Sums::default();
    while let Some(line) = lines.next_line()? {
        row_number += 1;
        // Other programs begin a file with a byte order mark and leave blank lines.
        let line =
            if row_number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row = row::parse(line, field).map_err(|wrong| wrong.at(place, row_number))?;
        encode_document(&mut *encoder, marks, &row.text, &mut ids).map_err(|error| {
            error.at(Place::Text { path: place.to_path_buf(), line: row_number, column: 1 })
        })?;
        if ids.is_empty() {
            sums.empty += 1;
        } else {
            shard.push(&ids)?;
            provenance.push(row.origin, ids.len());
            let body = &ids[usize::from(marks.bos.is_some())..ids.len() - 1];
            sums.special += body.iter().filter(|id| special[**id as usize]).count() as u64;
            sums.bytes += row.text.len() as u64;
        }
        if (row_number as u64).is_multiple_of(REPORT_EVERY) {
            advance(REPORT_EVERY, read.get() - told);
            told = read.get();
        }
    }
    advance(row_number as u64 % REPORT_EVERY, read.get() - told);
    let (bin, index) = shard.finish();
    let counts = sums.counts(index.sequences(), index.tokens());
    if index.sequences() == 0 {
        return Ok(TaskOutput { outputs: Vec::new(), counts });
    }
    let mut idx = store.create(&files.idx)?;
    index.write(&mut idx, &store.place(&files.idx))?;
    let mut parquet = store.create(&files.provenance)?;
    let rows =
        provenance.write(&mut parquet, &store.place(&files.provenance).display().to_string())?;
    // The index last: a shard is there when its index is.
    let outputs = vec![
        commit(&files.bin, bin, rows)?,
        commit(&files.provenance, parquet, rows)?,
        commit(&files.idx, idx, rows)?,
    ];
    Ok(TaskOutput { outputs, counts })
}

fn commit(path: &str, staged: Staged, rows: u64) -> Result<OutputFile> {
    let committed = staged.commit()?;
    let counts = Counts::new();
    Ok(OutputFile {
        path: path.to_owned(),
        size: committed.size,
        sha256: committed.sha256,
        rows,
        counts,
    })
}

/// What is counted besides sequences and tokens.
#[derive(Debug, Default)]
struct Sums {
    bytes: u64,
    empty: u64,
    special: u64,
}

impl Sums {
    fn counts(self, documents: u64, tokens: u64) -> Counts {
        let all = [
            ("documents", documents),
            ("tokens", tokens),
            ("bytes", self.bytes),
            ("empty", self.empty),
            ("special", self.special),
        ];
        all.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect()
    }
}

/// Counts the bytes that are read through it.
struct Counted<'a, R> {
    reader: R,
    read: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(out)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_named_after_their_text() {
        let table = [
            ("corpus/corpus-00017.jsonl.zst", "corpus-00017"),
            ("a.b.jsonl.gz", "a.b"),
            ("/x/y.jsonl", "y"),
            ("texts", "texts"),
        ];
        for (path, name) in table {
            assert_eq!(name_of(path), name);
        }
        let files = ShardFiles::new("tokens/", "c-00000");
        assert_eq!(files.provenance, "tokens/provenance/c-00000.parquet");
    }
}
