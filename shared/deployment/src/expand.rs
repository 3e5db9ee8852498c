//! SAM's resources as the plain ones that its transform makes of them, with the logical ids that it gives. A test holds
//! this against SAM's own translator.

use crate::error::DeploymentError;
use crate::resolve::section;
use serde_json::{Map, Value, json};

const FUNCTION: &str = "AWS::Serverless::Function";
const API: &str = "AWS::Serverless::Api";

/// Every resource of a template by its logical id, with SAM's resources as the plain ones that its transform makes of them;
/// intrinsic functions stand as they are.
///
/// # Errors
/// Not a template, or a kind of SAM's resources that is not known here.
pub fn expanded(template: &str) -> Result<Map<String, Value>, DeploymentError> {
    match crate::document::read(template)? {
        Value::Object(template) => resources(&template),
        other => Err(DeploymentError::Yaml(format!("expected a mapping, found {other}"))),
    }
}

/// Every resource of a template, none of them SAM's.
pub(crate) fn resources(template: &Map<String, Value>) -> Result<Map<String, Value>, DeploymentError> {
    let declared = section(template, "Resources").ok_or_else(|| DeploymentError::at("Resources", "there are none"))?;
    let globals = section(template, "Globals").and_then(|globals| globals.get("Function"));
    let mut all = Map::new();
    for (logical, resource) in declared {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        match kind {
            FUNCTION => function(logical, resource, globals, &mut all)?,
            API => api(logical, resource, &mut all),
            sam if sam.starts_with("AWS::Serverless::") => {
                return Err(DeploymentError::at(logical, format!("{sam} is not known here")));
            }
            _ => {
                all.insert(logical.clone(), resource.clone());
            }
        }
    }
    Ok(all)
}

/// A resource's place among the others: what it is made under, and what it inherits its condition from.
struct Maker<'a> {
    all: &'a mut Map<String, Value>,
    condition: Option<&'a Value>,
}

impl Maker<'_> {
    fn add(&mut self, logical: String, kind: &str, properties: Value) {
        let mut resource = json!({ "Type": kind, "Properties": properties });
        if let (Some(condition), Some(members)) = (self.condition, resource.as_object_mut()) {
            members.insert("Condition".to_owned(), condition.clone());
        }
        self.all.insert(logical, resource);
    }
}

fn function(
    logical: &str,
    resource: &Value,
    globals: Option<&Value>,
    all: &mut Map<String, Value>,
) -> Result<(), DeploymentError> {
    let mut own = globals.cloned().unwrap_or_else(|| json!({}));
    let ignored = resource.get("IgnoreGlobals").and_then(Value::as_array).into_iter().flatten();
    for name in ignored.filter_map(Value::as_str) {
        own.as_object_mut().and_then(|members| members.remove(name));
    }
    merge(&mut own, resource.get("Properties").unwrap_or(&Value::Null));
    let refuse = |message: &str| DeploymentError::at(logical, message);
    let mut own = own.as_object().cloned().ok_or_else(|| refuse("its properties are not a mapping"))?;
    if let Some(Value::Object(tags)) = own.remove("Tags") {
        let mut list = vec![json!({ "Key": "lambda:createdBy", "Value": "SAM" })];
        list.extend(tags.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })));
        own.insert("Tags".to_owned(), Value::Array(list));
    }
    let mut maker = Maker { all, condition: resource.get("Condition") };
    role(&mut maker, logical, &mut own);
    if let Some(events) = own.remove("Events") {
        for (name, event) in events.as_object().ok_or_else(|| refuse("Events is not a mapping"))? {
            wake(&mut maker, logical, name, event)?;
        }
    }
    if let Some(Value::Object(mut settings)) = own.remove("EventInvokeConfig") {
        destinations(&mut settings);
        settings.insert("FunctionName".to_owned(), json!({ "Ref": logical }));
        settings.insert("Qualifier".to_owned(), json!("$LATEST"));
        maker.add(format!("{logical}EventInvokeConfig"), "AWS::Lambda::EventInvokeConfig", Value::Object(settings));
    }
    // Which binary it is stands in the metadata that `sam build` goes by.
    let binary = resource.pointer("/Metadata/BuildProperties/Binary");
    let binary = binary.ok_or_else(|| refuse("Metadata.BuildProperties.Binary does not say which binary it is"))?;
    own.remove("CodeUri");
    own.insert("Code".to_owned(), json!({ "Binary": binary }));
    maker.add(logical.to_owned(), "AWS::Lambda::Function", Value::Object(own));
    Ok(())
}

/// The function's role: its policies, the right to send to its on-failure destination, and its tags where they are handed on.
fn role(maker: &mut Maker<'_>, logical: &str, own: &mut Map<String, Value>) {
    let given = own.remove("Policies").and_then(|policies| policies.as_array().cloned()).unwrap_or_default();
    let numbered = given.into_iter().enumerate();
    let mut policies: Vec<Value> = numbered
        .map(|(n, document)| json!({ "PolicyName": format!("{logical}RolePolicy{n}"), "PolicyDocument": document }))
        .collect();
    if let Some(queue) =
        own.get("EventInvokeConfig").and_then(|own| own.pointer("/DestinationConfig/OnFailure/Destination"))
    {
        let statement = json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue });
        policies.insert(
            0,
            json!({
                "PolicyName": format!("{logical}EventInvokeConfigOnFailureSQSPolicy"),
                "PolicyDocument": { "Statement": [statement] },
            }),
        );
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": { "Service": ["lambda.amazonaws.com"] },
    }] });
    let basic = json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" });
    let role = format!("{logical}Role");
    own.insert("Role".to_owned(), json!({ "Fn::GetAtt": [role, "Arn"] }));
    let propagates = own.remove("PropagateTags") == Some(Value::Bool(true));
    let boundary = own.remove("PermissionsBoundary");
    let properties = json!({
        "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [basic], "Policies": policies,
        "Tags": own.get("Tags").filter(|_| propagates), "PermissionsBoundary": boundary,
    });
    maker.add(role, "AWS::IAM::Role", without_nulls(properties));
}

/// SAM names the kind of a destination, Lambda its ARN only.
fn destinations(settings: &mut Map<String, Value>) {
    let destination = settings.get_mut("DestinationConfig").and_then(|own| own.get_mut("OnFailure"));
    if let Some(members) = destination.and_then(Value::as_object_mut) {
        members.remove("Type");
    }
}

/// What wakes a function.
fn wake(maker: &mut Maker<'_>, function: &str, name: &str, event: &Value) -> Result<(), DeploymentError> {
    let place = || format!("{function}, event {name}");
    let kind = event.get("Type").and_then(Value::as_str).unwrap_or_default();
    let own = event.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let rule = format!("{function}{name}");
    let of = |member: &str| own.get(member).cloned();
    let arn = json!({ "Fn::GetAtt": [function, "Arn"] });
    let mut target = json!({ "Arn": arn, "Id": format!("{rule}LambdaTarget") });
    if let (Some(letters), Some(members)) = (of("DeadLetterConfig"), target.as_object_mut()) {
        members.insert("DeadLetterConfig".to_owned(), letters);
    }
    let (service, source) = match kind {
        "EventBridgeRule" => {
            let properties = json!({ "Name": of("RuleName"), "EventPattern": of("Pattern"), "Targets": [target] });
            maker.add(rule.clone(), "AWS::Events::Rule", without_nulls(properties));
            ("events.amazonaws.com", json!({ "Fn::GetAtt": [rule, "Arn"] }))
        }
        "Schedule" => {
            let properties = json!({
                "Name": of("Name"), "Description": of("Description"), "ScheduleExpression": of("Schedule"), "Targets": [target],
            });
            maker.add(rule.clone(), "AWS::Events::Rule", without_nulls(properties));
            ("events.amazonaws.com", json!({ "Fn::GetAtt": [rule, "Arn"] }))
        }
        other => return Err(DeploymentError::at(place(), format!("events of type {other:?} are not known here"))),
    };
    let permission = json!({
        "Action": "lambda:InvokeFunction", "FunctionName": { "Ref": function }, "Principal": service, "SourceArn": source,
    });
    maker.add(format!("{rule}Permission"), "AWS::Lambda::Permission", permission);
    Ok(())
}

/// An API, its deployment and its stage. SAM ends the deployment's id with a hash, which says nothing here.
fn api(logical: &str, resource: &Value, all: &mut Map<String, Value>) {
    let own = resource.get("Properties").cloned().unwrap_or(Value::Null);
    let of = |member: &str| own.get(member).cloned();
    let mut maker = Maker { all, condition: resource.get("Condition") };
    let stage = of("StageName").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let kind = of("EndpointConfiguration").and_then(|own| own.get("Type").cloned());
    let rest = json!({
        "Name": of("Name"),
        "Body": of("DefinitionBody"),
        "EndpointConfiguration": kind.as_ref().map(|kind| json!({ "Types": [kind] })),
        "Parameters": kind.as_ref().map(|kind| json!({ "endpointConfigurationTypes": kind })),
        "Tags": of("Tags"),
    });
    maker.add(logical.to_owned(), "AWS::ApiGateway::RestApi", without_nulls(rest));
    maker.add(
        format!("{logical}Deployment"),
        "AWS::ApiGateway::Deployment",
        json!({ "RestApiId": { "Ref": logical } }),
    );
    let properties = json!({
        "RestApiId": { "Ref": logical }, "StageName": of("StageName"), "MethodSettings": of("MethodSettings"),
        "DeploymentId": { "Ref": format!("{logical}Deployment") },
    });
    maker.add(format!("{logical}{stage}Stage"), "AWS::ApiGateway::Stage", without_nulls(properties));
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, own| !own.is_null());
    }
    value
}

/// SAM's globals: mappings are merged, lists joined, anything else is replaced.
fn merge(base: &mut Value, own: &Value) {
    match (base, own) {
        (Value::Object(base), Value::Object(own)) if !is_function(own) && !is_function(base) => {
            for (name, value) in own {
                merge(base.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(own)) => base.extend(own.iter().cloned()),
        (base, own) => *base = own.clone(),
    }
}

fn is_function(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.keys().all(|name| name == "Ref" || name.starts_with("Fn::"))
}
