//! Decides what an article is: a copy of an earlier one, another report of a running story, or a story of its own.

use std::collections::HashMap;

use crate::model::id::{EntryId, StoryId};
use crate::model::story::{Candidate, Fingerprint, Membership, Related, Relation};
use crate::model::time::Timestamp;

use super::overlap::{Days, Overlap, Taken};
use super::past::Past;
use super::stories::{Placed, Stories};

/// A text shorter than so many words has no passage to be known by.
const WORDS_MIN: usize = 12;
/// A sample that so many texts are found by finds no more of them.
const HELD_MAX: usize = 8;
/// Of a copy of a copy so much must stand in the original too.
const ORIGINAL_COVERED: f64 = 0.3;
/// Under one address: so much of the shorter text in common makes it one report ...
const SAME_PAGE_COVERED: f64 = 0.3;
/// ... and of shorter texts the headline decides.
const SAME_PAGE_WORDS: usize = 40;

/// What an article is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Earlier articles that share passages, or the address.
    pub candidates: &'a [Candidate],
    pub stories: &'a Stories,
    pub past: &'a Past,
}

/// Decides for an article that was reported `at` this time.
pub fn assign(entry: &EntryId, fingerprint: &Fingerprint, at: Timestamp, known: Known<'_>) -> Membership {
    let own = Taken::of(fingerprint);
    let overlaps: Vec<(&Candidate, Overlap)> = known
        .candidates
        .iter()
        .filter(|candidate| candidate.entry != *entry && candidate.original != *entry)
        .map(|candidate| {
            let days_apart = Days::between(candidate.reported_at, at);
            (candidate, Overlap::between(&own, &Taken::of(&candidate.fingerprint), days_apart))
        })
        .collect();
    if let Some(copy) = copy(fingerprint, &overlaps) {
        return copy;
    }
    let templates: Vec<&(&Candidate, Overlap)> = overlaps.iter().filter(|(_, overlap)| overlap.is_template()).collect();
    let avoided: Vec<StoryId> = templates.iter().map(|(candidate, _)| candidate.story.clone()).collect();
    let is_short = fingerprint.words.len() < WORDS_MIN;
    let placed = if is_short { None } else { known.stories.place(fingerprint, at, &avoided) };
    // One that is read again, with more of its text, may meet itself.
    let placed = placed.filter(|placed| placed.story != StoryId::opened_by(entry));
    if let Some(placed) = placed.as_ref().filter(|placed| placed.joins) {
        let news = known.stories.news(&placed.story, fingerprint);
        let reason = format!("tells on a running story: {}", how(placed));
        return Membership {
            story: placed.story.clone(),
            copy_of: None,
            score: placed.probability,
            reason,
            news,
            related: None,
        };
    }
    let followed = if is_short { None } else { follow_up(fingerprint, at, known.past) };
    let template = templates.first().map(|(candidate, _)| &candidate.entry);
    let possible = placed.filter(|placed| !avoided.contains(&placed.story)).map(possible);
    Membership {
        related: followed.filter(|related| !avoided.contains(&related.story)).or(possible),
        ..alone(entry, own_story_reason(fingerprint, template, overlaps.len()))
    }
}

/// The earlier article that has most of this text, or that stands under the same address.
fn copy(fingerprint: &Fingerprint, overlaps: &[(&Candidate, Overlap)]) -> Option<Membership> {
    let same_page = |candidate: &Candidate, overlap: &Overlap| {
        candidate.same_page && !overlap.is_template() && is_same_page_text(fingerprint, candidate, overlap)
    };
    let alike: Vec<&(&Candidate, Overlap)> =
        overlaps.iter().filter(|(candidate, overlap)| overlap.is_copy() || same_page(candidate, overlap)).collect();
    let is_like_original = |copy: &Candidate| alike.iter().any(|(other, _)| other.entry == copy.original);
    let of_one_text = |original: &EntryId| alike.iter().filter(|(other, _)| other.original == *original).count();
    // What a copy added (a paragraph of another report, its page's own words) is not the text it copies, and a page that
    // goes on being written is in the end another text. So the original must have a part of this one, and all of it
    // where only small things differ all over; and of several that have as much, what most of its copies have counts.
    let copies = alike.iter().filter(|(candidate, overlap)| {
        same_page(candidate, overlap)
            || is_like_original(candidate)
            || (overlap.is_contained() && original_has_part(candidate, overlaps))
    });
    let (copied, overlap) = copies.max_by(|(a, x), (b, y)| {
        let rank =
            |copy: &Candidate, overlap: &Overlap| (overlap.common, is_like_original(copy), of_one_text(&copy.original));
        let by_rank = rank(a, x).cmp(&rank(b, y));
        by_rank.then(x.jaccard().total_cmp(&y.jaccard())).then_with(|| b.entry.cmp(&a.entry))
    })?;
    let reason = if overlap.is_copy() {
        overlap.in_words(&copied.entry)
    } else {
        format!("stands under the address of {} and is like it", copied.entry)
    };
    Some(Membership {
        story: copied.story.clone(),
        copy_of: Some(copied.original.clone()),
        score: overlap.covered_share(),
        reason,
        news: Vec::new(),
        related: None,
    })
}

fn original_has_part(copy: &Candidate, overlaps: &[(&Candidate, Overlap)]) -> bool {
    let original = overlaps.iter().find(|(other, _)| other.entry == copy.original);
    original.is_some_and(|(_, overlap)| overlap.covered_share() >= ORIGINAL_COVERED)
}

/// Under one address a part in common is enough, and for what is too short to have passages the same headline: other
/// addresses hold a new bulletin each day.
fn is_same_page_text(fingerprint: &Fingerprint, candidate: &Candidate, overlap: &Overlap) -> bool {
    let headline =
        |print: &Fingerprint| -> Vec<u32> { print.words.iter().take(print.title_words as usize).copied().collect() };
    let theirs = &candidate.fingerprint;
    let own = headline(fingerprint);
    let same_headline = !own.is_empty() && own == headline(theirs);
    let short = fingerprint.words.len().min(theirs.words.len()) < SAME_PAGE_WORDS;
    overlap.covered_share() >= SAME_PAGE_COVERED || (short && (same_headline || fingerprint.words == theirs.words))
}

fn follow_up(fingerprint: &Fingerprint, at: Timestamp, past: &Past) -> Option<Related> {
    let found = past.followed_by(fingerprint, at)?;
    let percent = (found.likeness * 100.0).round();
    let reason = format!(
        "follows up a story of {} days before: {percent} % by its first words, {} names, numbers and days in common",
        found.days, found.anchors
    );
    Some(Related { relation: Relation::FollowUp, story: found.story, score: found.likeness, reason })
}

fn possible(placed: Placed) -> Related {
    let reason = format!("possibly the same event: {}", how(&placed));
    Related { relation: Relation::Possible, story: placed.story, score: placed.probability, reason }
}

fn how(placed: &Placed) -> String {
    let percent = (placed.probability * 100.0).round();
    let how = if placed.other_language { "names and numbers, in another language" } else { "words, names and numbers" };
    format!("{percent} % by its {how}")
}

fn alone(entry: &EntryId, reason: String) -> Membership {
    let story = StoryId::opened_by(entry);
    Membership { story, copy_of: None, score: 0.0, reason, news: Vec::new(), related: None }
}

/// What an article is to be that no watch matched, and no reader hears of: compared with nothing.
pub fn unwatched(entry: &EntryId) -> Membership {
    alone(entry, "no watch matched it, so it was not compared".to_owned())
}

/// The samples by which the article is to be found from now on. What many texts are found by already is left out, so
/// that neither ten thousand copies nor a template's bulletins make a look-up long.
pub fn samples_to_hold(fingerprint: &Fingerprint, candidates: &[Candidate]) -> Vec<i64> {
    let mut holding: HashMap<i64, usize> = HashMap::new();
    for sample in candidates.iter().flat_map(|candidate| &candidate.fingerprint.shingles) {
        *holding.entry(*sample).or_default() += 1;
    }
    let held = |sample: &i64| holding.get(sample).copied().unwrap_or(0);
    fingerprint.shingles.iter().copied().filter(|sample| held(sample) < HELD_MAX).collect()
}

fn own_story_reason(fingerprint: &Fingerprint, template: Option<&EntryId>, candidates: usize) -> String {
    match template {
        Some(entry) => format!("the words of {entry} around other names and numbers: another event"),
        None if fingerprint.words.len() < WORDS_MIN => "too short to be compared".to_owned(),
        None if candidates == 0 => "shares no passage and no running story with an earlier article".to_owned(),
        None => "shares too little with any earlier article".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Archive, fingerprint};
    use super::*;

    const WIRE: &str = "HARBOUR CITY — Port workers found eleven people in a sealed container on Tuesday, three of \
        them children, the coast guard said. The container had been loaded in Selwyn four days earlier and was \
        bound for Marlow. Doctors said that all eleven would live. Officer Dana Reyes told reporters that a dock \
        worker had heard knocking. Police are looking for the driver of a white lorry that was seen at the yard \
        on Friday night. Two men were questioned in Marlow and released without charge. Groups that help \
        migrants said that the route has been used more since the land border was closed in March.";

    fn entry(n: usize) -> EntryId {
        EntryId::from_stored(format!("e_{n}"))
    }

    fn candidate(n: usize, title: &str, body: &str) -> Candidate {
        let original = entry(n);
        let story = StoryId::opened_by(&original);
        let (fingerprint, reported_at) = (fingerprint(title, body, "en"), Timestamp::EPOCH);
        Candidate { entry: entry(n), original, story, fingerprint, reported_at, same_page: false }
    }

    fn assigned(title: &str, body: &str, candidates: &[Candidate]) -> Membership {
        decided(&fingerprint(title, body, "en"), Timestamp::EPOCH, candidates)
    }

    fn decided(print: &Fingerprint, at: Timestamp, candidates: &[Candidate]) -> Membership {
        let (stories, past) = (Stories::default(), Past::default());
        assign(&entry(99), print, at, Known { candidates, stories: &stories, past: &past })
    }

    #[test]
    fn a_wire_report_cut_short_under_another_headline_joins_its_original() {
        let earlier = [candidate(1, "Eleven found alive in container", WIRE)];
        let cut = &WIRE[..WIRE.find("Two men").unwrap()];
        let joined = assigned("Children among stowaways saved at port", cut, &earlier);
        assert_eq!(joined.copy_of, Some(entry(1)));
        assert_eq!(joined.story, StoryId::opened_by(&entry(1)));
        assert!(joined.score > 0.8, "{joined:?}");
        assert!(joined.reason.contains("of the shorter text stands in e_1"), "{joined:?}");
    }

    #[test]
    fn a_copy_of_a_copy_names_the_original() {
        let mut copy = candidate(2, "", WIRE);
        copy.original = entry(1);
        let original = candidate(1, "", &WIRE[..WIRE.find("Two men").unwrap()]);
        assert_eq!(assigned("", WIRE, &[original, copy]).copy_of, Some(entry(1)));
    }

    #[test]
    fn a_text_with_slips_all_over_is_still_a_copy() {
        let slips = WIRE.replace("found", "fuond").replace("four days", "for days").replace("white", "whitte");
        assert_eq!(assigned("", &slips, &[candidate(1, "", WIRE)]).copy_of, Some(entry(1)));
    }

    fn bulletin(place: &str, day: &str, number: &str, hour: &str) -> String {
        format!(
            "The rescue service reports that a boat with {number} people on board was stopped off {place} on {day} at \
             {hour}. All {number} passengers were taken to the port of {place}, where doctors saw them and the border \
             police took their names. The boat was towed to the harbour and will be broken up there as the law demands. \
             The service asks all crews at sea to keep watch on the emergency channel and to report small boats without \
             lights at once."
        )
    }

    #[test]
    fn a_bulletin_of_the_same_template_with_another_place_and_number_does_not_join() {
        let earlier = [candidate(1, "Boat stopped", &bulletin("Selwyn", "Monday", "41", "04.30"))];
        let next = assigned("Boat stopped", &bulletin("Cape Marlow", "Thursday", "17", "23.10"), &earlier);
        assert_eq!(next.copy_of, None, "{next:?}");
        assert_eq!(next.story, StoryId::opened_by(&entry(99)));
        assert!(next.reason.contains("another event"), "{next:?}");
        let again = assigned("Boat stopped", &bulletin("Selwyn", "Monday", "41", "04.30"), &earlier);
        assert_eq!(again.copy_of, Some(entry(1)));
    }

    #[test]
    fn the_next_bulletin_from_the_same_place_is_told_however_few_its_numbers_and_a_repost_months_later_is_not() {
        let of = |number: &str| {
            format!(
                "Police at the river crossing said that {number} people were held over the weekend. They are kept at the \
                 station by the bridge, where relatives may bring food in the morning. The bridge stays closed for all but \
                 lorries, and who lives on the bank is asked to report strangers to the village office without delay."
            )
        };
        let told = |number: &str, days: i64| {
            let at = Timestamp::from_millis(days * 86_400_000);
            let print = fingerprint("Held at the crossing", &of(number), "en");
            decided(&print, at, &[candidate(1, "Held at the crossing", &of("14"))])
        };
        assert_eq!(told("23", 7).copy_of, None, "next week's");
        assert_eq!(told("14", 7).copy_of, Some(entry(1)), "the same once more");
        assert_eq!(told("23", 200).copy_of, Some(entry(1)), "long after, a number more or less is the site's date");
    }

    #[test]
    fn two_reports_that_quote_one_paragraph_stay_apart() {
        let quoted = &WIRE[..WIRE.find("Doctors").unwrap()];
        let other = format!(
            "A year after the deaths on the northern road the inquiry has ended without naming anyone. Families \
             walked to the courthouse in silence and laid shoes on its steps. The judge spoke for nine minutes. \
             Nobody from the haulage company came, and its lawyer would not say where the owner lives now. {quoted} \
             For the families of the northern road such news is hard to read, and harder to forget."
        );
        assert_eq!(assigned("Shoes on the steps", &other, &[candidate(1, "", WIRE)]).copy_of, None);
    }

    #[test]
    fn the_time_at_which_an_outlet_published_makes_no_new_report() {
        let told = |stamp: &str| format!("{stamp}\n{WIRE}");
        let earlier = [candidate(1, "Eleven found", &told("Posted: Mar 3, 2026 5:50 PM Updated: Mar 3, 2026 6:20 PM"))];
        let print = fingerprint("Eleven found", &told("4 March 2026, 11:39 GMT"), "en");
        let later = Timestamp::from_millis(2 * 86_400_000);
        assert_eq!(decided(&print, later, &earlier).copy_of, Some(entry(1)));
        let other = told("4 March 2026, 11:39 GMT").replace("eleven", "9").replace("four days", "6 days");
        let earlier = [candidate(1, "Eleven found", &told("Mar 3, 2026 5:50 PM").replace("eleven", "7"))];
        let print = fingerprint("Eleven found", &other, "en");
        assert_eq!(decided(&print, later, &earlier).copy_of, None, "its numbers are its own");
    }

    #[test]
    fn few_words_are_an_excerpt_under_the_same_headline_and_none_with_a_number_of_their_own() {
        let excerpt = "Port workers found eleven people in a sealed container on Tuesday [...]";
        let earlier = [candidate(1, "Eleven found alive in container", WIRE)];
        let told = |title: &str, text: &str| assigned(title, text, &earlier).copy_of;
        assert_eq!(told("Eleven found alive in container - Post", excerpt), Some(entry(1)));
        assert_eq!(told("A week at the port", excerpt), None);
        assert_eq!(told("Eleven found alive in container", &excerpt.replace("eleven", "12")), None);
    }

    #[test]
    fn a_link_in_the_midst_of_another_report_does_not_hide_the_report_it_leads_to() {
        let notice = "Border police at Karling say that forty men were sent back over the bridge on Sunday night.";
        let (begin, end) = WIRE.split_at(WIRE.find("Police are").unwrap());
        let with_link = format!("{begin}Read more: {notice} {end}");
        assert_eq!(assigned("Forty sent back", notice, &[candidate(1, "", &with_link)]).copy_of, None);
        let begun_with = format!("{notice} {WIRE}");
        assert_eq!(assigned("Forty sent back", notice, &[candidate(1, "", &begun_with)]).copy_of, Some(entry(1)));
    }

    #[test]
    fn what_a_copy_added_is_not_the_text_it_copies() {
        let notice = "Border police at Karling say that forty men were sent back over the bridge on Sunday night, among \
            them a teacher and his two sons, whose papers had been taken from them at the station a week before.";
        let mut copy = candidate(2, "", &format!("{notice} {WIRE}"));
        (copy.original, copy.story) = (entry(1), StoryId::opened_by(&entry(1)));
        let wire = candidate(1, "", WIRE);
        let alone = assigned("Forty sent back", notice, &[copy.clone(), wire.clone()]);
        assert_eq!(alone.copy_of, None, "{alone:?}");
        let own = candidate(3, "", &format!("{notice} Nobody at the ministry would say more, and none was asked."));
        assert_eq!(assigned("Forty sent back", notice, &[copy, wire, own]).copy_of, Some(entry(3)));
    }

    #[test]
    fn the_one_with_most_text_in_common_is_taken() {
        let half = &WIRE[..WIRE.find("Police").unwrap()];
        let earlier = [candidate(1, "", half), candidate(2, "", WIRE), candidate(3, "", half)];
        let longer = format!("{WIRE} An earlier version of this report gave a wrong name for the yard.");
        assert_eq!(assigned("", &longer, &earlier).copy_of, Some(entry(2)));
    }

    #[test]
    fn under_one_address_a_changed_text_is_the_same_report_and_another_bulletin_is_not() {
        let under_one_address = |body: &str| Candidate { same_page: true, ..candidate(1, "Eleven found", body) };
        let half = WIRE.len() / 2;
        let rewritten =
            format!("{} Much else has been written since, by other people and in other words.", &WIRE[half..]);
        let more = "The story was told again at length on the next day, with all that was not known before, by people who \
            had been there and by others who had only heard of it but knew the yard and the road and the men. ";
        let changed = format!("{rewritten} {more}{more}{more}");
        assert_eq!(assigned("Eleven found", &changed, &[under_one_address(&WIRE[..half])]).copy_of, None);
        let updated = format!("{more}{}", &WIRE[..half]);
        assert_eq!(assigned("Eleven found", &updated, &[under_one_address(WIRE)]).copy_of, Some(entry(1)));
        assert_eq!(assigned("Short", "Too short.", &[under_one_address("Also short.")]).copy_of, None);
        assert_eq!(assigned("Eleven found", "Too short.", &[under_one_address("Also short.")]).copy_of, Some(entry(1)));
    }

    #[test]
    fn an_empty_text_joins_nothing() {
        for text in ["", "Breaking news", "…", "   \n\n  "] {
            let alone = assigned("", text, &[candidate(1, "", text), candidate(2, "", WIRE)]);
            assert_eq!(alone.copy_of, None);
            assert_eq!(alone.reason, "too short to be compared");
        }
    }

    #[test]
    fn an_article_is_not_a_copy_of_itself_nor_of_its_own_copy() {
        let mut copy = candidate(2, "", WIRE);
        copy.original = entry(99);
        let earlier = [candidate(99, "", WIRE), copy];
        assert_eq!(assigned("", WIRE, &earlier).copy_of, None);
    }

    /// One after another through everything, as the daemon does.
    #[derive(Default)]
    struct Newsroom {
        archive: Archive,
        stories: Stories,
        past: Past,
        read: usize,
        most_compared: usize,
    }

    impl Newsroom {
        fn read(&mut self, title: &str, body: &str, lang: &str, hour: i64) -> Membership {
            let at = Timestamp::from_millis(hour * 3_600_000);
            let id = entry(self.read);
            self.read += 1;
            let mut print = fingerprint(title, body, lang);
            let candidates = self.archive.candidates(&print, 20);
            let known = Known { candidates: &candidates, stories: &self.stories, past: &self.past };
            let membership = assign(&id, &print, at, known);
            if membership.story == StoryId::opened_by(&id) {
                self.past.add(&membership.story, &print, at);
            }
            match &membership.copy_of {
                Some(_) => self.stories.add_copy(&membership.story, at),
                None => self.stories.add(&membership.story, &print, at, at),
            }
            print.shingles = samples_to_hold(&print, &candidates);
            self.most_compared = self.most_compared.max(self.archive.found_by(&print));
            let original = membership.copy_of.clone().unwrap_or_else(|| id.clone());
            let story = membership.story.clone();
            let same_page = false;
            self.archive
                .add(Candidate { entry: id, original, story, fingerprint: print, reported_at: at, same_page }, "");
            membership
        }
    }

    const OTHER_OUTLET: &str = "Eleven people, among them three children, were pulled alive from a container in Harbour \
        City on Tuesday after four days at sea. A dock worker had heard them knocking. The box came from Selwyn and was to \
        go on to Marlow, according to officer Dana Reyes of the coast guard. Two men were questioned.";

    #[test]
    fn another_outlets_own_report_joins_the_story_within_days_and_not_after_weeks() {
        let mut newsroom = Newsroom::default();
        for n in 0..20 {
            newsroom.read("Council meets", &bulletin("Ostby", "Friday", &n.to_string(), "1"), "en", 0);
        }
        let first = newsroom.read("Eleven found alive in container", WIRE, "en", 0);
        let second = newsroom.read("Three children saved from container in Harbour City", OTHER_OUTLET, "en", 9);
        assert_eq!((second.copy_of, &second.story), (None, &first.story), "{}", second.reason);
        let late = newsroom.read("Children saved from container in Harbour City", OTHER_OUTLET, "en", 24 * 30);
        assert_eq!(late.story, first.story, "it is a copy of the second report, however late");
        let afresh =
            OTHER_OUTLET.replace("A dock worker had heard them knocking. ", "").replace("Eleven people, among", "Of");
        let mut later = Newsroom::default();
        later.read("Eleven found alive in container", WIRE, "en", 0);
        let late = later.read("Three saved", &afresh, "en", 24 * 30);
        assert_ne!(late.story, StoryId::opened_by(&entry(0)));
        let related = late.related.expect("it is linked");
        assert_eq!((related.relation, related.story), (Relation::FollowUp, StoryId::opened_by(&entry(0))));
    }

    #[test]
    fn a_short_text_in_another_language_joins_nothing_by_one_name() {
        let mut newsroom = Newsroom::default();
        for n in 0..40 {
            newsroom.read("Council meets", &bulletin("Ostby", "Friday", &n.to_string(), "1"), "en", 0);
        }
        let first = newsroom.read("Eleven found alive in container", WIRE, "en", 0);
        let short = newsroom.read("Marlow", "В порту Марлоу найдены люди, сообщила полиция Рейес.", "ru", 5);
        assert_ne!(short.story, first.story, "{}", short.reason);
    }

    #[test]
    fn five_thousand_unrelated_notices_are_no_giant_story() {
        // Of one make, as an agency's notices are, each of other things and another place.
        let name = |n: usize| -> String {
            let spread = |turn: u64| (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(8 * turn as u32);
            (0..8).map(|turn| char::from(b'a' + (spread(turn) >> 40) as u8 % 26)).collect()
        };
        let mut newsroom = Newsroom::default();
        let mut sizes: HashMap<StoryId, usize> = HashMap::new();
        for n in 0..5_000_usize {
            let (thing, doing, place) = (name(n * 7 + 1), name(n * 13 + 5), name(n * 3 + 2));
            let place = format!("{}{}", place[..1].to_uppercase(), &place[1..]);
            let title = format!("The {thing} of {place} to {doing}");
            let text =
                format!("The {thing} of {place} is to {doing} from Monday, said the office there in notice {n}.");
            *sizes.entry(newsroom.read(&title, &text, "en", (n / 40) as i64).story).or_default() += 1;
        }
        let largest = sizes.values().max().copied().unwrap_or_default();
        assert!(largest <= 5, "{largest} of 5000 in one story, {} stories", sizes.len());
        assert!(sizes.len() > 4_500, "{} stories", sizes.len());
    }

    /// Words that no other call with another number gives.
    fn words(of: usize, many: usize) -> String {
        let word = |n: usize| {
            let spread = ((of * 100_000 + n) as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (0..6).map(|turn| char::from(b'a' + (spread >> (8 * turn)) as u8 % 26)).collect::<String>()
        };
        (0..many).map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_page_that_goes_on_being_written_becomes_a_report_again_before_nothing_of_the_first_is_left() {
        let mut newsroom = Newsroom::default();
        let parts: Vec<String> = (0..12).map(|part| words(part, 40)).collect();
        let told: Vec<Membership> = (0..8)
            .map(|n| newsroom.read("The day at the bridge", &parts[n..n + 5].join(" "), "en", n as i64))
            .collect();
        assert_eq!(told[1].copy_of, Some(entry(0)), "a fifth is new");
        assert_ne!(told[4].copy_of, Some(entry(0)), "a fifth is old");
        let reports = told.iter().filter(|membership| membership.copy_of.is_none()).count();
        assert!((2..=5).contains(&reports), "{reports} of 8 are reports");
    }

    #[test]
    fn texts_made_to_deceive_hide_nothing_and_cost_no_more() {
        let mut newsroom = Newsroom::default();
        newsroom.read("Eleven found alive in container", WIRE, "en", 0);
        let all: Vec<&str> = WIRE.split_whitespace().collect();
        let padded = format!("{WIRE} {}", words(1, 5_000));
        assert_eq!(
            newsroom.read("Found", &padded, "en", 1).copy_of,
            Some(entry(0)),
            "what is wrapped in words is found"
        );
        let every_fourth: Vec<&str> =
            all.iter().enumerate().map(|(n, word)| if n % 4 == 0 { "x" } else { *word }).collect();
        assert_eq!(newsroom.read("Found", &every_fourth.join(" "), "en", 2).copy_of, None, "no passage is whole");
        let once_more = "Two men were questioned in Marlow and released without charge. ".repeat(2_000);
        assert_eq!(newsroom.read("Found", &once_more, "en", 3).copy_of, None, "one sentence of it");
        // A text made of pieces of many reports is no bridge between them.
        let own: Vec<String> = (10..30).map(|n| words(n, 120)).collect();
        let pieces: String = own.iter().map(|text| format!("{} ", &text[..200])).collect();
        newsroom.read("All of it", &pieces, "en", 4);
        for text in &own {
            assert_eq!(newsroom.read("One of them", text, "en", 5).copy_of, None);
        }
        for n in 0..200 {
            newsroom.read("All of it", &format!("{pieces} {}", words(100 + n, 30)), "en", 6);
        }
        assert!(newsroom.most_compared <= 2 * HELD_MAX * LOOKUPS_OF_TESTS, "{}", newsroom.most_compared);
    }

    /// Look-ups of the longest text of these tests.
    const LOOKUPS_OF_TESTS: usize = 2_000;

    #[test]
    fn one_page_under_two_thousand_addresses_is_one_text_and_found_as_fast_as_ever() {
        let mut newsroom = Newsroom::default();
        for n in 0..2_000 {
            let copy = newsroom.read("Eleven found alive in container", WIRE, "en", n / 100);
            assert_eq!(copy.copy_of.is_some(), n > 0);
            assert_eq!(copy.story, StoryId::opened_by(&entry(0)));
        }
        assert!(newsroom.most_compared <= 2 * HELD_MAX * 150, "{}", newsroom.most_compared);
    }

    #[test]
    fn three_hundred_bulletins_of_one_template_stay_apart_and_none_makes_the_next_dear() {
        let mut newsroom = Newsroom::default();
        let places =
            ["Selwyn", "Marlow", "Ostby", "Karling", "Dunmore", "Vessby", "Tarrow", "Inverley", "Quill", "Abbas"];
        for n in 0..300_usize {
            let place = format!("{}{}", places[n % 10], ["ton", "ham", "wick", "ford", "stead"][(n / 10) % 5]);
            let day = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][n % 7];
            let text = bulletin(&place, day, &(100 + n).to_string(), &format!("{}.{}", n % 24, n % 60));
            assert_eq!(newsroom.read("Boat stopped", &text, "en", n as i64).copy_of, None, "bulletin {n}");
        }
        assert!(newsroom.most_compared <= 40 * HELD_MAX * 20, "{}", newsroom.most_compared);
    }

    #[test]
    fn what_is_rebuilt_from_its_members_decides_the_same() {
        let texts: Vec<String> =
            (0..60).map(|n| bulletin(["Selwyn", "Marlow"][n % 2], "Monday", &(n / 4).to_string(), "1")).collect();
        let mut newsroom = Newsroom::default();
        let mut members = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            let membership = newsroom.read("Boat", text, "en", n as i64 * 8);
            members.push((
                membership,
                fingerprint("Boat", text, "en"),
                Timestamp::from_millis(n as i64 * 8 * 3_600_000),
            ));
        }
        let since = Timestamp::from_millis(10 * 86_400_000);
        newsroom.stories.forget_opened_before(since);
        let mut rebuilt = Stories::default();
        for (membership, print, at) in &members {
            let opener = members.iter().find(|(opener, ..)| opener.story == membership.story).map(|(.., at)| *at);
            if opener.is_none_or(|opened| opened < since) {
                continue;
            }
            match membership.copy_of {
                Some(_) => rebuilt.add_copy(&membership.story, *at),
                None => rebuilt.add(&membership.story, print, *at, *at),
            }
        }
        for text in &texts {
            let (print, at) = (fingerprint("Boats", text, "en"), Timestamp::from_millis(21 * 86_400_000));
            assert_eq!(newsroom.stories.place(&print, at, &[]), rebuilt.place(&print, at, &[]));
        }
    }
}
