//! What whole pages say, word by word.

use super::*;

#[test]
fn a_page_has_its_exact_text() {
    let fleet = fleet();
    let advice = Advice::ReadEvidence { region: jp(), version: v("v427"), elsewhere: exposed() };
    let notice = Notice::Plan { why: why(&advice, &jp(), &v("v427")), advice };
    let page = Voice::of(&fleet).page(&notice, &jp(), &Sender::Wave("wave-1".parse().unwrap()));
    assert_eq!(page.subject, "[fraud] JP rolled back v427");
    let expected = "\
JP rolled back v427: the rollback alarm went into ALARM during the update: alarm fraud-p99 is in ALARM.

Now: The wave stops and starts v427 in no further region. No later wave promotes v427. By the ledgers when this page was written: EU \
has served v427 since 2026-11-20 03:36:12 UTC; BR is unknown.

To do: Read the evidence in JP's ledger. Look for the same fault in these regions, and roll back those that have it:
EU: aws sagemaker update-endpoint --region eu-west-1 --endpoint-name fraud --endpoint-config-name fraud-v426-9f707fe16b72-c7fa \
--retain-all-variant-properties
BR: meridian history --region sa-east-1
Then retrain or publish again.

Runbook: docs/runbooks/model-fault.md
Region JP (ap-northeast-1). Wave wave-1.";
    assert_eq!(page.message, expected);
}

#[test]
fn a_page_of_probation_has_its_exact_text() {
    let fleet = fleet();
    let advice = Advice::WeighRollback { region: jp() };
    let notice = Notice::Plan { why: why(&advice, &jp(), &v("v427")), advice };
    let page = Voice::of(&fleet).page(&notice, &jp(), &Sender::Region);
    assert_eq!(page.subject, "[fraud] JP: v427 is worse than the days before");
    let expected = "\
JP: v427 is worse than the days before: 5xx: 512 of 340000 requests, 170 usual by the same hours of 14 earlier days; up \
to 1.30 times is usual.

Now: JP keeps serving the release. Probation rolls back and halts nothing: policy says probation_action = \"tell\". This page is \
sent once for each release and region.

To do: Compare the numbers with the dashboard and with the other regions. If the release is at fault, stop every start (meridian halt), \
then roll JP back by hand: meridian history --region ap-northeast-1 names the rollback target.

Runbook: docs/runbook.md (Roll a region back by hand)
Sent by the region itself: JP (ap-northeast-1).";
    assert_eq!(page.message, expected);
}

/// The gate on AUC decided: it failed, or had too few records.
fn not_passed(shortage: Option<Shortage>) -> EvaluationReason {
    let ruling = GateRuling {
        gate: "auc".to_owned(),
        region: None,
        verdict: if shortage.is_some() { Verdict::Inconclusive } else { Verdict::Fail },
        challenger: Some(0.855),
        champion: Some(0.9176),
        difference: Some(0.0626),
        allowed: Some(0.02),
        shortage,
        feature: None,
    };
    EvaluationReason::NotPassed { rulings: vec![ruling], more: 0 }
}

/// What a rejection rests on, beside v426 or as a first release.
fn evidence(is_first: bool) -> Option<Evidence> {
    let v426 = ComparedWith { release: ReleaseId(Sha256::OF_NOTHING), version: v("v426"), threshold: 0.8 };
    Some(Evidence {
        threshold: 0.81,
        champion: (!is_first).then_some(v426),
        link: "https://console.example/report.html".to_owned(),
        url: "s3://fraud-models-eu/report.html".to_owned(),
    })
}

#[test]
fn a_page_of_a_rejection_has_its_exact_text() {
    let fleet = fleet();
    let file = "releases/archives/4b1d.tar.gz".to_owned();
    let missing = FileFault::Missing { file: file.clone(), region: fleet.home.clone() };
    let shortage = Shortage { positives: 40, negatives: 9_960, floor: 50 };
    for (cause, why, evidence, title, found, to_do, section) in [
        (
            RejectedFor::Worse,
            not_passed(None),
            evidence(false),
            "v427 is rejected",
            "What decided:
- held-out AUC 0.8550, champion 0.9176: a drop of 0.0626, more than the 0.0200 allowed
Compared with v426 (e3b0c44298fc), which serves in eu-west-1. v427 alerts from a score of 0.81 on, v426 from 0.8 on.
The report: https://console.example/report.html
(s3://fraud-models-eu/report.html)",
            "Find in the report where the model is worse, fix its training, and publish the result.",
            "",
        ),
        (
            RejectedFor::Unclear,
            not_passed(Some(shortage)),
            evidence(true),
            "v427 is rejected: too few records to judge it",
            "What decided:
- the held-out set has 40 positives and 9960 negatives; at least 50 of each are needed
It is the first release, so it was compared with nothing. It alerts from a score of 0.81 on.
The report: https://console.example/report.html
(s3://fraud-models-eu/report.html)",
            "Nothing shows that the model is bad. Approve a hold-out with more records (above all more positives), or with records in \
             which the named columns vary: meridian holdout approve. Then publish the same model again.",
            "",
        ),
        (
            RejectedFor::Bytes,
            EvaluationReason::File(missing),
            None,
            "v427 cannot be evaluated",
            "What was found: releases/archives/4b1d.tar.gz is not in eu-west-1's bucket
There is no report: nothing could be compared.",
            "Find out who removed or wrote the object named above: the bucket keeps its versions. Then publish the same files again.",
            " (Wrong bytes)",
        ),
        (
            RejectedFor::Content,
            EvaluationReason::NotGzip { file },
            None,
            "v427 cannot be evaluated",
            "What was found: model.tar.gz is not compressed with gzip; pack the model file with `tar czf`
There is no report: nothing could be compared.",
            "Fix the export in training; the fault is named above. Then publish again.",
            "",
        ),
    ] {
        let notice = Notice::EvaluationRejected { version: "v427".to_owned(), cause, why, evidence };
        let page = Voice::of(&fleet).page(&notice, &fleet.home, &Sender::Wave("execution-1".parse().unwrap()));
        assert_eq!(page.subject, format!("[fraud] {title}"));
        let expected = format!(
            "{title}.
{found}

Now: No endpoint was changed. The pipeline's execution fails. v427 stays rejected: publishing again, even the same files, makes a new \
release.

To do: {to_do}

Runbook: docs/runbook.md{section}
Region EU (eu-west-1). Wave execution-1."
        );
        assert_eq!(page.message, expected);
    }
}
