//! Whether two reasons are the same, however a service worded its failure.

use super::Reason;
use serde_json::Value;
use std::mem::discriminant;

/// The member of a failed request in JSON that is not compared.
const DETAIL: &str = "detail";

impl Reason {
    /// Whether both are the same reason: of a failed request its kind, region and operation count, and not its
    /// [detail](super::FailureDetail). An outage that is first a time-out and then an error is one outage, and one page.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self == other || (discriminant(self) == discriminant(other) && without_details(self) == without_details(other))
    }
}

/// The reason as JSON, without the details of failed requests.
fn without_details(why: &Reason) -> Result<Value, String> {
    let mut value = serde_json::to_value(why).map_err(|error| format!("{why:?}: {error}"))?;
    leave_out_details(&mut value);
    Ok(value)
}

fn leave_out_details(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove(DETAIL);
            members.values_mut().for_each(leave_out_details);
        }
        Value::Array(values) => values.iter_mut().for_each(leave_out_details),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::reason::{
        ErrorKind, FailureDetail, OperationName, Refusal, ServiceFailure, Unseen, Wait, WaveEnd,
    };

    fn failure(kind: ErrorKind, detail: FailureDetail) -> ServiceFailure {
        let (region, detail) = ("eu-west-1".parse().unwrap(), Box::new(detail));
        ServiceFailure { kind, region, operation: OperationName::DescribeEndpoint, detail }
    }

    fn ended(kind: ErrorKind, detail: FailureDetail) -> Reason {
        let why = Box::new(Reason::Wait(Wait::Home { why: Unseen::Service(failure(kind, detail)) }));
        WaveEnd::Deferred { region: "eu-west-1".parse().unwrap(), why }.into()
    }

    #[test]
    fn another_wording_of_one_outage_is_no_other_reason() {
        let silent = ended(ErrorKind::Unreachable, FailureDetail::NoAnswerInTime);
        let said = ended(ErrorKind::Unreachable, FailureDetail::Said("InternalFailure: later".to_owned()));
        assert!(silent != said && silent.is_same_as(&said));
        assert!(!silent.is_same_as(&ended(ErrorKind::Throttled, FailureDetail::NoAnswerInTime)));
        let refused = |operation| Reason::Refused(Refusal { operation, detail: FailureDetail::NotText });
        let other = Refusal { operation: OperationName::UpdateEndpoint, detail: FailureDetail::NotModelled };
        assert!(refused(OperationName::UpdateEndpoint).is_same_as(&other.into()));
        assert!(!refused(OperationName::UpdateEndpoint).is_same_as(&refused(OperationName::CreateEndpoint)));
    }

    #[test]
    fn a_persons_other_words_are_another_reason() {
        let said = |words: &str| Reason::Said { words: words.to_owned(), by: None };
        assert!(said("slow").is_same_as(&said("slow")) && !said("slow").is_same_as(&said("wrong")));
    }
}
