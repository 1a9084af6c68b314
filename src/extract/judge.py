"""Fits src/extract/judge.trees to pages whose reports were marked by hand.

  export NEWSVIGIL_CORPORA=FOLDER NEWSVIGIL_MEASURES=/tmp/measures.jsonl
  cargo test --release --lib the_measures_of_a_corpus
  pip install lightgbm numpy scikit-learn scipy
  python3 src/extract/judge.py > src/extract/judge.trees

FOLDER/pages holds gold.jsonl, one JSON object a page: {"id", "set", "lang", "site" or "url", "body", "html"}, where body
is the report as text, a paragraph a line, and html the page's path below FOLDER/pages, gzipped UTF-8. The sets that the
shipped trees were fitted on are public: scrapinghub/article-extraction-benchmark, flairNLP/fundus (its parsers' test
pages), AndyTheFactory/article-extraction-dataset and newspaper4k, Murrough-Foley/web-content-extraction-benchmark
(articles), rundimeco/waddle (daniel), immortal-autumn/Chinese-Web-Content-Extraction-Dataset.

Before it writes, it tells on stderr how well trees fitted without a site find the reports of that site, set by set; with
--folds alone it stops there. Change a measure, look at that table first.
"""
import collections, json, os, re, sys, zlib
import lightgbm, numpy

ROUNDS = 260
FITTING = dict(objective="binary", num_leaves=16, learning_rate=0.1, min_data_in_leaf=100, feature_fraction=0.4,
               bagging_fraction=0.7, bagging_freq=1, lambda_l2=5.0, max_bin=127, num_threads=2, verbosity=-1, seed=1)
FOLDS = 5
KEPT = 0.3  # as in main_text.rs
SPACELESS = {"zh", "ja", "th", "lo", "km", "my", "ko"}


def shingles(text, spaceless):
    tokens = re.findall(r"[A-Za-z0-9]+|\w" if spaceless else r"\w+", text)
    return list(zip(*(tokens[at:] for at in range(4)))) if len(tokens) >= 4 else ([tuple(tokens)] if tokens else [])


def in_report(text, shingled, report, spaceless):
    """Whether half of a passage's words stand in the report in their order."""
    own = shingles(text, spaceless)
    if own and len(own[0]) < 4:
        return "\x1f" + "\x1f".join(own[0]) + "\x1f" in report
    return bool(own) and sum(one in shingled for one in own) * 2 >= len(own)


def site(page):
    url = page.get("url") or ""
    return page.get("site") or (url.split("/")[2] if url.count("/") > 1 else page["id"])


def read():
    gold = {}
    for line in open(os.path.join(os.environ["NEWSVIGIL_CORPORA"], "pages", "gold.jsonl"), encoding="utf-8"):
        page = json.loads(line)
        gold[page["id"]] = page
    pages, measures, answers, weights = [], [], [], []
    lines = open(os.environ["NEWSVIGIL_MEASURES"], encoding="utf-8")
    names = json.loads(next(lines))
    for line in lines:
        measured = json.loads(line)
        page = gold[measured["id"]]
        # Where less than half of the report is in the page's text, a script holds it, or the gold is wrong.
        if page.get("cover", 1.0) < 0.5 or not measured["texts"]:
            continue
        spaceless = page.get("lang") in SPACELESS
        wanted = shingles(page["body"], spaceless)
        tokens = re.findall(r"[A-Za-z0-9]+|\w" if spaceless else r"\w+", page["body"])
        shingled, report = set(wanted), "\x1f" + "\x1f".join(tokens) + "\x1f"
        answer = [in_report(text, shingled, report, spaceless) for text in measured["texts"]]
        # A page counts as much as another, a long passage more than a short one.
        weight = numpy.sqrt([len(text) + 10.0 for text in measured["texts"]])
        pages.append((page, measured["texts"], wanted, spaceless, len(answers)))
        measures.append(numpy.array(measured["measures"], dtype=numpy.float32))
        answers.extend(answer)
        weights.extend(weight * 100.0 / weight.sum())
    return names, pages, numpy.vstack(measures), numpy.array(answers), numpy.array(weights)


def fit(measures, answers, weights):
    return lightgbm.train(FITTING, lightgbm.Dataset(measures, answers, weight=weights), num_boost_round=ROUNDS)


def told(pages, odds):
    """F1 over shingles, report lines lost and lines that are none, by set, of the passages kept by these odds."""
    sums = collections.defaultdict(lambda: [[], [], 0, 0, 0, 0])
    for page, texts, wanted, spaceless, start in pages:
        kept = [text for text, one in zip(texts, odds[start:start + len(texts)]) if one >= KEPT]
        found = shingles("\n".join(kept), spaceless)
        common = sum((collections.Counter(found) & collections.Counter(wanted)).values())
        shingled, ours = set(wanted), set(found)
        lines = [shingles(line, spaceless) for line in page["body"].split("\n") if len(line.strip()) >= 20]
        lines = [line for line in lines if line]
        lost = sum(sum(one in ours for one in line) * 2 < len(line) for line in lines)
        mine = [line for line in (shingles(text, spaceless) for text in kept) if line and len(line[0]) == 4]
        none = sum(sum(one in shingled for one in line) * 2 < len(line) for line in mine)
        for name in (page["set"], "all"):
            row = sums[name]
            if found:
                row[0].append(common / len(found))
            row[1].append(common / max(1, len(wanted)))
            row[2] += lost; row[3] += len(lines); row[4] += none; row[5] += len(mine)
    for name, (precision, recall, lost, lines, none, mine) in sorted(sums.items()):
        p, r = numpy.mean(precision or [0]), numpy.mean(recall)
        print(f"{name:16} {len(recall):5} pages  F1 {2 * p * r / (p + r):.3f}  lost {lost / max(1, lines):.3f}  "
              f"residue {none / max(1, mine):.3f}", file=sys.stderr)


def tree(node):
    if "leaf_value" in node:
        return f"={node['leaf_value']:.4g}"
    return f"{node['split_feature']}<{node['threshold']:.5g} {tree(node['left_child'])} {tree(node['right_child'])}"


def main():
    names, pages, measures, answers, weights = read()
    fold_of = numpy.concatenate([numpy.full(len(texts), zlib.crc32(site(page).encode()) % FOLDS)
                                 for page, texts, *_ in pages])
    odds = numpy.zeros(len(answers))
    for fold in range(FOLDS):
        others = fold_of != fold
        odds[~others] = fit(measures[others], answers[others], weights[others]).predict(measures[~others])
    print("by trees that had not seen the site, before the filters:", file=sys.stderr)
    told(pages, odds)
    if "--folds" in sys.argv[1:]:
        return
    model = fit(measures, answers, weights).dump_model()
    print("# Fitted by gradient boosting (LightGBM); see judge.rs. Do not edit by hand.")
    print("# measures: " + ", ".join(f"{at} {name}" for at, name in enumerate(names)))
    for one in model["tree_info"]:
        print(tree(one["tree_structure"]))


main()
