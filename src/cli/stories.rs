//! `stories`: which articles are one text and tell one event, and why; two made one, one taken out.

use std::io::{self, Write as _};
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};

use super::{Exit, setup, table};
use crate::clock::Clock;
use crate::config::settings::Settings;
use crate::model::id::{EntryId, StoryId};
use crate::store::{Member, Placed, StoryTold};

/// List stories with their outlets, copies and reasons; make two one, or take an article out of one
///
/// What is changed by hand stays: no rule moves it again, and nothing that was mailed is mailed once more.
#[derive(ClapArgs, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Also those of one article
    #[arg(long)]
    all: bool,
    /// At most this many, newest first
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Make two stories one; the one that was seen first keeps its id
    Merge {
        #[arg(value_name = "STORY")]
        a: String,
        #[arg(value_name = "STORY")]
        b: String,
    },
    /// Take an article, with its copies, out of its story; a copy becomes a report of its own
    Split {
        #[arg(value_name = "ENTRY")]
        entry: String,
    },
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let now = Clock::system().now();
    match args.action {
        None => list(&settings, &args),
        Some(Action::Merge { a, b }) => {
            let (a, b) = (StoryId::from_stored(a), StoryId::from_stored(b));
            tell(&setup::with_store(&settings, async |store| store.merge_stories(&a, &b, now).await)?)
        }
        Some(Action::Split { entry }) => {
            let entry = EntryId::from_stored(entry);
            tell(&setup::with_store(&settings, async |store| store.split_story(&entry, now).await)?)
        }
    }
}

fn tell(placed: &Placed) -> anyhow::Result<Exit> {
    match placed {
        Placed::Into { story, articles } => {
            let moved = table::counted(*articles, "article is", "articles are");
            writeln!(io::stdout().lock(), "{moved} in story {story} now; nothing is mailed because of it")?;
            Ok(Exit::Done)
        }
        Placed::Already => {
            writeln!(io::stdout().lock(), "nothing to do: that is so already")?;
            Ok(Exit::Done)
        }
        Placed::Unknown { what } => {
            let help = "`newsvigil stories --all` lists both kinds of ids";
            writeln!(io::stderr().lock(), "newsvigil: nothing that was compared is called {what}; {help}")?;
            Ok(Exit::Failed)
        }
    }
}

fn list(settings: &Settings, args: &Args) -> anyhow::Result<Exit> {
    let stories = setup::with_store(settings, async |store| store.story_list(!args.all, args.limit).await)?;
    if args.json {
        table::print_json(&stories)?;
        return Ok(Exit::Done);
    }
    if stories.is_empty() {
        let none = "no story has more than one article so far (--all shows the others too)";
        writeln!(io::stdout().lock(), "{}", if args.all { "no article was compared so far" } else { none })?;
    }
    stories.iter().try_for_each(print)?;
    if !stories.is_empty() {
        table::tell_zone("times are")?;
    }
    Ok(Exit::Done)
}

fn print(story: &StoryTold) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let copies = story.members.iter().filter(|member| member.copy_of.is_some()).count();
    let own = (story.members.len() - copies) as u64;
    let title = story.members.first().map_or("", |member| member.title.as_str());
    writeln!(out, "{}  {}", story.id, table::or_dash(title))?;
    let reports = table::counted(own, "report", "reports");
    let copies = table::counted(copies as u64, "copy", "copies");
    writeln!(out, "  {reports}, {copies}, last {}", table::when(Some(story.last)))?;
    for member in &story.members {
        for line in lines(member) {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out)
}

fn lines(member: &Member) -> Vec<String> {
    let Member { entry, outlet, title, reason, .. } = member;
    let sign = if member.copy_of.is_some() { "=" } else { "-" };
    let mut lines = vec![format!(
        "{sign} {}  {outlet}: {}  ({entry})",
        table::when(Some(member.first_seen)),
        table::or_dash(title)
    )];
    let by_hand = if member.by_hand && !reason.contains("by hand") { " (its story by hand)" } else { "" };
    lines.push(format!("    {reason}{by_hand}"));
    if let Some(related) = &member.related {
        lines.push(format!("    beside {related}: {}", member.related_reason));
    }
    lines
}
