//! What a bucket's policy refuses to everybody, whatever else allows it.

use meridian_messages::doctor::Way;
use meridian_preflight::each;
use serde_json::Value;

/// What is under these is said, published or approved once.
const ONCE: [&str; 3] = ["ledger/", "releases/", "holdouts/"];
/// What is under these stays: what a wave is bound to and a verdict rests on, too.
const KEPT: [&str; 5] = ["ledger/", "releases/", "holdouts/", "waves/", "evaluations/"];
/// The actions that delete an object or a version of it.
const DELETES: [&str; 2] = ["s3:DeleteObject", "s3:DeleteObjectVersion"];
/// The action that writes an object, over an earlier one too.
const WRITE: &str = "s3:PutObject";
/// How what protects a bucket is changed.
const UNPROTECTS: [&str; 6] = [
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
];

/// The statements of a policy that deny something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Denials(Vec<Value>);

impl Denials {
    /// Those of a policy, a JSON document. One that cannot be read denies nothing.
    pub fn of(policy: &str) -> Self {
        let policy: Value = serde_json::from_str(policy).unwrap_or_default();
        let denies = |own: &&Value| own.get("Effect").is_some_and(|effect| effect == "Deny");
        Self(each(policy.get("Statement")).filter(denies).cloned().collect())
    }

    /// Whether what comes without TLS is refused.
    pub fn plain_http(&self) -> bool {
        let secure =
            |own: &Value| own.pointer("/Condition/Bool/aws:SecureTransport").is_some_and(|own| says(own, false));
        self.0.iter().any(secure)
    }

    /// A way to delete something that must stay. None where all are refused.
    pub fn way_to_delete(&self, bucket: &str) -> Option<Way> {
        let mut ways = KEPT.into_iter().flat_map(|prefix| DELETES.map(|action| (action, prefix)));
        let way = ways.find(|(action, prefix)| !self.refuses(action, &under(bucket, prefix), |_, _, _| false));
        way.map(|(action, prefix)| Way::Delete { action, prefix })
    }

    /// A prefix under which something may be written over that must stay as it is. None where there is none.
    pub fn way_to_overwrite(&self, bucket: &str) -> Option<Way> {
        // What names no condition of its own is a plain write; the parts of a large upload cannot.
        let narrows = |operator: &str, key: &str, value: &Value| {
            let plain = operator == "Null" && key.eq_ignore_ascii_case("s3:if-none-match");
            let whole = operator == "Bool" && key.eq_ignore_ascii_case("s3:ObjectCreationOperation");
            (plain || whole) && says(value, true)
        };
        let mut once = ONCE.into_iter();
        let open = once.find(|prefix| !self.refuses(WRITE, &under(bucket, prefix), narrows));
        open.map(|prefix| Way::Overwrite { prefix })
    }

    /// A prefix under which any role of the account may write that its own policies let. None where the policy names who may.
    pub fn way_to_write(&self, bucket: &str) -> Option<Way> {
        let mut kept = KEPT.into_iter();
        let open = kept.find(|prefix| !self.refuses(WRITE, &under(bucket, prefix), but_named_roles));
        open.map(|prefix| Way::Write { prefix })
    }

    /// How any role of the account whose own policies let it may change what protects the bucket. None where the policy names who
    /// may.
    pub fn way_to_unprotect(&self, bucket: &str) -> Option<Way> {
        let place = format!("arn:aws:s3:::{bucket}");
        let open = UNPROTECTS.into_iter().find(|action| !self.refuses(action, &place, but_named_roles));
        open.map(|action| Way::Unprotect { action })
    }

    /// Whether one statement refuses an action to everybody, on a bucket or on all that is under a prefix of it, on no other
    /// conditions than those that `may` names.
    fn refuses(&self, action: &str, place: &str, may: impl Fn(&str, &str, &Value) -> bool) -> bool {
        self.0.iter().any(|own| {
            let everybody = own.get("Principal").map(|own| own.get("AWS").unwrap_or(own));
            let texts = |member: &str| each(own.get(member)).filter_map(Value::as_str);
            let conditions = own.get("Condition").and_then(Value::as_object).into_iter().flatten();
            let mut keys = conditions.flat_map(|(operator, own)| {
                own.as_object().into_iter().flatten().map(move |(key, value)| (operator, key, value))
            });
            each(everybody).any(|own| own == "*")
                && texts("Action").any(|own| is_among(action, own))
                && texts("Resource").any(|own| is_all_of(place, own))
                && keys.all(|(operator, key, value)| may(operator, key, value))
        })
    }
}

/// All that is under a prefix.
fn under(bucket: &str, prefix: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{prefix}")
}

/// Whether a condition leaves out roles that it names, and not all of an account.
fn but_named_roles(operator: &str, key: &str, value: &Value) -> bool {
    let named = |own: &str| own.contains(":role/") && !own.ends_with(":role/*");
    let mut roles = each(Some(value));
    matches!(operator, "ArnNotLike" | "ArnNotEquals")
        && key.eq_ignore_ascii_case("aws:PrincipalArn")
        && roles.all(|own| own.as_str().is_some_and(named))
}

/// Whether a policy names an action, by itself or with a `*` at the end. Actions have no case.
fn is_among(action: &str, named: &str) -> bool {
    let (action, named) = (action.to_ascii_lowercase(), named.to_ascii_lowercase());
    named == action || named.strip_suffix('*').is_some_and(|stem| action.starts_with(stem))
}

/// Whether a resource of a policy is the bucket `place`, or, ending with `*`, all that begins with `place`.
fn is_all_of(place: &str, resource: &str) -> bool {
    let whole = resource == place && !place.ends_with('/');
    whole || resource.strip_suffix('*').is_some_and(|stem| place.starts_with(stem))
}

/// A condition's value is a text as often as not.
fn says(value: &Value, wanted: bool) -> bool {
    let text = if wanted { "true" } else { "false" };
    let mut all = each(Some(value)).map(|own| *own == wanted || own == text);
    all.next() == Some(true) && all.all(|own| own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "fraud-models-eu";
    const KEEPS: &str = r#"{"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": ["arn:aws:s3:::fraud-models-eu/ledger/*", "arn:aws:s3:::fraud-models-eu/releases/*",
                "arn:aws:s3:::fraud-models-eu/holdouts/*", "arn:aws:s3:::fraud-models-eu/waves/*",
                "arn:aws:s3:::fraud-models-eu/evaluations/*"]},
        {"Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::fraud-models-eu/*",
            "Condition": {"Null": {"s3:If-None-Match": "true"}, "Bool": {"s3:ObjectCreationOperation": [true]}}}]}"#;
    const NAMES: &str = r#"{"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::fraud-models-eu/*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/meridian-*"]}}},
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucket*",
                "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration", "s3:PutEncryptionConfiguration"],
            "Resource": "arn:aws:s3:::fraud-models-eu",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/deployer"}}}]}"#;

    #[test]
    fn who_may_write_or_unprotect_is_named_or_it_is_everybody() {
        let ways = |policy: &str| {
            let own = Denials::of(policy);
            (own.way_to_write(BUCKET), own.way_to_unprotect(BUCKET))
        };
        assert_eq!(ways(NAMES), (None, None));
        let write = |prefix| Some(Way::Write { prefix });
        let unprotect = |action| Some(Way::Unprotect { action });
        assert_eq!(ways("{}"), (write("ledger/"), unprotect("s3:PutBucketPolicy")));
        for (from, to, wanted) in [
            ("fraud-models-eu/*", "fraud-models-eu/ledger/*", (write("releases/"), None)),
            ("role/meridian-*", "role/*", (write("ledger/"), None)),
            ("role/deployer", "role/*", (None, unprotect("s3:PutBucketPolicy"))),
            (
                r#""arn:aws:iam::111122223333:role/deployer""#,
                r#"["arn:aws:iam::111122223333:role/deployer", "*"]"#,
                (None, unprotect("s3:PutBucketPolicy")),
            ),
            (r#""s3:PutLifecycleConfiguration", "#, "", (None, unprotect("s3:PutLifecycleConfiguration"))),
            (
                r#""arn:aws:s3:::fraud-models-eu","#,
                r#""arn:aws:s3:::fraud-models-eu/*","#,
                (None, unprotect("s3:PutBucketPolicy")),
            ),
        ] {
            assert!(NAMES.contains(from), "{from}");
            assert_eq!(ways(&NAMES.replacen(from, to, 1)), wanted, "{to} for {from}");
        }
    }

    fn ways(policy: &str) -> (Option<Way>, Option<Way>) {
        let own = Denials::of(policy);
        (own.way_to_delete(BUCKET), own.way_to_overwrite(BUCKET))
    }

    #[test]
    fn a_policy_that_denies_everybody_leaves_no_way() {
        assert_eq!(ways(KEEPS), (None, None));
        let wide = KEEPS.replace(r#"["s3:DeleteObject", "s3:DeleteObjectVersion"]"#, r#""s3:delete*""#);
        assert_eq!(ways(&wide), (None, None));
        // A region that nobody writes to at all needs no such condition.
        let closed = KEEPS.replace(r#""Condition": "#, r#""Sid": "#);
        assert_eq!(ways(&closed), (None, None));
    }

    #[test]
    fn a_denial_that_leaves_a_way_is_told_by_the_way_that_it_leaves() {
        let delete = |action, prefix| Some(Way::Delete { action, prefix });
        let overwrite = |prefix| Some(Way::Overwrite { prefix });
        let plain = delete("s3:DeleteObject", "ledger/");
        for (from, to, wanted) in [
            (r#", "s3:DeleteObjectVersion""#, "", (delete("s3:DeleteObjectVersion", "ledger/"), None)),
            (r#", "arn:aws:s3:::fraud-models-eu/releases/*""#, "", (delete("s3:DeleteObject", "releases/"), None)),
            (r#", "arn:aws:s3:::fraud-models-eu/waves/*""#, "", (delete("s3:DeleteObject", "waves/"), None)),
            ("fraud-models-eu/ledger/*", "fraud-models-eu/ledger/fraud/*", (plain, None)),
            (r#""Principal": "*""#, r#""Principal": {"Service": "s3.amazonaws.com"}"#, (plain, None)),
            (r#""Effect": "Deny", "Principal": "*""#, r#""Effect": "Allow", "Principal": "*""#, (plain, None)),
            (
                r#""Resource": ["#,
                r#""Condition": {"Bool": {"aws:ViaAWSService": "true"}}, "Resource": ["#,
                (plain, None),
            ),
            (r#""s3:PutObject""#, r#""s3:PutObjectTagging""#, (None, overwrite("ledger/"))),
            ("fraud-models-eu/*", "fraud-models-eu/ledger/*", (None, overwrite("releases/"))),
            (r#"{"s3:If-None-Match": "true"}"#, r#"{"s3:If-None-Match": "false"}"#, (None, overwrite("ledger/"))),
            (r#""Null": {"#, r#""Null": {"s3:x-amz-acl": "true", "#, (None, overwrite("ledger/"))),
        ] {
            assert!(KEEPS.contains(from), "{from}");
            assert_eq!(ways(&KEEPS.replacen(from, to, 1)), wanted, "{to} for {from}");
        }
        assert_eq!(ways("no JSON"), (plain, overwrite("ledger/")));
    }
}
