//! What a publisher says about the uses of a page: robots directives, the reservation of text and
//! data mining (the TDM Reservation Protocol of the W3C community group), and licences.
//!
//! Everything is recorded as it was said, and nothing follows from it here. The first word on a
//! question counts. The page is heard before the HTTP header fields, because the protocol gives
//! the page precedence. What is kept is bounded in number and length, so that no page can make
//! its own record large.

use crate::format::document::{License, Rights, RightsSource, RobotsDirective};
use crate::html::{Kind, Name, Start};

/// What a pipeline may honour: [`says`] tells whether a page said it.
pub const SIGNALS: &[&str] = &["noindex", "noarchive", "noai", "noimageai", "tdm"];

/// The robots directives that are recorded. They speak of uses; the others (`nofollow`, `nosnippet`,
/// `max-snippet`) speak of how a search engine shows its results.
const DIRECTIVES: [&str; 4] = ["noindex", "noarchive", "noai", "noimageai"];

/// Agents that gather text for corpora and models: what is said to one of them is meant for us, too.
/// What is said to a search engine alone is not.
const GATHERERS: [&str; 19] = [
    "ai2bot",
    "amazonbot",
    "anthropic-ai",
    "applebot-extended",
    "bytespider",
    "ccbot",
    "claude-web",
    "claudebot",
    "cohere-ai",
    "cohere-training-data-crawler",
    "diffbot",
    "facebookbot",
    "google-extended",
    "gptbot",
    "meta-externalagent",
    "omgili",
    "omgilibot",
    "pangubot",
    "timpibot",
];

/// Words in the names of other agents.
const AGENT_WORDS: [&str; 5] = ["bot", "crawler", "spider", "slurp", "archiver"];

/// Robots directives with a value, whose colon ends no agent's name.
const VALUED: [&str; 4] =
    ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// The header fields that are heard, and the `meta` elements that may stand for them.
const FIELDS: [&str; 3] = [ROBOTS_TAG, RESERVATION, POLICY];
const ROBOTS_TAG: &str = "X-Robots-Tag";
const RESERVATION: &str = "tdm-reservation";
const POLICY: &str = "tdm-policy";

/// Entries that are kept of each list.
const MOST_ENTRIES: usize = 64;
/// Bytes of the longest address that is kept.
const LONGEST_ADDRESS: usize = 2_048;
/// Bytes of the longest name of an agent.
const LONGEST_AGENT: usize = 64;

/// Whether the publisher gave `signal`, one of [`SIGNALS`]: to everybody, or to an agent that
/// gathers text.
pub fn says(rights: &Rights, signal: &str) -> bool {
    if signal == "tdm" {
        return rights.tdm_reservation == Some(true);
    }
    let meant = |agent: &Option<String>| {
        agent.as_ref().is_none_or(|agent| GATHERERS.contains(&agent.as_str()))
    };
    rights.robots.iter().any(|said| said.directive == signal && meant(&said.agent))
}

/// Hears a field of the HTTP header: `X-Robots-Tag`, `tdm-reservation`, `tdm-policy`.
pub fn header(rights: &mut Rights, name: &str, value: &str) {
    field(rights, name, value, RightsSource::Header);
}

/// Hears a start tag.
pub(super) fn hear(rights: &mut Rights, start: Start<'_>) {
    if start.name() != Name::META {
        link(rights, &start.value(Kind::Rel), &start.value(Kind::Href));
        return;
    }
    let said = |kind| {
        let name = start.value(kind);
        if is_heard(&name) { name } else { "".into() }
    };
    let (name, pragma) = (said(Kind::Name), said(Kind::HttpEquiv));
    if !(name.is_empty() && pragma.is_empty()) {
        meta(rights, &name, &pragma, &start.value(Kind::Content));
    }
}

/// Whether a `meta` of this `name` or `http-equiv` can say anything: most cannot.
fn is_heard(name: &str) -> bool {
    let name = name.trim();
    is_everybody(name)
        || FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
        || is_agent(name)
}

/// Whether the `rel` of a link says that it leads to a licence.
fn is_license(rel: &str) -> bool {
    rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("license"))
}

/// Hears a `meta` element by its `name`, `http-equiv` and `content`, each empty where it is not.
fn meta(rights: &mut Rights, name: &str, pragma: &str, content: &str) {
    let name = name.trim();
    if is_everybody(name) {
        directives(rights, content, None, RightsSource::Meta);
    } else if is_agent(name) {
        directives(rights, content, Some(name), RightsSource::Meta);
    } else {
        let name = if name.is_empty() { pragma.trim() } else { name };
        field(rights, name, content, RightsSource::Meta);
    }
}

/// Hears a link by its `rel` and `href`, each empty where it is not.
fn link(rights: &mut Rights, rel: &str, href: &str) {
    let rel = is_license(rel);
    let url = href.trim();
    if !(rel || is_creative_commons(url)) || url.is_empty() || url.len() > LONGEST_ADDRESS {
        return;
    }
    if let Some(known) = rights.licenses.iter_mut().find(|known| known.url == url) {
        known.rel |= rel;
    } else if rights.licenses.len() < MOST_ENTRIES {
        rights.licenses.push(License { url: url.to_owned(), rel });
    }
}

/// What a header field says, or a `meta` that stands for one.
fn field(rights: &mut Rights, name: &str, value: &str, source: RightsSource) {
    let value = value.trim();
    if name.eq_ignore_ascii_case(ROBOTS_TAG) {
        robots_tag(rights, value, source);
    } else if name.eq_ignore_ascii_case(RESERVATION) {
        let reserved = match value {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        };
        rights.tdm_reservation = rights.tdm_reservation.or(reserved);
    } else if name.eq_ignore_ascii_case(POLICY)
        && rights.tdm_policy.is_none()
        && !value.is_empty()
        && value.len() <= LONGEST_ADDRESS
    {
        rights.tdm_policy = Some(value.to_owned());
    }
}

/// `noindex, gptbot: noai, noarchive`: the directives behind an agent's name are for that agent.
fn robots_tag(rights: &mut Rights, value: &str, source: RightsSource) {
    let mut agent = None;
    for part in value.split(',') {
        let Some((before, behind)) = part.split_once(':') else {
            directives(rights, part, agent, source);
            continue;
        };
        let before = before.trim();
        let is = |word: &&str| word.eq_ignore_ascii_case(before);
        if DIRECTIVES.iter().any(is) {
            directives(rights, before, agent, source);
        } else if !VALUED.iter().any(is) && is_token(before) {
            agent = (before != "*").then_some(before);
            directives(rights, behind, agent, source);
        }
    }
}

/// Records the directives of a list, which commas, semicolons or white space part.
fn directives(rights: &mut Rights, list: &str, agent: Option<&str>, source: RightsSource) {
    let is_border = |c: char| c == ',' || c == ';' || c.is_ascii_whitespace();
    for word in list.split(is_border) {
        // `none` is short for `noindex, nofollow`.
        let word = if word.eq_ignore_ascii_case("none") { "noindex" } else { word };
        let Some(directive) = DIRECTIVES.iter().find(|known| known.eq_ignore_ascii_case(word))
        else {
            continue;
        };
        let agent = agent.map(str::to_ascii_lowercase);
        let is_known = |said: &RobotsDirective| said.directive == *directive && said.agent == agent;
        if rights.robots.len() < MOST_ENTRIES && !rights.robots.iter().any(is_known) {
            rights.robots.push(RobotsDirective {
                directive: (*directive).to_owned(),
                agent,
                source,
            });
        }
    }
}

/// Whether a `meta` of this name speaks to all agents.
fn is_everybody(name: &str) -> bool {
    name.eq_ignore_ascii_case("robots") || name.eq_ignore_ascii_case("robot")
}

/// Whether the name of a `meta` is that of an agent.
fn is_agent(name: &str) -> bool {
    let holds = |word: &&str| {
        let mut places = name.as_bytes().windows(word.len());
        places.any(|place| place.eq_ignore_ascii_case(word.as_bytes()))
    };
    is_token(name)
        && (GATHERERS.iter().any(|agent| agent.eq_ignore_ascii_case(name))
            || AGENT_WORDS.iter().any(holds))
}

/// Whether this can be the name of an agent.
fn is_token(name: &str) -> bool {
    (1..=LONGEST_AGENT).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte))
}

/// Whether the address is that of a licence or a public domain mark of Creative Commons.
fn is_creative_commons(url: &str) -> bool {
    let prefixed = |text, prefixes: &[&str]| -> Option<&str> {
        prefixes.iter().find_map(|prefix| strip(text, prefix))
    };
    prefixed(url, &["https://", "http://", "//"])
        .and_then(|rest| prefixed(rest, &["creativecommons.org/", "www.creativecommons.org/"]))
        .and_then(|path| prefixed(path, &["licenses/", "publicdomain/"]))
        .is_some()
}

/// The text behind `prefix` in any case.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The directives as `agent:directive`.
    fn robots(rights: &Rights) -> Vec<String> {
        let name = |said: &RobotsDirective| match &said.agent {
            Some(agent) => format!("{agent}:{}", said.directive),
            None => said.directive.clone(),
        };
        rights.robots.iter().map(name).collect()
    }

    #[test]
    fn metas_speak_to_everybody_or_to_one_agent() {
        for (name, pragma, content, expected) in [
            ("robots", "", "noindex, nofollow", &["noindex"][..]),
            (" ROBOTS", "", "NoAI,NoImageAI", &["noai", "noimageai"]),
            ("robots", "", "none", &["noindex"]),
            ("robots", "", "index,follow,max-snippet:-1", &[]),
            ("robots", "", "noindex noarchive;noindex", &["noindex", "noarchive"]),
            ("Googlebot", "", "noarchive", &["googlebot:noarchive"]),
            ("CCBot", "", "noindex", &["ccbot:noindex"]),
            ("anthropic-ai", "", "noai", &["anthropic-ai:noai"]),
            ("", "X-Robots-Tag", "gptbot: noindex", &["gptbot:noindex"]),
            ("description", "", "noindex", &[]),
            ("keywords", "", "noai, noindex", &[]),
            ("", "", "noindex", &[]),
        ] {
            let mut rights = Rights::default();
            meta(&mut rights, name, pragma, content);
            assert_eq!(robots(&rights), expected, "{name} {pragma} {content}");
            assert!(expected.is_empty() || is_heard(name) || is_heard(pragma), "{name} {pragma}");
        }
    }

    #[test]
    fn header_fields_may_name_agents() {
        for (value, expected) in [
            ("noindex", &["noindex"][..]),
            ("noindex, noai", &["noindex", "noai"]),
            ("googlebot: nofollow, noindex", &["googlebot:noindex"]),
            (
                "noai, GPTBot: noindex, ccbot:noarchive",
                &["noai", "gptbot:noindex", "ccbot:noarchive"],
            ),
            ("*: noindex", &["noindex"]),
            ("unavailable_after: 25 Jun 2030 15:00:00 PST", &[]),
            ("unavailable_after: Tue, 25 Jun 2030 15:00:00 PST, noindex", &["noindex"]),
            ("max-snippet: 20, noarchive", &["noarchive"]),
            ("noindex: true", &["noindex"]),
            (":, ::,", &[]),
        ] {
            let mut rights = Rights::default();
            header(&mut rights, "x-robots-tag", value);
            assert_eq!(robots(&rights), expected, "{value}");
        }
    }

    #[test]
    fn the_page_has_precedence_over_the_header() {
        let mut rights = Rights::default();
        meta(&mut rights, "tdm-reservation", "", "0");
        header(&mut rights, "TDM-Reservation", "1");
        header(&mut rights, "TDM-Policy", " https://example.jp/policy.json ");
        assert_eq!(rights.tdm_reservation, Some(false));
        assert_eq!(rights.tdm_policy.as_deref(), Some("https://example.jp/policy.json"));
        let mut rights = Rights::default();
        header(&mut rights, "tdm-reservation", "yes");
        assert!(rights.is_empty());
    }

    #[test]
    fn licences_are_links_that_say_so_and_those_to_creative_commons() {
        for (rel, href, expected) in [
            ("license", "/terms", Some(("/terms", true))),
            ("nofollow LICENSE", " /terms", Some(("/terms", true))),
            (
                "",
                "https://creativecommons.org/licenses/by/4.0/deed.ja",
                Some(("https://creativecommons.org/licenses/by/4.0/deed.ja", false)),
            ),
            (
                "",
                "//WWW.CreativeCommons.org/publicdomain/zero/1.0/",
                Some(("//WWW.CreativeCommons.org/publicdomain/zero/1.0/", false)),
            ),
            ("", "https://creativecommons.org/", None),
            ("", "https://example.com/?u=https://creativecommons.org/licenses/by/4.0/", None),
            ("licensed", "/terms", None),
            ("license", "", None),
            ("", "あhttps:/", None),
        ] {
            let mut rights = Rights::default();
            link(&mut rights, rel, href);
            let found = rights.licenses.first().map(|known| (known.url.as_str(), known.rel));
            assert_eq!(found, expected, "{rel} {href}");
        }
        let mut rights = Rights::default();
        for rel in ["", "license", ""] {
            link(&mut rights, rel, "https://creativecommons.org/licenses/by/4.0/");
        }
        assert!(matches!(&rights.licenses[..], [License { rel: true, .. }]));
    }

    #[test]
    fn what_is_said_to_a_search_engine_alone_is_not_meant_for_us() {
        let said = |field: &str| {
            let mut rights = Rights::default();
            header(&mut rights, "X-Robots-Tag", field);
            SIGNALS.iter().copied().filter(|signal| says(&rights, signal)).collect::<Vec<_>>()
        };
        assert_eq!(said("noai"), ["noai"]);
        assert_eq!(said("CCBot: noindex"), ["noindex"]);
        assert_eq!(said("googlebot: noindex"), [""; 0]);
        let rights = Rights { tdm_reservation: Some(true), ..Rights::default() };
        assert!(says(&rights, "tdm") && !says(&rights, "noindex"));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut rights = Rights::default();
        for n in 0..1_000 {
            meta(&mut rights, &format!("bot{n}"), "", "noindex");
            link(&mut rights, "license", &format!("/{n}"));
        }
        link(&mut rights, "license", &"x".repeat(LONGEST_ADDRESS + 1));
        header(&mut rights, "tdm-policy", &"x".repeat(LONGEST_ADDRESS + 1));
        assert_eq!((rights.robots.len(), rights.licenses.len()), (MOST_ENTRIES, MOST_ENTRIES));
        assert_eq!(rights.tdm_policy, None);
    }

    proptest! {
        #[test]
        fn no_words_make_it_panic(
            name in "(robots|[a-z]*bot|X-Robots-Tag|tdm-(reservation|policy)|.{0,12})",
            value in "((noindex|none|noai|[a-z*]{0,5}:|,|;|[01]| |\\PC){0,12}|.{0,40})",
        ) {
            let mut rights = Rights::default();
            meta(&mut rights, &name, &value, &value);
            meta(&mut rights, "", &name, &value);
            prop_assert!(rights.is_empty() || is_heard(&name) || is_heard(&value));
            header(&mut rights, &name, &value);
            link(&mut rights, &name, &value);
            for said in &rights.robots {
                prop_assert!(DIRECTIVES.contains(&said.directive.as_str()));
            }
        }
    }
}
