//! From the hidden vector of a line to its best labels: the output matrix and the four losses that
//! a supervised model may have been trained with.
//!
//! Negative sampling and one-vs-all score each label by itself through a table of the sigmoid
//! function; softmax scores them against one another. Hierarchical softmax has its labels at the
//! leaves of a Huffman tree, and the rows of the output matrix belong to the inner nodes: a label's
//! probability is the product of the decisions on its way, and whole branches are left out once
//! they can no longer be among the best. fastText adds 10⁻⁵ before it takes a logarithm, so scores
//! slightly above 1 occur.

use super::bytes::no_model;
use super::matrix::Matrix;
use crate::error::Result;

/// The output side of a model.
#[derive(Debug)]
pub(super) struct Output {
    matrix: Matrix,
    loss: Loss,
}

/// The buffers of one search for the best labels.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Scores of all labels, for the flat losses.
    scores: Vec<f32>,
    /// Nodes still to be visited with the logarithm of their score, for the tree.
    branches: Vec<(u32, f32)>,
    best: Best,
}

impl Output {
    pub(super) fn new(matrix: Matrix, loss: Loss) -> Output {
        Output { matrix, loss }
    }

    /// The up to `k` best labels with the logarithms of their scores, best first.
    pub(super) fn search<'s>(
        &self,
        hidden: &[f32],
        k: usize,
        search: &'s mut Search,
    ) -> &'s [(f32, u32)] {
        search.best.start(k);
        match &self.loss {
            Loss::Tree(tree) => tree.search(&self.matrix, hidden, search),
            Loss::Softmax => {
                self.multiply(hidden, &mut search.scores);
                softmax(&mut search.scores);
                search.best.offer_all(&search.scores);
            }
            Loss::Sigmoid(sigmoid) => {
                self.multiply(hidden, &mut search.scores);
                search.scores.iter_mut().for_each(|score| *score = sigmoid.at(*score));
                search.best.offer_all(&search.scores);
            }
        }
        search.best.sorted()
    }

    fn multiply(&self, hidden: &[f32], scores: &mut Vec<f32>) {
        scores.clear();
        scores.extend((0..self.matrix.n_rows()).map(|row| self.matrix.dot(row, hidden)));
    }
}

/// How scores come from products with the output matrix.
#[derive(Debug)]
pub(super) enum Loss {
    /// Hierarchical softmax.
    Tree(HuffmanTree),
    Softmax,
    /// Negative sampling and one-vs-all.
    Sigmoid(Box<Sigmoid>),
}

impl Loss {
    /// The loss of that number in the file; `counts` are those of the labels.
    pub(super) fn new(number: i32, counts: &[i64]) -> Result<Loss> {
        match number {
            1 => Ok(Loss::Tree(HuffmanTree::new(counts)?)),
            3 => Ok(Loss::Softmax),
            2 | 4 => Ok(Loss::Sigmoid(Box::new(Sigmoid::new()))),
            other => Err(no_model(format!("its loss has the unknown number {other}"))),
        }
    }
}

/// The logarithm as fastText takes it: the 10⁻⁵ is added in double precision.
fn logarithm(x: f32) -> f32 {
    (f64::from(x) + 1e-5).ln() as f32
}

fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(scores[0], f32::max);
    let mut sum = 0.0f32;
    for score in scores.iter_mut() {
        *score = f64::from(*score - most).exp() as f32;
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The sigmoid function between −8 and 8 in 512 steps.
#[derive(Debug)]
pub(super) struct Sigmoid {
    table: [f32; Sigmoid::STEPS + 1],
}

impl Sigmoid {
    const STEPS: usize = 512;
    const BOUND: f32 = 8.0;

    fn new() -> Sigmoid {
        let mut table = [0.0; Sigmoid::STEPS + 1];
        for (step, value) in table.iter_mut().enumerate() {
            let x = step as f32 * 2.0 * Sigmoid::BOUND / Sigmoid::STEPS as f32 - Sigmoid::BOUND;
            *value = (1.0 / (1.0 + f64::from((-x).exp()))) as f32;
        }
        Sigmoid { table }
    }

    fn at(&self, x: f32) -> f32 {
        if x < -Sigmoid::BOUND {
            0.0
        } else if x > Sigmoid::BOUND {
            1.0
        } else {
            let step = (x + Sigmoid::BOUND) * Sigmoid::STEPS as f32 / Sigmoid::BOUND / 2.0;
            self.table[step as usize]
        }
    }
}

/// The Huffman tree over the labels. Nodes are numbered leaves first, one a label; inner node
/// `n_labels + i` has row `i` of the output matrix, and the root is the last one.
#[derive(Debug)]
pub(super) struct HuffmanTree {
    n_labels: usize,
    /// The two children of each inner node.
    children: Vec<[u32; 2]>,
}

impl HuffmanTree {
    /// The count of an inner node that is not made yet: above all counts of labels.
    const UNMADE: i64 = 1_000_000_000_000_000;

    /// Joins the two rarest nodes until one is left. The labels come most frequent first, so one
    /// cursor walks the leaves from the end and one the inner nodes from the start; at equal counts
    /// the inner node is taken.
    fn new(label_counts: &[i64]) -> Result<HuffmanTree> {
        let n_labels = label_counts.len();
        let total = label_counts.iter().try_fold(0i64, |sum, &count| {
            let sum = sum.checked_add(count)?;
            (count >= 0 && sum < HuffmanTree::UNMADE).then_some(sum)
        });
        if total.is_none() {
            return Err(no_model("the counts of its labels make no sense"));
        }
        let mut counts = label_counts.to_vec();
        counts.resize(2 * n_labels - 1, HuffmanTree::UNMADE);
        let mut children = Vec::with_capacity(n_labels - 1);
        let mut leaves_left = n_labels;
        let mut next_inner = n_labels;
        for node in n_labels..2 * n_labels - 1 {
            let mut take = || match leaves_left.checked_sub(1) {
                Some(leaf) if counts[leaf] < counts[next_inner] => {
                    leaves_left = leaf;
                    leaf
                }
                _ => {
                    next_inner += 1;
                    next_inner - 1
                }
            };
            let pair = [take(), take()];
            counts[node] = counts[pair[0]] + counts[pair[1]];
            children.push(pair.map(|child| child as u32));
        }
        Ok(HuffmanTree { n_labels, children })
    }

    /// Visits the tree depth first, left before right. The way is kept in a list instead of on the
    /// stack: a tree of a million labels may be a million deep.
    fn search(&self, matrix: &Matrix, hidden: &[f32], search: &mut Search) {
        let Search { branches, best, .. } = search;
        let least = logarithm(0.0);
        branches.clear();
        branches.push((2 * self.n_labels as u32 - 2, 0.0));
        while let Some((node, score)) = branches.pop() {
            if score < least || best.excludes(score) {
                continue;
            }
            let Some(inner) = (node as usize).checked_sub(self.n_labels) else {
                best.offer(score, node);
                continue;
            };
            let right = 1.0 / (1.0 + (-matrix.dot(inner, hidden)).exp());
            let left = (1.0 - f64::from(right)) as f32;
            let [left_child, right_child] = self.children[inner];
            branches.push((right_child, score + logarithm(right)));
            branches.push((left_child, score + logarithm(left)));
        }
    }
}

/// The `k` best labels so far: a heap with the worst at its front.
///
/// Which of several equal scores stays, and their order, depends on how the heap moves its items.
/// The table of the sigmoid function makes equal scores common, so this is the heap of the C++
/// library that fastText is built with (libstdc++), step by step.
#[derive(Debug, Default)]
struct Best {
    k: usize,
    items: Vec<(f32, u32)>,
}

impl Best {
    fn start(&mut self, k: usize) {
        self.k = k;
        self.items.clear();
    }

    /// Whether a score is too low to be among the best.
    fn excludes(&self, score: f32) -> bool {
        self.items.len() == self.k && self.items.first().is_none_or(|worst| score < worst.0)
    }

    /// Offers every label with its score (not its logarithm).
    fn offer_all(&mut self, scores: &[f32]) {
        for (label, &score) in scores.iter().enumerate() {
            let score = logarithm(score);
            if !self.excludes(score) {
                self.offer(score, label as u32);
            }
        }
    }

    fn offer(&mut self, score: f32, label: u32) {
        let end = self.items.len();
        self.items.push((score, label));
        self.rise(end, (score, label));
        if self.items.len() > self.k {
            self.move_front_to(self.k);
            self.items.pop();
        }
    }

    /// Best first.
    fn sorted(&mut self) -> &[(f32, u32)] {
        for end in (1..self.items.len()).rev() {
            self.move_front_to(end);
        }
        &self.items
    }

    /// Moves the worst item to `end`, and what stood there into the heap of the items before it.
    fn move_front_to(&mut self, end: usize) {
        let item = self.items[end];
        self.items[end] = self.items[0];
        let mut hole = 0;
        // The hole sinks to the bottom, always towards the worse child; then the item rises.
        loop {
            let mut child = 2 * hole + 2;
            if child > end {
                break;
            }
            if child == end || self.items[child].0 > self.items[child - 1].0 {
                child -= 1;
            }
            self.items[hole] = self.items[child];
            hole = child;
        }
        self.rise(hole, item);
    }

    fn rise(&mut self, mut hole: usize, item: (f32, u32)) {
        while let Some(parent) = hole.checked_sub(1).map(|n| n / 2) {
            if self.items[parent].0 <= item.0 {
                break;
            }
            self.items[hole] = self.items[parent];
            hole = parent;
        }
        self.items[hole] = item;
    }
}
