//! The model registry.

use super::kind;
use crate::Kept;
use crate::stage::{Stage, release};
use meridian_handlers::ports::{Approval, ErrorKind, PackageSpec, Ports, metadata_value};

const EVALUATION: &str = "s3://fraud-models-eu/evaluations/0/evaluation.json";

fn package(stage: &Stage<impl Ports>, version: &str) -> PackageSpec {
    PackageSpec {
        release: release(version),
        group: stage.fleet.name.to_string(),
        description: format!("{version}: fraud model"),
        image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/fraud-xgboost".to_owned(),
        model_data_url: "s3://fraud-models-eu/releases/archives/0/model.tar.gz".to_owned(),
        evaluation: EVALUATION.to_owned(),
        metadata: vec![("version".to_owned(), version.to_owned())],
    }
}

/// A repeat answers the same ARN and leaves the package's standing alone; another release has another one.
pub async fn a_release_is_registered_once(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let first = ports.register(home, &package(stage, "v427")).await?;
    ports.decide(home, &first, Approval::Approved, "better", &[]).await?;
    assert_eq!(ports.register(home, &package(stage, "v427")).await?, first);
    assert_eq!(ports.approval(home, &first).await?, Approval::Approved);
    assert_ne!(ports.register(home, &package(stage, "v428")).await?, first);
    Ok(())
}

/// Nobody has said yet.
pub async fn a_new_package_is_pending(stage: &Stage<impl Ports>) -> Kept {
    let arn = stage.ports.register(stage.home(), &package(stage, "v427")).await?;
    assert_eq!(stage.ports.approval(stage.home(), &arn).await?, Approval::Pending);
    Ok(())
}

/// Until the next one.
pub async fn a_decision_stands(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let arn = ports.register(home, &package(stage, "v427")).await?;
    for approval in [Approval::Approved, Approval::Approved, Approval::Rejected, Approval::Pending] {
        ports.decide(home, &arn, approval, "AUC 0.92 > 0.91", &[]).await?;
        assert_eq!(ports.approval(home, &arn).await?, approval);
    }
    Ok(())
}

/// The package itself says where the evaluation lies and what came of it; what was there before stays.
pub async fn a_package_names_its_evaluation_and_keeps_what_is_added(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let arn = ports.register(home, &package(stage, "v427")).await?;
    let numbers = [("auc".to_owned(), "0.9177".to_owned()), ("verdict".to_owned(), metadata_value("pass (3 of 3)"))];
    for _ in 0..2 {
        ports.decide(home, &arn, Approval::Approved, "better", &numbers).await?;
    }
    let package = stage.package(&arn)?;
    let quality = package.model_metrics.and_then(|metrics| metrics.model_quality);
    let statistics = quality.and_then(|quality| quality.statistics).ok_or("the package has no model quality")?;
    assert_eq!((statistics.content_type.as_str(), statistics.s3_uri.as_str()), ("application/json", EVALUATION));
    let metadata: Vec<(&str, &str)> =
        package.customer_metadata_properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(metadata, [("auc", "0.9177"), ("verdict", "pass  3 of 3 "), ("version", "v427")]);
    Ok(())
}

/// A reason longer than SageMaker takes must not lose the decision.
pub async fn a_long_reason_is_cut(stage: &Stage<impl Ports>) -> Kept {
    let arn = stage.ports.register(stage.home(), &package(stage, "v427")).await?;
    stage.ports.decide(stage.home(), &arn, Approval::Rejected, &"São Paulo is worse. ".repeat(200), &[]).await?;
    assert_eq!(stage.ports.approval(stage.home(), &arn).await?, Approval::Rejected);
    Ok(())
}

/// Groups are made by the template, not by a misspelt name.
pub async fn an_unknown_group_is_refused(stage: &Stage<impl Ports>) -> Kept {
    let package = PackageSpec { group: "fruad".to_owned(), ..package(stage, "v427") };
    let answer = kind(stage.ports.register(stage.home(), &package).await);
    assert!(matches!(answer, Some(ErrorKind::Refused | ErrorKind::NotFound)), "{answer:?}");
    Ok(())
}

/// Neither to be read nor to be decided.
pub async fn an_unknown_package_is_not_approved(stage: &Stage<impl Ports>) -> Kept {
    let arn = format!("arn:aws:sagemaker:{}:{}:model-package/fraud/99", stage.home(), stage.fleet.account);
    let read = kind(stage.ports.approval(stage.home(), &arn).await);
    let decided = kind(stage.ports.decide(stage.home(), &arn, Approval::Approved, "why not", &[]).await);
    for answer in [read, decided] {
        assert!(matches!(answer, Some(ErrorKind::Refused | ErrorKind::NotFound)), "{answer:?}");
    }
    Ok(())
}
