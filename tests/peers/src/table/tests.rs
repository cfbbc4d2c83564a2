use super::*;

fn row(peer: &'static str, values: Vec<(&'static str, f64)>) -> Row {
    Row {
        workload: "W1".to_owned(),
        runtime: "mt",
        peer,
        values,
    }
}

#[test]
fn rows_are_one_json_array() {
    let rows = [
        row("tokio", vec![("ns_per_op", 200.0), ("ratio", 1.0)]),
        row("kameo", vec![("bytes", 7.5)]),
    ];
    assert_eq!(
        json(&rows),
        r#"[
{"workload":"W1","runtime":"mt","peer":"tokio","ns_per_op":200.0000,"ratio":1.0000},
{"workload":"W1","runtime":"mt","peer":"kameo","bytes":7.5000}
]
"#
    );
    assert_eq!(json(&[]), "[\n\n]\n");
}
