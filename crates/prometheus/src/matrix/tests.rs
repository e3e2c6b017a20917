use super::{Body, MatrixReader, ParseError};
use crate::answer::{Labels, Remark, RemarkSeverity, Series};

/// Reads a body in chunks of `chunk` bytes.
fn read(body: &[u8], chunk: usize) -> Result<Body, ParseError> {
    let mut reader = MatrixReader::new(16_000_000, None);
    for bytes in body.chunks(chunk.max(1)) {
        reader.feed(bytes)?;
    }
    reader.finish()
}

/// The result must be the same however the body is split.
fn check(body: &str, expected: &Body) {
    for chunk in [1, 2, 3, 7, 64, body.len()] {
        assert_eq!(read(body.as_bytes(), chunk).as_ref(), Ok(expected), "{chunk} bytes at a time: {body}");
    }
}

/// The body must be refused with these words, however it is split.
fn refused(body: &str, words: &str) {
    for chunk in [1, 5, body.len()] {
        match read(body.as_bytes(), chunk) {
            Err(error) => assert!(error.what.contains(words), "{chunk} bytes at a time: {body}: {error}"),
            Ok(found) => panic!("{body}: {found:?}"),
        }
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn series(pairs: &[(&str, &str)], samples: &[(i64, f64)]) -> Series {
    Series {
        labels: labels(pairs),
        timestamps_ms: samples.iter().map(|(at_ms, _)| *at_ms).collect(),
        values: samples.iter().map(|(_, value)| *value).collect(),
    }
}

fn success(result_type: &str, series: Vec<Series>) -> Body {
    Body { status: Some("success".to_owned()), result_type: Some(result_type.to_owned()), series, ..Body::default() }
}

#[test]
fn matrices_vectors_and_scalars_become_series() {
    check(
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[1,"1"],[2.5,"0"],[3.125,"-0.25"]]},{"metric":{},"values":[[1,"+Inf"]]}]}}"#,
        &success(
            "matrix",
            vec![
                series(&[("__name__", "up"), ("job", "a")], &[(1_000, 1.0), (2_500, 0.0), (3_125, -0.25)]),
                series(&[], &[(1_000, f64::INFINITY)]),
            ],
        ),
    );
    check(
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1795490830.781,"-Inf"]}]}}"#,
        &success("vector", vec![series(&[("a", "b")], &[(1_795_490_830_781, f64::NEG_INFINITY)])]),
    );
    check(
        r#"{"status":"success","data":{"resultType":"scalar","result":[1795490830,"17"]}}"#,
        &success("scalar", vec![series(&[], &[(1_795_490_830_000, 17.0)])]),
    );
    check(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#, &success("matrix", vec![]));
    check(r#"{"status":"success","data":{"resultType":"vector","result":null}}"#, &success("vector", vec![]));
}

#[test]
fn order_white_space_and_escapes_do_not_matter() {
    let expected =
        success("matrix", vec![series(&[("na\"me", "ä\n/\u{1f600}")], &[(1_000, 1.0), (2_000, 2.0), (3_000, 3.0)])]);
    check(
        "\r\n{ \"data\" : { \"result\" : [ { \"values\" : [ [ 1 , \"1\" ] , [2,\"\\u0032\"],[ 3e0,\"3\"] ] ,\t\"metric\" : \
         { \"na\\\"me\" : \"ä\\n\\/\\ud83d\\ude00\" } } ] , \"resultType\" : \"matrix\", \"stats\": {\"a\":[true,null,{}]} } , \
         \"status\" : \"success\" } \n",
        &expected,
    );
}

#[test]
fn not_a_number_is_a_value() {
    let body =
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"NaN"],[2,"1"]]}]}}"#;
    for chunk in [1, body.len()] {
        let found = read(body.as_bytes(), chunk).unwrap().series.remove(0);
        assert_eq!(found.timestamps_ms, [1_000, 2_000]);
        assert!(found.values[0].is_nan());
        assert_eq!(found.values[1].to_bits(), 1.0_f64.to_bits());
    }
}

#[test]
fn remarks_of_the_server_are_kept() {
    let warning = |text: &str| Remark { severity: RemarkSeverity::Warning, text: text.to_owned() };
    check(
        r#"{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]},"warnings":["store a is down","store a is down"],"infos":["PromQL info: \"x\" is no counter"]}"#,
        &Body {
            remarks: vec![
                warning("store a is down"),
                Remark { severity: RemarkSeverity::Info, text: "PromQL info: \"x\" is no counter".to_owned() },
                warning(super::PARTIAL),
            ],
            ..success("vector", vec![])
        },
    );
    check(
        r#"{"status":"error","errorType":"bad_data","error":"1:2: parse error"}"#,
        &Body {
            status: Some("error".to_owned()),
            error_type: Some("bad_data".to_owned()),
            error: Some("1:2: parse error".to_owned()),
            ..Body::default()
        },
    );
}

#[test]
fn native_histograms_are_left_out_with_a_remark() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"histograms":[[1,{"count":"3","sum":"2","buckets":[[0,"0","1","3"]]}]]},{"metric":{"a":"c"},"values":[[1,"1"]]}]}}"#;
    for chunk in [1, body.len()] {
        let found = read(body.as_bytes(), chunk).unwrap();
        assert_eq!(found.series, [series(&[("a", "b")], &[]), series(&[("a", "c")], &[(1_000, 1.0)])]);
        assert_eq!(found.remarks.len(), 1);
        assert!(found.remarks[0].text.starts_with("1 series of native histograms"), "{:?}", found.remarks);
    }
}

#[test]
fn what_is_no_answer_says_what_is_wrong() {
    refused("", "empty");
    refused("<html>", "expected JSON, found `<`");
    refused("not found", "expected `null`");
    refused("[]", "expected an object as the answer, found an array");
    refused("17 ", "found a number");
    refused("{} {}", "expected the end of the body");
    refused(r#"{"status":"success""#, "ends in the middle");
    refused(r#"{"status":"succ"#, "ends in the middle");
    refused(r#"{"status" "success"}"#, "expected `:`");
    refused(r#"{"status":"success",}"#, "expected a key");
    refused(r#"{"status":7}"#, "expected a text in `status`, found a number");
    refused(r#"{"data":[]}"#, "expected an object in `data`, found an array");
    refused(r#"{"data":{"result":{}}}"#, "expected a list in `result`, found an object");
    refused(r#"{"data":{"resultType":"string","result":[1,"hello"]}}"#, "found a text as the result");
    refused(r#"{"data":{"result":[1]}}"#, "a scalar without its value");
    refused(r#"{"data":{"result":[{"metric":{"a":1}}]}}"#, "expected a text as the value of a label");
    refused(r#"{"data":{"result":[{"values":[[1]]}]}}"#, "expected a time and a value");
    refused(r#"{"data":{"result":[{"values":[[]]}]}}"#, "expected a time and a value");
    refused(r#"{"data":{"result":[{"values":[[1,"x"]]}]}}"#, "expected a number in a sample, found `x`");
    refused(r#"{"data":{"result":[{"values":[["1","1"]]}]}}"#, "expected a time and a value");
    refused(r#"{"data":{"result":[{"values":[[1,1]]}]}}"#, "expected a time and a value");
    refused(r#"{"data":{"result":[{"values":[[1,"1","2"]]}]}}"#, "expected a time and a value");
    refused(r#"{"data":{"result":[{"values":[[1,"1"],]}]}}"#, "expected a value");
    refused(r#"{"data":{"result":[{"values":[[1,"1"]}]}}"#, "a `}` that closes nothing");
    refused(r#"{"data":{"result":[{"values":[[01,"1"]]}]}}"#, "expected a JSON number");
    refused(r#"{"a":"\ud83d"}"#, "surrogate");
    refused(r#"{"a":"\x"}"#, "escape");
    refused("{\"a\":\"\n\"}", "raw byte 0x0a");
    refused(&format!("{{\"a\":{}", "[".repeat(1_000)), "levels of nesting");
}

#[test]
fn more_than_may_be_kept_is_refused_before_it_is_kept() {
    let sample = |at: usize| format!("[{at},\"1\"]");
    let body = |separator: &str| {
        let samples: Vec<_> = (1..=5).map(sample).collect();
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
            samples.join(separator)
        )
    };
    for body in [body(","), body(" , ")] {
        for (max, fits) in [(3, false), (4, false), (5, true), (6, true)] {
            // A series without labels takes 192 bytes, a sample 16.
            let mut reader = MatrixReader::new(192 + max * 16, None);
            let result = reader.feed(body.as_bytes()).and_then(|()| reader.finish());
            match result {
                Ok(found) => assert!(fits && found.series[0].values.len() == 5, "{max}: {body}"),
                Err(error) => assert!(!fits && error.too_much, "{max}: {body}: {error}"),
            }
        }
    }
}

/// Once, only samples were counted, so series without samples could take any amount of memory.
#[test]
fn labels_and_series_count_as_samples_do() {
    let check = |series: &str, count: usize, max: usize, fits: bool| {
        let mut reader = MatrixReader::new(max, None);
        let mut result = reader.feed(br#"{"status":"success","data":{"resultType":"matrix","result":["#);
        for at in 0..count {
            let comma = if at == 0 { "" } else { "," };
            result = result.and_then(|()| reader.feed(format!("{comma}{series}").as_bytes()));
        }
        let result = result.and_then(|()| reader.feed(b"]}}")).and_then(|()| reader.finish());
        match result {
            Ok(found) => assert!(fits && found.series.len() == count, "{series}"),
            Err(error) => assert!(!fits && error.too_much && error.what.contains("MiB of series"), "{series}: {error}"),
        }
    };
    check("{}", 1_000, 192_000, true);
    check("{}", 1_001, 192_000, false);
    check(r#"{"metric":{"a":"bc"}}"#, 1_000, 275_000, true);
    check(r#"{"metric":{"a":"bc"}}"#, 1_001, 275_000, false);
}

#[test]
fn reading_ends_where_nobody_shows_more() {
    let series = |at: usize| format!(r#"{{"metric":{{"at":"{at}"}},"values":[[1,"1"]]}}"#);
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{},{},{},"#,
        series(0),
        series(1),
        series(2)
    );
    let mut reader = MatrixReader::new(1 << 20, Some(2));
    for piece in body.as_bytes().chunks(7) {
        reader.feed(piece).unwrap();
    }
    assert!(reader.has_enough());
    // What follows is not parsed.
    reader.feed(b"}}}} no JSON").unwrap();
    let found = reader.finish().unwrap();
    assert_eq!((found.status.as_deref(), found.series.len()), (Some("success"), 2));
    let mut all = MatrixReader::new(1 << 20, Some(3));
    all.feed(body.trim_end_matches(',').as_bytes()).unwrap();
    all.feed(b"]}}").unwrap();
    assert!(!all.has_enough());
    assert_eq!(all.finish().unwrap().series.len(), 3);
}
