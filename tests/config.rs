//! Configuration: everything wrong is refused before anything runs, all at once, with its place.

use crate::support::{Scratch, kuroshio, root};

const GOOD: &str = "[input]\nwarc = [\"tests/fixtures/quickstart.warc.gz\"]\n";

#[test]
fn two_misspelt_keys_are_reported_at_once_with_place_and_nearest_name() {
    let scratch = Scratch::new();
    let file = scratch.write(
        "p.toml",
        format!("{GOOD}[extract]\nmin_scroe = 0.5\n[dedup]\nkeeep = \"newest\"\n"),
    );
    let run = scratch.join("run").display().to_string();
    let output = kuroshio(["run", file.to_str().unwrap(), "--run", &run], root()).exited(78);
    let name = file.display().to_string();
    for expected in [
        &format!("{name}:4:1: unknown key `min_scroe` in [extract]"),
        "did you mean `min_score`?",
        &format!("{name}:6:1: unknown key `keeep` in [dedup]"),
        "did you mean `keep`?",
        "2 problems",
    ] {
        assert!(output.stderr.contains(expected), "{expected}\n{}", output.stderr);
    }
    assert!(!scratch.join("run").exists(), "something ran");
}

#[test]
fn wrong_values_missing_files_and_unknown_names_are_reported_together() {
    let scratch = Scratch::new();
    let file = scratch.write(
        "p.toml",
        "[input]\nwarc = [\"no/such.warc.gz\"]\n[extract]\nmin_score = 7\nmodel = \"lid.167\"\n\
         [select]\nchain = \"filters/kurosio.toml\"\n[tokenize]\ntokenizer = \"qwen33\"\n",
    );
    let output = kuroshio(["config", "show", file.to_str().unwrap()], root()).exited(78);
    for expected in [
        "no/such.warc.gz",
        "`extract.min_score` is 7, out of bounds",
        "`lid.167` is neither an asset nor a file",
        "did you mean `lid.176`?",
        "cannot read the filter chain `filters/kurosio.toml`",
        "filters/kuroshio.toml",
        "did you mean `qwen3`?",
    ] {
        assert!(output.stderr.contains(expected), "{expected}\n{}", output.stderr);
    }
}

#[test]
fn a_misspelt_signal_in_the_chain_is_refused_with_its_line() {
    let scratch = Scratch::new();
    let chain = scratch.write("c.toml", "[[step]]\nsignal = \"charcters\"\nmin = 3\n");
    let file =
        scratch.write("p.toml", format!("{GOOD}[select]\nchain = \"{}\"\n", chain.display()));
    let output = kuroshio(["config", "show", file.to_str().unwrap()], root()).exited(78);
    assert!(output.stderr.contains("c.toml:2:"), "{}", output.stderr);
    assert!(output.stderr.contains("did you mean `characters`?"), "{}", output.stderr);
}

#[test]
fn set_overrides_a_key_and_is_checked_the_same_way() {
    let scratch = Scratch::new();
    let file = scratch.write("p.toml", GOOD);
    let file = file.to_str().unwrap();
    let shown =
        kuroshio(["config", "show", file, "--set", "extract.min_score=0.75"], root()).success();
    assert!(shown.stdout.contains("min_score = 0.75"), "{}", shown.stdout);
    let refused = kuroshio(
        ["config", "show", file, "--set", "extract.min_scor=0.75", "--set", "dedup.exact=3"],
        root(),
    )
    .exited(78);
    assert!(refused.stderr.contains("--set extract.min_scor=0.75"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`dedup.exact` is a whole number"), "{}", refused.stderr);
}

#[test]
fn a_run_keeps_its_configuration_and_names_what_differs() {
    let scratch = Scratch::new();
    let run = scratch.join("run").display().to_string();
    let base = ["plan", "pipelines/quickstart.toml", "--run", &run];
    kuroshio(base, root()).success();
    let other =
        kuroshio(base.iter().copied().chain(["--set", "extract.min_score=0.9"]), root()).exited(78);
    assert!(
        other.stderr.contains("`extract.min_score` is 0.5 in the run, now 0.9"),
        "{}",
        other.stderr
    );
    assert!(other.stderr.contains("--run"), "{}", other.stderr);
}

#[test]
fn every_key_is_listed() {
    let text = kuroshio(["config", "keys"], root()).success().stdout;
    for section in kuroshio::stages::pipeline::SECTIONS {
        for key in section.keys {
            assert!(text.contains(&format!("{}.{}\n", section.name, key.name)), "{}", key.name);
        }
    }
    let json = kuroshio(["config", "keys", "dedup", "--json"], root()).success().stdout;
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}
