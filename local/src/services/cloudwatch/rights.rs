//! What the operations of CloudWatch ask of IAM.

use crate::services::cloudwatch::types::{
    DeleteAlarms, DescribeAlarms, GetMetricData, PutCompositeAlarm, PutMetricAlarm, PutMetricData, SetAlarmState,
};
use crate::services::iam::ask::{Ask, one_ask};
use crate::world::operation::Guarded;
use crate::world::state::World;
use meridian_domain::RegionName;

impl Guarded for PutMetricData {
    fn asks(&self, _: &World, _: &RegionName) -> Vec<Ask> {
        vec![Ask::new("cloudwatch:PutMetricData", "*").with("cloudwatch:namespace", &self.namespace)]
    }
}

impl Guarded for PutMetricAlarm {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let alarm = world.arn("cloudwatch", region, &format!("alarm:{}", self.alarm_name));
        vec![Ask::new("cloudwatch:PutMetricAlarm", alarm)]
    }
}

impl Guarded for DeleteAlarms {
    fn asks(&self, world: &World, region: &RegionName) -> Vec<Ask> {
        let alarm = |name: &String| world.arn("cloudwatch", region, &format!("alarm:{name}"));
        self.alarm_names.iter().map(|name| Ask::new("cloudwatch:DeleteAlarms", alarm(name))).collect()
    }
}

one_ask! {
    // A permission of a narrower scope makes none (API reference of PutCompositeAlarm).
    PutCompositeAlarm: "cloudwatch:PutCompositeAlarm", |_own, _world, _region| "*";
    SetAlarmState: "cloudwatch:SetAlarmState", |own, world, region|
        world.arn("cloudwatch", region, &format!("alarm:{}", own.alarm_name));
    DescribeAlarms: "cloudwatch:DescribeAlarms", |_own, _world, _region| "*";
    GetMetricData: "cloudwatch:GetMetricData", |_own, _world, _region| "*";
}
