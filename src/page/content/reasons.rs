//! Why a paragraph is main content or is not, for people: the terms of the sum that decides.

use serde::Serialize;

use super::features::Features;
use super::weights::{self, Context};

/// The sum that decides about one paragraph, term by term.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MainReasons {
    /// Above zero the paragraph is main content.
    pub sum: f32,
    /// The terms of features that are not zero, those that moved the sum most first.
    pub terms: Vec<Term>,
}

/// One term of the sum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Term {
    /// The feature.
    pub name: &'static str,
    /// What was measured.
    pub value: f32,
    /// The value times the weight of the feature.
    pub contribution: f32,
}

impl MainReasons {
    pub(super) fn of(features: &Features, context: &Context, lowering: f32) -> MainReasons {
        let bar = ("little stands above the bar", lowering, 1.0);
        let term = |(name, value, weight)| Term { name, value, contribution: value * weight };
        let weighed = weights::terms(features, context).chain([bar]);
        let mut terms: Vec<Term> = weighed.map(term).collect();
        terms.retain(|term| term.value != 0.0);
        terms.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        let sum = weights::alone(features).1 + weights::among(context) + lowering;
        MainReasons { sum, terms }
    }
}

#[cfg(test)]
mod tests {
    use crate::page::{Reader, main_reasons, mark_main};

    #[test]
    fn reasons_add_up_to_the_mark() {
        let html = "<nav class=menu><a href=/>ホーム</a></nav><main><p>これは長い文章です。読む人のために、\
                    もう少し続きます。</p><p>次の段落も、同じように続きます。</p></main>\
                    <footer>© 2024</footer>";
        let mut paragraphs = Reader::new().html(html).unwrap().paragraphs;
        mark_main(&mut paragraphs);
        let reasons = main_reasons(&paragraphs);
        assert_eq!(paragraphs.len(), reasons.len());
        for (paragraph, reasons) in paragraphs.iter().zip(&reasons) {
            assert_eq!(paragraph.main, Some(reasons.sum > 0.0), "{paragraph:?}");
            let sum: f32 = reasons.terms.iter().map(|term| term.contribution).sum();
            assert!((sum - reasons.sum).abs() < 1e-4, "{reasons:?}");
            assert!(
                reasons.terms.is_sorted_by(|a, b| a.contribution.abs() >= b.contribution.abs())
            );
        }
        let names = |at: usize| reasons[at].terms.iter().map(|term| term.name).collect::<Vec<_>>();
        assert!(names(0).contains(&"all link") && names(0).contains(&"in nav"));
        assert!(names(1).contains(&"in main") && names(1).contains(&"ends a sentence"));
        let last = reasons.len() - 1;
        assert!(names(last).contains(&"in footer") && names(last).contains(&"copyright"));
    }
}
