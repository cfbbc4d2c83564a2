use super::*;

#[test]
fn the_median_is_in_the_middle() {
    assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    assert!(median(&[]).is_nan());
}

#[test]
fn a_ratio_is_to_the_base_of_the_same_round() {
    assert_eq!(ratios(&[10.0, 40.0], &[5.0, 80.0]), [2.0, 0.5]);
}

#[test]
fn the_range_has_both_ends() {
    assert_eq!(range(&[2.0, 0.5, 1.0]), (0.5, 2.0));
}
