//! The batch forms: a manifest of JSON lines in, one JSON line a case out, in order, streaming.

use std::io::{self, BufRead as _, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::super::Exit;

/// Answers each line of stdin. A line that cannot be done is answered with `"error"` and the run goes on; `id` finds
/// what the answer is called by.
pub fn answer_each<Case: DeserializeOwned, Answer: Serialize>(
    answer: impl FnMut(Case) -> Result<Answer, String>,
) -> anyhow::Result<Exit> {
    answer_each_line(io::stdin().lock().lines(), answer)
}

/// The same for lines that were read already.
pub fn answer_each_line<Case: DeserializeOwned, Answer: Serialize>(
    lines: impl Iterator<Item = io::Result<String>>,
    mut answer: impl FnMut(Case) -> Result<Answer, String>,
) -> anyhow::Result<Exit> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answered =
            serde_json::from_str::<Case>(&line).map_err(|error| format!("bad line: {error}")).and_then(&mut answer);
        match answered {
            Ok(answer) => serde_json::to_writer(&mut out, &answer)?,
            Err(error) => serde_json::to_writer(&mut out, &failure(&line, &error))?,
        }
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(Exit::Done)
}

fn failure(line: &str, error: &str) -> serde_json::Value {
    let case: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    let mut answer = json!({ "error": error });
    for name in ["id", "file"] {
        if let Some(value) = case.get(name) {
            answer[name] = value.clone();
        }
    }
    if answer.get("file").is_some() {
        answer["ok"] = json!(false);
    }
    answer
}
