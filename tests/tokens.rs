//! Tokenizers and token shards from outside: what other implementations give for small models, and
//! what the command does.

pub(crate) mod toy;

use std::path::{Path, PathBuf};

use kuroshio::error::Kind;
use kuroshio::tokens::megatron::{Expected, Shard, TokenType, verify};
use kuroshio::tokens::{self, Arithmetic, Marks, Options, TokenName, Tokenizer};

use crate::support::{Scratch, digests, kuroshio, root};
use toy::{Toy, first_pieces, toy};

const TOY: &str = "tests/fixtures/tokens/toy.model";

fn open(path: &Path, options: &Options) -> Box<dyn Tokenizer> {
    tokens::open(path, options).unwrap()
}

fn ids(tokenizer: &dyn Tokenizer, text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    tokenizer.encoder().encode(text, &mut ids).unwrap();
    ids
}

#[test]
fn the_committed_model_is_what_its_generator_builds() {
    let path = root().join(TOY);
    let built = toy().bytes();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &built).unwrap();
    }
    assert!(
        std::fs::read(&path).is_ok_and(|committed| committed == built),
        "{TOY} is outdated; UPDATE=1 writes it again"
    );
}
