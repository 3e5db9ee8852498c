//! Why held-out records can say too little of any model.

use crate::stats::sample::Unfit;
use std::fmt;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Rows { rows, least } => {
                write!(f, "the hold-out has {rows} records, fewer than the {least} required (evaluation.min_rows)")
            }
            Unfit::Classes { positives, negatives, least } => write!(
                f,
                "the hold-out has {positives} positives and {negatives} negatives, and {least} of each are required \
                 (evaluation.min_positives)"
            ),
            Unfit::Repeated { repeated, rows, most } => write!(
                f,
                "{repeated} of the hold-out's {rows} records repeat another one's features, more than a share of {most} \
                 (evaluation.max_repeated): leave each record in once"
            ),
            Unfit::LabelRate { rate, least, most } => write!(
                f,
                "a share of {rate:.4} of the hold-out's records are positives, and {least} to {most} is usual \
                 (evaluation.min_label_rate, max_label_rate): draw the records as customers send them"
            ),
        }
    }
}

impl std::error::Error for Unfit {}
