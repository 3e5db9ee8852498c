use crate::support::*;
use meridian_deployment::{Deployment, Settings};
use meridian_local::services::ApiError;
use meridian_local::services::sns::GetTopicAttributes;
use meridian_local::services::{ecr::*, iam::*, kms::*, quotas::*};
use meridian_local::world::{World, WorldConfig};
use std::sync::Arc;

fn key(world: &mut World, id: &str) -> Result<KeyMetadata, ApiError> {
    call(world, JP, DescribeKey { key_id: id.to_owned() }).map(|answer| answer.key_metadata)
}

#[test]
fn a_key_is_found_by_id_arn_and_alias_and_only_in_its_region() {
    let mut world = world(night());
    let own = key(&mut world, "alias/meridian-fraud").unwrap();
    assert!(own.enabled && own.key_state == "Enabled" && own.arn.contains(":kms:ap-northeast-1:"), "{own:?}");
    for id in [&own.key_id, &own.arn, "arn:aws:kms:ap-northeast-1:111122223333:alias/meridian-fraud"] {
        assert_eq!(key(&mut world, id).unwrap(), own, "{id}");
    }
    for id in ["alias/other", "no-such-key", "arn:aws:kms:eu-west-1:111122223333:alias/meridian-fraud"] {
        assert_eq!(key(&mut world, id).unwrap_err().code, "NotFoundException", "{id}");
    }
}

fn images(world: &mut World, registry: &str, repository: &str, digests: &[&str]) -> Result<usize, String> {
    let image_ids = digests.iter().map(|digest| ImageIdentifier { image_digest: (*digest).to_owned() });
    let request = DescribeImages {
        registry_id: Some(registry.to_owned()),
        repository_name: repository.to_owned(),
        image_ids: image_ids.collect(),
    };
    call(world, JP, request).map(|answer| answer.image_details.len()).map_err(|error| error.code)
}

#[test]
fn a_registry_keeps_a_serving_image_until_it_is_deleted() {
    let (mut world, own) = (world(night()), "111122223333");
    let (other, no_image) = (DIGEST.replace("426", "427"), Err("ImageNotFoundException".to_owned()));
    let no_repository = Err("RepositoryNotFoundException".to_owned());
    assert_eq!(images(&mut world, own, "xgboost", &[DIGEST]), Ok(1));
    assert_eq!(images(&mut world, own, "xgboost", &[]), Ok(1));
    assert_eq!(images(&mut world, own, "xgboost", &[DIGEST, &other]), no_image);
    assert_eq!(images(&mut world, own, "elsewhere", &[DIGEST]), no_repository);
    assert_eq!(images(&mut world, "444455556666", "xgboost", &[DIGEST]), no_repository);
    world.lose_images(&region(JP));
    assert_eq!(images(&mut world, own, "xgboost", &[DIGEST]), no_image);
    assert_eq!(images(&mut world, own, "xgboost", &[]), Ok(0));
}

#[test]
fn a_quota_is_the_default_until_the_account_has_its_own() {
    let mut world = world(night());
    let page = |service: &str, next_token| ListServiceQuotas { service_code: service.to_owned(), next_token };
    let applied = |world: &mut World| {
        let (mut token, mut found) = (None, Vec::new());
        loop {
            let own = call(world, BR, page("sagemaker", token)).unwrap();
            found.extend(own.quotas.iter().map(|quota| (quota.quota_name.clone(), quota.value)));
            token = own.next_token;
            if token.is_none() {
                return found;
            }
        }
    };
    let training = ("ml.m6i.xlarge for training job usage".to_owned(), 20.0);
    assert_eq!(applied(&mut world), std::slice::from_ref(&training));
    let of_all = |next_token| ListAwsDefaultServiceQuotas { service_code: "sagemaker".to_owned(), next_token };
    let first = call(&mut world, BR, of_all(None)).unwrap();
    let second = call(&mut world, BR, of_all(first.next_token)).unwrap();
    assert_eq!((first.quotas.len(), second.quotas.len(), second.next_token), (1, 1, None));
    world.limit_instances(&region(BR), 6);
    assert_eq!(applied(&mut world), [training, ("ml.m6i.xlarge for endpoint usage".to_owned(), 6.0)]);
    assert_eq!(call(&mut world, BR, page("ec2", None)).unwrap_err().code, "NoSuchResourceException");
    let strange = call(&mut world, BR, page("sagemaker", Some("x".to_owned()))).unwrap_err();
    assert_eq!(strange.code, "InvalidPaginationTokenException");
}

#[test]
fn a_role_is_shown_with_its_trust_policy_or_not_at_all() {
    let mut world = world(night());
    let role = |world: &mut World, name: &str| call(world, EU, GetRole { role_name: name.to_owned() });
    let own = role(&mut world, "meridian-fraud-endpoint-ap-northeast-1").unwrap().role;
    assert_eq!(own.arn, "arn:aws:iam::111122223333:role/meridian-fraud-endpoint-ap-northeast-1");
    assert!(own.assume_role_policy_document.contains("%22Service%22%3A%22sagemaker.amazonaws.com%22"), "{own:?}");
    assert_eq!(role(&mut world, "meridian").unwrap_err().code, "NoSuchEntity");
}

/// How many subscribe to Tokyo's topic: confirmed, pending.
fn subscribers(world: &mut World) -> [String; 2] {
    let topic_arn = "arn:aws:sns:ap-northeast-1:111122223333:meridian-fraud-oncall".to_owned();
    let said = call(world, JP, GetTopicAttributes { topic_arn }).unwrap().attributes;
    ["SubscriptionsConfirmed", "SubscriptionsPending"].map(|name| said[name].clone())
}

#[test]
fn the_log_gets_every_topic_and_mail_waits_for_its_link() {
    let mut own = world(night());
    assert_eq!(subscribers(&mut own), ["1", "0"]);
    own.stop_hearing(&region(JP));
    assert_eq!(subscribers(&mut own), ["0", "0"]);
    let template = include_str!("../../../template.yaml");
    let deployed = |template: &str| {
        let mut settings = Settings::of_fleet(&night().fleet);
        for environment in settings.environments.values_mut() {
            environment.parameters.insert("OnCallEmail".to_owned(), "oncall@fraud.example.com".to_owned());
        }
        let deployment = Deployment::of(template, &settings).unwrap();
        world(WorldConfig { deployment: Some(Arc::new(deployment)), ..night() })
    };
    assert_eq!(subscribers(&mut deployed(template)), ["1", "1"]);
    assert_eq!(subscribers(&mut deployed(&template.replace("Protocol: email", "Protocol: sqs"))), ["2", "0"]);
}
