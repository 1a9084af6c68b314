//! Judges a passage by its measures: how likely it belongs to the report.
//!
//! The judge is a sum of small decision trees, fitted by gradient boosting on some 1,600 news pages in a dozen languages whose
//! articles were marked by hand (the public sets scrapinghub/article-extraction-benchmark, fundus, newspaper4k, wcxb,
//! daniel and a Chinese one), tried on sites that it had not seen. It replaces a hundred hand-set thresholds; the
//! measures it reads are in [`super::features`], in words. `judge.py` fits it anew. `judge.trees` holds one tree a line, in prefix order:
//! `<measure><<threshold>` is a question, followed by the subtree for "at most" and the one for "more"; `=<value>` is an
//! answer, in log-odds.

use std::sync::LazyLock;

/// Longest list of measures; the trees name none beyond it.
pub const MEASURES: usize = 191;

#[derive(Clone, Copy)]
struct Node {
    /// Which measure; `LEAF` for an answer.
    measure: u8,
    /// Where in the tree the subtree for "more" begins; the one for "at most" follows at once.
    more: u8,
    /// The threshold, or the answer.
    value: f32,
}

/// Trees asked before the sum is looked at.
const ROUND: usize = 20;
/// Log-odds beyond which no more trees are asked.
const NO: f32 = -3.0;
const YES: f32 = 3.0;

const LEAF: u8 = u8::MAX;

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
                            judge.nodes[question].more = u8::try_from(judge.nodes.len() - begin).expect("a small tree");
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
            // Without a branch, for which way it goes cannot be foretold.
            let (at_most, more) = (at + 1, tree + usize::from(node.more));
            let takes_more = usize::from(measures[usize::from(node.measure)] > node.value);
            at = at_most + (more - at_most) * takes_more;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufWriter, Read as _, Write as _};
    use std::path::Path;

    use super::super::features::Setting;
    use super::super::{Limits, outline, prepare};
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

    /// What `judge.py` fits on. One JSON object a page: its id, its passages' texts and their measures. The first line holds the measures' names.
    #[test]
    fn the_measures_of_a_corpus_are_written_where_one_is_named() {
        let (Some(corpora), Some(target)) =
            (std::env::var_os("NEWSVIGIL_CORPORA"), std::env::var_os("NEWSVIGIL_MEASURES"))
        else {
            // Nothing to fit on: what is written is tried on a page made here.
            let page = measured("<h1>Raid</h1><p>Nine people were led away.</p>");
            assert_eq!(page["texts"].as_array().map(Vec::len), Some(2));
            return;
        };
        let pages = Path::new(&corpora).join("pages");
        let gold = std::fs::read_to_string(pages.join("gold.jsonl")).expect("the corpus has its gold.jsonl");
        let mut out = BufWriter::new(std::fs::File::create(target).expect("NEWSVIGIL_MEASURES can be written"));
        writeln!(out, "{}", serde_json::json!(names())).expect("the disk has room");
        for line in gold.lines() {
            let case: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
            let html = read(&pages.join(case["html"].as_str().expect("each page has its file")));
            let mut page = measured(&html);
            page["id"] = case["id"].clone();
            writeln!(out, "{page}").expect("the disk has room");
        }
    }

    fn measured(html: &str) -> serde_json::Value {
        let limits = Limits::default();
        let prepared = prepare::prepare(html, &limits);
        let outline = outline::read(&prepared.document, &limits);
        let setting = Setting::of(&outline);
        let texts: Vec<&str> = outline.passages.iter().map(|passage| passage.text.as_str()).collect();
        let measures: Vec<Vec<f32>> = (0..texts.len())
            .map(|at| {
                let mut measures = [0.0; MEASURES];
                setting.measure(at, &mut measures);
                measures.to_vec()
            })
            .collect();
        serde_json::json!({ "texts": texts, "measures": measures })
    }

    fn names() -> Vec<&'static str> {
        let prepared = prepare::prepare("<p>one", &Limits::default());
        let outline = outline::read(&prepared.document, &Limits::default());
        let mut names = vec![];
        Setting::of(&outline).describe(0, &mut |name, _| names.push(name));
        names
    }

    fn read(path: &Path) -> String {
        let file = std::fs::File::open(path).expect("the page is there");
        let mut html = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut html).expect("it is gzipped");
        String::from_utf8_lossy(&html).into_owned()
    }
}
