//! The verdict of a chain's bounds on the measured values of one document.

use super::step::Bound;
use super::{Chain, Tier};

/// The fate of one document under one tier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict<'a> {
    /// Every bound holds.
    Kept,
    /// A bound failed; the first one in the order of the chain is named.
    Dropped {
        /// The name of the bound.
        name: &'a str,
        /// The measured value; `None` where the signal is undefined.
        value: Option<f64>,
        /// The side that failed.
        bound: FailedBound,
        /// The place of the bound among the chain's bounds, from 0.
        index: usize,
    },
}

/// Which side of a bound failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailedBound {
    /// The value is below this.
    Min(f64),
    /// The value is above this.
    Max(f64),
    /// The signal is undefined and its step says that such documents drop.
    Undefined,
}

impl Chain {
    /// The verdict of `tier` on `values`, one a column of the chain, in the order of its columns.
    pub fn decide(&self, tier: Tier, values: &[Option<f64>]) -> Verdict<'_> {
        for (index, bound) in self.bounds().enumerate() {
            let value = values[bound.column];
            if let Some(failed) = bound.failed(tier, value) {
                return Verdict::Dropped { name: &bound.name, value, bound: failed, index };
            }
        }
        Verdict::Kept
    }

    /// The narrowest tier whose bounds all hold on `values`.
    pub fn tier_reached(&self, values: &[Option<f64>]) -> Option<Tier> {
        (0..self.tiers.len()).rev().map(Tier).find(|tier| {
            self.bounds().all(|bound| bound.failed(*tier, values[bound.column]).is_none())
        })
    }
}

impl Bound {
    /// The side that fails on `value` under `tier`, if one does.
    pub fn failed(&self, tier: Tier, value: Option<f64>) -> Option<FailedBound> {
        let (min, max) = (self.min[tier.0], self.max[tier.0]);
        match (value, min, max) {
            (None, None, None) => None,
            (None, ..) => self.undefined_drops.then_some(FailedBound::Undefined),
            (Some(value), Some(min), _) if value < min => Some(FailedBound::Min(min)),
            (Some(value), _, Some(max)) if value > max => Some(FailedBound::Max(max)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::tests::chain;
    use proptest::prelude::*;

    const CHAIN: &str = r#"
        tiers = ["broad", "strict"]
        [[step]]
        signal = "length"
        min = { broad = 10, strict = 100 }
        [[step]]
        signal = "share"
        max = { strict = 0.5 }
        undefined = "drop"
    "#;

    #[test]
    fn the_first_bound_that_fails_gives_the_verdict_with_its_value_and_bound() {
        let chain = chain(CHAIN);
        let (broad, strict) = (chain.tier("broad").unwrap(), chain.tier("strict").unwrap());
        let dropped = |name, value, bound, index| Verdict::Dropped { name, value, bound, index };
        for (tier, values, verdict) in [
            (broad, [Some(10.0), Some(0.9)], Verdict::Kept),
            (broad, [Some(9.0), None], dropped("length", Some(9.0), FailedBound::Min(10.0), 0)),
            (
                strict,
                [Some(9.0), Some(0.9)],
                dropped("length", Some(9.0), FailedBound::Min(100.0), 0),
            ),
            (strict, [Some(100.0), Some(0.5)], Verdict::Kept),
            (
                strict,
                [Some(100.0), Some(0.6)],
                dropped("share", Some(0.6), FailedBound::Max(0.5), 1),
            ),
            (strict, [Some(100.0), None], dropped("share", None, FailedBound::Undefined, 1)),
            // A bound that leaves a tier out drops nothing there, undefined or not.
            (broad, [Some(100.0), None], Verdict::Kept),
            // Undefined passes where the step does not say otherwise.
            (strict, [None, Some(0.1)], Verdict::Kept),
        ] {
            assert_eq!(chain.decide(tier, &values), verdict, "{values:?}");
        }
    }

    #[test]
    fn the_tier_reached_is_the_narrowest_that_keeps() {
        let chain = chain(CHAIN);
        let reached = |values: [Option<f64>; 2]| {
            chain.tier_reached(&values).map(|tier| chain.tier_name(tier))
        };
        assert_eq!(reached([Some(100.0), Some(0.1)]), Some("strict"));
        assert_eq!(reached([Some(100.0), Some(0.6)]), Some("broad"));
        assert_eq!(reached([Some(20.0), Some(0.1)]), Some("broad"));
        assert_eq!(reached([Some(2.0), Some(0.1)]), None);
    }

    proptest! {
        #[test]
        fn a_tier_is_reached_exactly_if_it_keeps_and_no_narrower_one_does(
            length in prop::option::of(0.0_f64..200.0),
            share in prop::option::of(0.0_f64..1.0),
        ) {
            let chain = chain(CHAIN);
            let values = [length, share];
            let kept = ["strict", "broad"]
                .into_iter()
                .find(|name| chain.decide(chain.tier(name).unwrap(), &values) == Verdict::Kept);
            prop_assert_eq!(chain.tier_reached(&values).map(|tier| chain.tier_name(tier)), kept);
        }
    }
}
