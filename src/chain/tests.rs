//! Chains read from text: what they hold, and everything that can be wrong with them.

use std::path::Path;

use super::*;
use crate::config::{Key, KeyKind};
use crate::error::{Error, Kind};

const SPECS: &[SignalSpec] = &[
    spec("length", &[], (0.0, f64::INFINITY), true),
    spec("share", &[], (0.0, 1.0), true),
    spec(
        "listed",
        &[Key {
            name: "list",
            kind: KeyKind::Text,
            default: None,
            required: true,
            unit: "",
            summary: "The list.",
        }],
        (0.0, f64::INFINITY),
        true,
    ),
    spec("cluster", &[], (1.0, f64::INFINITY), false),
];

const fn spec(
    name: &'static str,
    keys: &'static [Key],
    range: (f64, f64),
    of_text: bool,
) -> SignalSpec {
    SignalSpec { name, keys, range, of_text, check }
}

fn check(_: &str, parameters: &toml::Table) -> Result<(), Error> {
    match parameters.get("list").and_then(toml::Value::as_str) {
        Some("gone.txt") => Err(Error::new(Kind::Config, "there is no list `gone.txt`")),
        _ => Ok(()),
    }
}

/// The chain in `text`, over the signals of these tests.
pub(super) fn chain(text: &str) -> Chain {
    parse(Path::new("c.toml"), text, SPECS).unwrap()
}

fn problems(text: &str) -> Vec<String> {
    let problems = parse(Path::new("c.toml"), text, SPECS).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn edits_bounds_and_tiers_stand_in_the_order_of_the_file() {
    let chain = chain(
        "[[step]]\nsignal = \"length\"\nmin = { wide = 10, narrow = 100 }\n\
         [[step]]\nedit = \"drop_boilerplate\"\n\
         [[step]]\nsignal = \"share\"\nmax = { third = 0.5 }\nmin = 0.25\nname = \"half\"\n",
    );
    assert_eq!(chain.tiers, ["wide", "narrow", "third"]);
    let edits: Vec<&str> = chain.edits().map(|step| step.edit.name).collect();
    assert_eq!(edits, ["drop_boilerplate"]);
    let bounds: Vec<&Bound> = chain.bounds().collect();
    let names: Vec<&str> = bounds.iter().map(|bound| bound.name.as_str()).collect();
    assert_eq!(names, ["length", "half"]);
    assert_eq!(bounds[0].min, [Some(10.0), Some(100.0), None]);
    assert_eq!(bounds[0].max, [None; 3]);
    assert_eq!(bounds[1].min, [Some(0.25); 3]);
    assert_eq!(bounds[1].max, [None, None, Some(0.5)]);
}

#[test]
fn a_column_is_a_signal_with_its_parameters_behind_its_edits() {
    let chain = chain(
        "[[step]]\nsignal = \"length\"\nmin = 1\n\
         [[step]]\nsignal = \"length\"\nmax = 9\n\
         [[step]]\nsignal = \"cluster\"\nmax = 9\n\
         [[step]]\nsignal = \"listed\"\nlist = \"a.txt\"\nmax = 9\n\
         [[step]]\nedit = \"drop_link_lists\"\nlinks = 5\n\
         [[step]]\nsignal = \"length\"\nmin = 1\n\
         [[step]]\nsignal = \"cluster\"\nmin = 2\n\
         [[step]]\nsignal = \"listed\"\nlist = \"b.txt\"\nmax = 9\n",
    );
    let columns: Vec<(&str, usize)> =
        chain.columns.iter().map(|column| (column.name.as_str(), column.edits)).collect();
    assert_eq!(
        columns,
        [("length", 0), ("cluster", 0), ("listed", 0), ("length.2", 1), ("listed.2", 1)]
    );
    let bounds: Vec<(&str, usize)> =
        chain.bounds().map(|bound| (bound.name.as_str(), bound.column)).collect();
    assert_eq!(
        bounds,
        [
            ("length", 0),
            ("length.2", 0),
            ("cluster", 1),
            ("listed", 2),
            ("length.3", 3),
            ("cluster.2", 1),
            ("listed.2", 4),
        ]
    );
}

#[test]
fn a_chain_without_tiers_has_one_and_an_empty_chain_keeps_everything() {
    let chain = chain("");
    let tier = chain.tier(ONLY_TIER).unwrap();
    assert_eq!(chain.decide(tier, &[]), Verdict::Kept);
    assert_eq!(chain.tier_reached(&[]), Some(tier));
    let problem = chain.tier("brod").unwrap_err();
    assert_eq!(problem.help.as_deref(), Some("did you mean `broad`?"));
}

#[test]
fn the_identity_holds_bounds_and_parameters_of_edits() {
    let text = "[[step]]\nedit = \"drop_link_lists\"\n[[step]]\nsignal = \"length\"\nmin = 1\n";
    let identity = |text: &str| chain(text).identity().to_string();
    let same = text.replace("lists\"\n", "lists\"\nlinks = 3\n");
    assert_eq!(identity(text), identity(&same), "a default that is written out changes nothing");
    for (from, to) in [
        ("min = 1", "min = 2"),
        ("min = 1", "max = 1"),
        ("min = 1", "min = 1\nundefined = \"drop\""),
        ("min = 1", "min = 1\nname = \"short\""),
        ("lists\"", "lists\"\nlinks = 4"),
        ("length", "cluster"),
    ] {
        assert_ne!(identity(text), identity(&text.replace(from, to)), "{to}");
    }
    let steps: Vec<String> = chain(text).edits().map(EditStep::identity).collect();
    assert_eq!(
        steps,
        [r#"{"edit":"drop_link_lists","parameters":{"links":3,"share":0.7},"version":1}"#]
    );
}

#[test]
fn every_problem_comes_at_once_with_its_place_and_cure() {
    let text = "\
tiers = [\"broad\", \"strict\"]
stpe = 1

[[step]]
signal = \"lenght\"
min = 1

[[step]]
signal = \"share\"
edit = \"drop_boilerplate\"

[[step]]
singal = \"share\"

[[step]]
signal = \"share\"
min = 1.5
max = \"much\"

[[step]]
signal = \"length\"
min = { broad = 5, strict = 3 }
max = { strict = 2, strct = 9 }
mx = 3

[[step]]
edit = \"drop_boilerplat\"

[[step]]
edit = \"drop_link_lists\"
share = 7
";
    assert_eq!(
        problems(text),
        [
            "c.toml:2:1: unknown key `stpe` in a chain (did you mean `step`?)",
            "c.toml:5:10: there is no signal `lenght` (did you mean `length`?)",
            "c.toml:9:10: a step names both an edit and a signal (make two steps of it)",
            "c.toml:12:1: a step names neither an edit nor a signal (did you mean `signal` by `singal`?)",
            "c.toml:17:7: `step.min` is 1.5, which `share` never is (its values lie between 0 and 1)",
            "c.toml:18:7: `step.max` is a text (expected: number, or a table of one number a tier)",
            "c.toml:24:1: unknown key `mx` in a step (did you mean `max`?)",
            "c.toml:23:21: the chain has no tier `strct` (did you mean `strict`?)",
            "c.toml:22:7: `min` is 3 and `max` is 2 in tier `strict`: nothing passes",
            "c.toml:27:8: there is no edit `drop_boilerplat` (did you mean `drop_boilerplate`?)",
            "c.toml:31:9: `step.share` is 7, out of bounds (expected: number, 0.01 to 1)",
        ]
    );
}

#[test]
fn each_single_slip_is_named() {
    for (text, expected) in [
        ("step = 3", "c.toml:1:8: `step` is a whole number (a step begins with `[[step]]`)"),
        ("step = [3]", "c.toml:1:9: a step is a whole number"),
        (
            "tiers = 3",
            "c.toml:1:9: `tiers` is a whole number (expected: list of texts, the broadest tier first)",
        ),
        ("tiers = [\"a\", \"a\"]", "c.toml:1:15: the tier `a` stands there twice"),
        ("tiers = [\"a\", 1]", "c.toml:1:15: a tier is a whole number"),
        ("tiers = [\"\"]", "c.toml:1:10: a tier has an empty name"),
        ("[[step]]\nsignal = 3", "c.toml:2:10: `step.signal` is a whole number"),
        (
            "[[step]]\nsignal = \"share\"",
            "c.toml:2:10: the step of `share` has no bound (write `min`, `max` or both)",
        ),
        ("[[step]]\nsignal = \"share\"\nmin = {}", "c.toml:3:7: `step.min` names no tier"),
        (
            "[[step]]\nsignal = \"share\"\nmin = nan",
            "c.toml:3:7: `step.min` is NaN, which `share` never is (its values lie between 0 and 1)",
        ),
        (
            "[[step]]\nsignal = \"cluster\"\nmin = 0",
            "c.toml:3:7: `step.min` is 0, which `cluster` never is (its values are at least 1)",
        ),
        (
            "[[step]]\nsignal = \"share\"\nmin = 0\nundefined = \"dorp\"",
            "c.toml:4:13: `step.undefined` is `dorp`; did you mean `drop`? (expected: one of keep, drop)",
        ),
        (
            "[[step]]\nsignal = \"share\"\nmin = 0\nname = \"kept\"",
            "c.toml:4:8: no bound can be called `kept`",
        ),
        (
            "[[step]]\nsignal = \"share\"\nmin = 0\nname = \"a b\"",
            "c.toml:4:8: `a b` is no name of a verdict (letters, digits, `-`, `_` and `.` are allowed)",
        ),
        (
            "[[step]]\nsignal = \"share\"\nmin = 0\n[[step]]\nsignal = \"length\"\nmin = 0\nname = \"share\"",
            "c.toml:7:8: two bounds are called `share`",
        ),
        (
            "[[step]]\nsignal = \"listed\"\nmin = 0",
            "c.toml:2:10: `step.list` must be given (The list. (text))",
        ),
        (
            "[[step]]\nsignal = \"listed\"\nmin = 0\nlist = \"gone.txt\"",
            "c.toml:4:8: there is no list `gone.txt`",
        ),
        (
            "[[step]]\nsignal = \"drop_boilerplate\"",
            "c.toml:2:10: there is no signal `drop_boilerplate` (`drop_boilerplate` is an edit: write `edit = \"drop_boilerplate\"`)",
        ),
        (
            "[[step]]\nedit = \"share\"",
            "c.toml:2:8: there is no edit `share` (`share` is a signal: write `signal = \"share\"`)",
        ),
        (
            "[[step]]\nedit = \"drop_boilerplate\"\nmin = 3",
            "c.toml:3:1: unknown key `min` in a step (allowed: edit)",
        ),
    ] {
        assert_eq!(problems(text), [expected], "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[\\[step\\]\\]|signal|edit|min|max|tiers|=|\"share\"|\\{|\\}|\\[|\\]|1|,| |\n|a){0,40}") {
        let _ = parse(Path::new("c.toml"), &text, SPECS);
    }
}
