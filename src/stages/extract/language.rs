//! Which language a page is in, by up to three looks: at its main paragraphs, at all of them, and
//! at its Japanese script alone.

use super::record::{Extractor, rounded};
use super::trail::{LanguageTrail, Score, Trail};
use crate::format::document::{Language, Paragraph};
use crate::language::{japanese_form, japanese_share, lid_form};
use crate::outcome::Outcome;

/// Labels that a trail keeps of each look.
const SCORES: usize = 5;
/// Below this no language has half of the probability: the model is not sure.
const SURE: f32 = 0.5;
/// From here on, if it saw half of the page, it is believed that this is another language: of 129 pages
/// that no look let pass it was so sure of 16, of 1,300 that a later look let pass of none.
const CERTAIN: f32 = 0.9;
/// The share of Japanese script from which it is looked at alone where the model is not sure: half
/// as many Japanese words as others, or so.
const SHARE_IF_UNSURE: f64 = 1.0 / 6.0;
/// The same where the model is sure that all is in another language.
const SHARE_IF_SURE: f64 = 0.5;

/// A page's language and what told it.
pub(super) struct Told {
    pub(super) language: Language,
    /// Whether everything but Japanese script had to be set aside.
    pub(super) by_script: bool,
}

/// The model's best label for some text.
#[derive(Clone, Copy)]
struct Look {
    is_wanted: bool,
    score: f32,
}

impl Extractor<'_> {
    /// Identifies the language from the main paragraphs; from all of them where there are none or
    /// where the main ones alone do not pass, because a short notice in English must not hide a
    /// Japanese page (where they are half of the page and surely in another language, they are no
    /// notice); and from the Japanese script where there is a fair share of it, because
    /// menus, names and program code must not hide one either.
    pub(super) fn language(
        &mut self,
        paragraphs: &[Paragraph],
        trail: Option<&mut Trail>,
    ) -> Result<Told, Outcome> {
        let mut trail = trail.map(|trail| &mut trail.language);
        let all = || paragraphs.iter().map(|paragraph| paragraph.text.as_str());
        let main = || {
            let main = paragraphs.iter().filter(|paragraph| paragraph.main == Some(true));
            main.map(|paragraph| paragraph.text.as_str())
        };
        lid_form(main(), &mut self.form);
        let from_main = self.look(trail.as_deref_mut().map(|trail| &mut trail.main));
        let told = from_main.filter(|look| self.passes(*look));
        if let (Some(look), None) = (told, &trail) {
            return Ok(self.told(look, false));
        }
        let is_other = from_main.is_some_and(|look| !look.is_wanted && look.score >= CERTAIN)
            && 2 * bytes(main()) >= bytes(all());
        if is_other && trail.is_none() {
            return Err(Outcome::OtherLanguage);
        }
        lid_form(all(), &mut self.form);
        let from_all = self.look(trail.as_deref_mut().map(|trail| &mut trail.all));
        if let Some(look) = told {
            decide(trail, "main");
            return Ok(self.told(look, false));
        }
        if is_other {
            decide(trail, "main");
            return Err(Outcome::OtherLanguage);
        }
        let Some(from_all) = from_all else { return Err(Outcome::Empty) };
        if self.passes(from_all) {
            decide(trail, "all");
            return Ok(self.told(from_all, false));
        }
        if self.section.language == "ja" {
            let enough = if from_all.score < SURE { SHARE_IF_UNSURE } else { SHARE_IF_SURE };
            if japanese_share(all()) >= enough {
                japanese_form(all(), &mut self.form);
                let scores = trail.as_deref_mut().map(|trail| &mut trail.japanese);
                if let Some(look) = self.look(scores).filter(|look| self.passes(*look)) {
                    decide(trail, "japanese");
                    return Ok(self.told(look, true));
                }
            }
        }
        decide(trail, "all");
        Err(if from_all.is_wanted { Outcome::LowLanguageScore } else { Outcome::OtherLanguage })
    }

    /// The best label for the form at hand; `None` where it holds no text.
    fn look(&mut self, scores: Option<&mut Vec<Score>>) -> Option<Look> {
        if self.form.is_empty() {
            return None;
        }
        let most = if scores.is_some() { SCORES } else { 1 };
        let predictions = self.predictor.predict(&self.form, most);
        if let Some(scores) = scores {
            scores.extend(predictions.iter().map(Score::of));
        }
        let best = predictions.first()?;
        Some(Look { is_wanted: best.label == self.section.language, score: best.score })
    }

    fn passes(&self, look: Look) -> bool {
        look.is_wanted && f64::from(look.score) >= self.section.min_score
    }

    fn told(&self, look: Look, by_script: bool) -> Told {
        let language =
            Language { label: self.section.language.clone(), score: rounded(look.score) };
        Told { language, by_script }
    }
}

fn bytes<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(str::len).sum()
}

fn decide(trail: Option<&mut LanguageTrail>, by: &'static str) {
    if let Some(trail) = trail {
        trail.decided_by = Some(by);
    }
}
