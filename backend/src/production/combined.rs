//! Several expressions in one request: each gets a label that identifies it, and `or` combines them.

use headroom_prometheus::{Answer, Error, ErrorKind, Series};

/// The label that identifies the parts of an answer. No server exports it.
const PART: &str = "headroom_part";
/// The most expressions in one request over a range. A server computes a request on one core, so further ones would
/// wait for each other.
const OF_RANGE: usize = 6;
/// The most expressions in one request for a single time, each of which takes a millisecond.
const OF_INSTANT: usize = 32;

/// Groups the expressions into requests, in their order. `longest` is the longest request that the connection accepts,
/// in characters.
pub(super) fn packs(expressions: &[String], places: Vec<usize>, instant: bool, longest: usize) -> Vec<Vec<usize>> {
    let most = if instant { OF_INSTANT } else { OF_RANGE };
    let mut packs: Vec<Vec<usize>> = Vec::new();
    let mut length = 0;
    for place in places {
        let own = wrapped(0, &expressions[place]).len();
        if let Some(pack) = packs.last_mut().filter(|pack| pack.len() < most && length + own <= longest) {
            pack.push(place);
            length += own;
        } else {
            packs.push(vec![place]);
            length = own;
        }
    }
    packs
}

/// The answers to several expressions in one request. If a server refuses them together, they are sent one by one: each
/// may be within its limits, and its message then concerns only the one that it refuses.
///
/// # Errors
/// If there is no answer.
pub(super) async fn ask<F>(
    expressions: &[String],
    send: impl Fn(String) -> F,
) -> Result<Vec<Answer<Vec<Series>>>, Error>
where
    F: Future<Output = Result<Answer<Vec<Series>>, Error>>,
{
    if let [only] = expressions {
        return Ok(vec![send(only.clone()).await?]);
    }
    let whole: Vec<String> = expressions.iter().enumerate().map(|(part, one)| wrapped(part, one)).collect();
    match send(whole.join(" or ")).await {
        Ok(answer) => Ok(split(answer, expressions.len())),
        Err(error) if matches!(error.kind, ErrorKind::Rejected | ErrorKind::TooMuch) => {
            let mut answers = Vec::with_capacity(expressions.len());
            for one in expressions {
                answers.push(send(one.clone()).await?);
            }
            Ok(answers)
        }
        Err(error) => Err(error),
    }
}

fn wrapped(part: usize, expression: &str) -> String {
    // The source label does not matter, because the pattern matches any value.
    format!("label_replace({expression}, \"{PART}\", \"{part}\", \"__name__\", \".*\")")
}

/// The series of each part, without the label that identifies it.
fn split(answer: Answer<Vec<Series>>, parts: usize) -> Vec<Answer<Vec<Series>>> {
    let mut split: Vec<Answer<Vec<Series>>> = (0..parts)
        .map(|_| Answer { data: Vec::new(), remarks: answer.remarks.clone(), held: answer.held.clone() })
        .collect();
    for mut series in answer.data {
        let part = series.label(PART).and_then(|part| part.parse::<usize>().ok());
        if let Some(part) = part.and_then(|part| split.get_mut(part)) {
            series.labels.retain(|(name, _)| name != PART);
            part.data.push(series);
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use headroom_prometheus::Held;

    use super::*;

    #[test]
    fn a_request_holds_as_many_as_are_good_for_it() {
        let check = |count: usize, instant, longest, expected: &[usize]| {
            let expressions: Vec<String> = (0..count).map(|at| format!("metric_{at:02}")).collect();
            let packs = packs(&expressions, (0..count).collect(), instant, longest);
            assert_eq!(packs.iter().map(Vec::len).collect::<Vec<_>>(), expected);
            assert_eq!(packs.concat(), (0..count).collect::<Vec<_>>());
        };
        check(0, false, 10_000, &[]);
        check(13, false, 10_000, &[6, 6, 1]);
        check(40, true, 10_000, &[32, 8]);
        // An expression that is longer than the limit is still sent, alone.
        check(3, true, 10, &[1, 1, 1]);
    }

    fn series(labels: &[(&str, &str)], value: f64) -> Series {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Series { labels, timestamps_ms: vec![0], values: vec![value] }
    }

    #[tokio::test]
    async fn parts_are_told_apart_and_asked_alone_where_they_are_refused_together() {
        let sent = RefCell::new(Vec::new());
        let expressions = ["up".to_owned(), "sum(x)".to_owned()];
        let answers = ask(&expressions, |promql| {
            sent.borrow_mut().push(promql);
            let data = vec![series(&[(PART, "1")], 5.0), series(&[("job", "a"), (PART, "0")], 1.0)];
            async move { Ok(Answer { data, remarks: Vec::new(), held: Held::default() }) }
        });
        let answers = answers.await.unwrap();
        assert_eq!(answers[0].data, [series(&[("job", "a")], 1.0)]);
        assert_eq!(answers[1].data, [series(&[], 5.0)]);
        assert_eq!(
            sent.borrow().as_slice(),
            ["label_replace(up, \"headroom_part\", \"0\", \"__name__\", \".*\") or \
              label_replace(sum(x), \"headroom_part\", \"1\", \"__name__\", \".*\")"]
        );
        sent.borrow_mut().clear();
        let refused = ask(&expressions, |promql| {
            let fails = promql.contains(" or ");
            sent.borrow_mut().push(promql);
            async move {
                if fails {
                    return Err(Error { kind: ErrorKind::TooMuch, message: "too many samples".to_owned() });
                }
                Ok(Answer { data: vec![series(&[], 7.0)], remarks: Vec::new(), held: Held::default() })
            }
        });
        assert_eq!(refused.await.unwrap().len(), 2);
        assert_eq!(sent.borrow()[1..], ["up", "sum(x)"]);
    }
}
