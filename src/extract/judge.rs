//! Judges a passage by its measures: how likely it belongs to the report.
//!
//! The judge is a sum of small decision trees, fitted by gradient boosting on some 1,600 news pages in a dozen languages whose
//! articles were marked by hand (the public sets scrapinghub/article-extraction-benchmark, fundus, newspaper4k, wcxb,
//! daniel and a Chinese one), tried on sites that it had not seen. It replaces a hundred hand-set thresholds; the
//! measures it reads are in [`super::features`], in words. `judge.trees` holds one tree a line, in prefix order:
//! `<measure><<threshold>` is a question, followed by the subtree for "at most" and the one for "more"; `=<value>` is an
//! answer, in log-odds.

use std::sync::LazyLock;

/// Longest list of measures; the trees name none beyond it.
pub const MEASURES: usize = 191;

#[derive(Clone, Copy)]
struct Node {
    /// Which measure; `LEAF` for an answer.
    measure: u16,
    /// Where the subtree for "more" begins; the one for "at most" follows at once.
    more: u16,
    /// The threshold, or the answer.
    value: f32,
}

/// Trees asked before the sum is looked at.
const ROUND: usize = 32;
/// Log-odds beyond which no more trees are asked.
const NO: f32 = -3.2;
const YES: f32 = 3.2;

const LEAF: u16 = u16::MAX;

struct Judge {
    /// What each tree's nodes are, and where each tree begins.
    nodes: Vec<Node>,
    trees: Vec<usize>,
}

static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::read(include_str!("judge.trees")));

/// Returns the odds, in 0 to 1, that a passage with these measures belongs to the report.
pub fn odds(measures: &[f32; MEASURES]) -> f32 {
    let mut sum = 0.0;
    for (asked, trees) in JUDGE.trees.chunks(ROUND).enumerate() {
        sum += trees.iter().map(|tree| JUDGE.answer(*tree, measures)).sum::<f32>();
        // What is this far from doubt after the first rounds stays where it is: most of a page is menus.
        if asked > 0 && !(NO..=YES).contains(&sum) {
            break;
        }
    }
    1.0 / (1.0 + (-sum).exp())
}

impl Judge {
    /// The file is a part of the program: a test holds that it is whole.
    fn read(text: &str) -> Judge {
        let mut judge = Judge { nodes: vec![], trees: vec![] };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let begin = judge.nodes.len();
            judge.trees.push(begin);
            // Questions whose subtree for "at most" is still being read.
            let mut open: Vec<usize> = vec![];
            for item in line.split(' ') {
                if let Some((measure, threshold)) = item.split_once('<') {
                    open.push(judge.nodes.len());
                    let measure = measure.parse().ok().filter(|measure| usize::from(*measure) < MEASURES);
                    let measure = measure.expect("a measure's number");
                    judge.nodes.push(Node { measure, more: 0, value: threshold.parse().expect("a threshold") });
                } else {
                    let value = item.trim_start_matches('=').parse().expect("an answer");
                    judge.nodes.push(Node { measure: LEAF, more: 0, value });
                    // An answer ends each subtree that it is the last of.
                    while let Some(question) = open.pop() {
                        if judge.nodes[question].more == 0 {
                            judge.nodes[question].more =
                                u16::try_from(judge.nodes.len() - begin).expect("a small tree");
                            open.push(question);
                            break;
                        }
                    }
                }
            }
        }
        judge
    }

    fn answer(&self, tree: usize, measures: &[f32; MEASURES]) -> f32 {
        let mut at = tree;
        loop {
            let node = self.nodes[at];
            if node.measure == LEAF {
                return node.value;
            }
            at = if measures[usize::from(node.measure)] <= node.value { at + 1 } else { tree + usize::from(node.more) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trees_of_the_file_are_whole() {
        let judge = &*JUDGE;
        assert!(judge.trees.len() > 50);
        for (tree, end) in judge.trees.iter().zip(judge.trees.iter().skip(1).chain([&judge.nodes.len()])) {
            for (at, node) in judge.nodes[*tree..*end].iter().enumerate() {
                assert!(
                    node.measure == LEAF || usize::from(node.more) > at + 1 && tree + usize::from(node.more) < *end
                );
            }
        }
    }

    #[test]
    fn a_question_goes_left_at_its_threshold_and_right_beyond_it() {
        let judge = Judge::read("0<1.5 =-1 2<0 =0.5 =3");
        let answer = |first, third| {
            let mut measures = [0.0; MEASURES];
            (measures[0], measures[2]) = (first, third);
            judge.answer(0, &measures)
        };
        assert_eq!([answer(1.5, 9.0), answer(2.0, 0.0), answer(2.0, 0.1)], [-1.0, 0.5, 3.0]);
    }
}
