//! A page's "Now" and "To do". Both state only what the plan that sends the page knows.

use crate::Voice;
use meridian_domain::{Advice, Exposure, Reason, RegionName, ResourceName, Version};

/// What a halt of a region for this reason means to its reader.
fn halted(why: &Reason) -> &'static str {
    match why.halts_fleet() {
        true => "The region is halted: no wave starts anything until the halt is lifted.",
        false => "The region is halted: no wave starts it until the halt is lifted. This halt stops no other region.",
    }
}

impl Voice<'_> {
    /// What holds now, as whole sentences, for what is told.
    pub fn now(self, advice: &Advice, why: &Reason) -> String {
        match advice {
            Advice::LimitCaller => "The wave continues: no release is at fault.".to_owned(),
            Advice::AllClear => "No region is halted, deferred or in an update. Pages that are not named above may still hold.".to_owned(),
            Advice::CheckHealth { region, version, serves } | Advice::CloseUpdate { region, version, serves } => {
                self.left_behind(region, version, *serves)
            }
            Advice::MendRegion { region, version, serves: true } => self.left_behind(region, version, true),
            Advice::MendRegion { region, version, serves: false } => {
                let title = self.title(region);
                format!("The wave continues with {version} without {title}. Its customers have no endpoint there.")
            }
            Advice::ReadEvidence { version, elsewhere, .. } => format!(
                "The wave stops and starts {version} in no further region. No later wave promotes {version}. {}",
                self.elsewhere(version, elsewhere)
            ),
            Advice::FindRegionCause { region, version } => format!(
                "{} The release is not condemned. One more rollback without a known cause may stop the wave.",
                self.left_behind(region, version, true)
            ),
            Advice::CompareRequests { region, version } => self.left_behind(region, version, true),
            Advice::FindCause => {
                "The wave stops and starts the release in no further region. The release is not condemned.".to_owned()
            }
            Advice::MendCause => "The wave stops. It starts no update in this region.".to_owned(),
            Advice::LiftFirst => {
                "The wave stops and starts the release in no further region. The halt remains until it is lifted.".to_owned()
            }
            Advice::DeleteEndpoint => {
                "The wave stops. The region has no confirmed release, so its /health answers 503.".to_owned()
            }
            Advice::KeepCustomersAway { region } => format!(
                "The update continues without the missing instances. Until its soak is over, {} cannot scale.",
                self.title(region)
            ),
            Advice::WatchInstances => {
                "The region keeps the instances that it has. The next wave registers its scaling again.".to_owned()
            }
            Advice::CatchUp { .. } => {
                "No wave stops for it. This page is sent once for each release that other regions are promoted to.".to_owned()
            }
            Advice::LookAtEndpoints => {
                "The wave ends. At least one of these regions is neither deferred nor halted.".to_owned()
            }
            Advice::ReadPipeline { again: true } => {
                "The wave ends. Home starts another execution of the release by itself once nobody holds the lease.".to_owned()
            }
            Advice::ReadPipeline { again: false } => "The wave ends. No other execution starts by itself.".to_owned(),
            Advice::LookAtBucket => {
                "The region rolls back, using the rollback target stored with the verdict alarm. Its ledger has no entry of it \
                 yet: the entries, a halt and a second page follow once the ledger can be read and written."
                    .to_owned()
            }
            Advice::CompareCallers => {
                "This halts nothing. The region rolls back if it has a release to roll back to.".to_owned()
            }
            Advice::WeighRollback { region } => format!(
                "{} keeps serving the release. Probation rolls back and halts nothing: policy says probation_action = \"tell\". \
                 This page is sent once for each release and region.",
                self.title(region)
            ),
            Advice::ReadRollbackLog | Advice::ReadPromoteLog => halted(why).to_owned(),
            Advice::LightByHand => format!("It takes no customer of another region. {}", halted(why)),
            Advice::LookAtEndpoint => format!("Nothing more is done automatically. {}", halted(why)),
            Advice::FindOutWhatItDoes => format!("The rollback is in progress. {}", halted(why)),
            Advice::WaitForSoak => {
                format!("The region serves the release until SageMaker rolls it back, at the latest when soak ends. {}", halted(why))
            }
            Advice::UpdateByHand => format!("Nothing is done automatically. {}", halted(why)),
            Advice::RecoverByHand => {
                "No wave starts anything in this region. The region starts a new update to the last release proved to serve, \
                 then checks its golden records."
                    .to_owned()
            }
        }
    }

    /// What to do, as whole sentences.
    pub fn to_do(self, advice: &Advice) -> String {
        match advice {
            Advice::LimitCaller => "Find out which caller it is, and limit it.".to_owned(),
            Advice::AllClear => "Nothing.".to_owned(),
            Advice::CheckHealth { region, version, .. } => format!(
                "Check the region's service health. Once {} is well, start a new execution of {version}, or let the next \
                 night's wave promote the region.",
                self.title(region)
            ),
            Advice::MendRegion { region, version, .. } => format!(
                "Fix the cause: meridian status says what {0} needs. Then start a new execution of {version}, or let the next night's wave promote {0}.",
                self.title(region)
            ),
            Advice::CloseUpdate { region, version, .. } => format!(
                "Describe {}'s endpoint and read its ledger: find out who started the update, and why nobody decided on it. When \
                 the update has ended, start a new execution of {version}, or let the next night's wave promote the region.",
                self.title(region)
            ),
            Advice::ReadEvidence { region, elsewhere, .. } => {
                format!("Read the evidence in {}'s ledger. {}", self.title(region), self.roll_back_elsewhere(elsewhere))
            }
            Advice::FindRegionCause { region, version } => format!(
                "Read {}'s ledger and check the region's service health. Once the cause is fixed, start a new execution of \
                 {version}, or let the next night's wave promote the region.",
                self.title(region)
            ),
            Advice::CompareRequests { region, version } => format!(
                "In this wave no customer was answered by {version} in {}. Compare what its callers send with what {version} was trained on, \
                 feature by feature: units, and what is missing. Correct the callers or publish a release that suits them; the \
                 shadow of {version} stays on record.",
                self.title(region)
            ),
            Advice::FindCause => "Find the cause. Then start a new execution.".to_owned(),
            Advice::MendCause => "Fix the cause. Then start a new execution.".to_owned(),
            Advice::LiftFirst => {
                "Find out why it was halted, and lift the halt. Then start a new execution.".to_owned()
            }
            Advice::DeleteEndpoint => {
                "Look at the endpoint and find the cause. Delete the endpoint, fix the cause, then start a new execution.".to_owned()
            }
            Advice::KeepCustomersAway { region } => format!(
                "Keep other regions' customers away from {}, or add instances by hand after its soak.",
                self.title(region)
            ),
            Advice::WatchInstances => "Watch the region's load and its instances until the next wave.".to_owned(),
            Advice::CatchUp { region } => format!(
                "Find out why {} lags: read its ledger and the last Verify-Fleet. When it is well, start a new execution. If it \
                 may lag, record that: meridian override skew --region {region}.",
                self.title(region)
            ),
            Advice::LookAtEndpoints => {
                "Look at the endpoint of each region named above before anything else.".to_owned()
            }
            Advice::ReadPipeline { again: true } => {
                "Find out why CodePipeline ended the execution: its own trouble, or a function that did not run. Nothing else, \
                 unless this page comes again."
                    .to_owned()
            }
            Advice::ReadPipeline { again: false } => {
                "Find out why CodePipeline ended the execution. Then start a new execution.".to_owned()
            }
            Advice::LookAtBucket => "Find out why the region's bucket does not answer, and fix that.".to_owned(),
            Advice::ReadRollbackLog => {
                "Read rollback's log for the reason of the rollback. Then lift the halt.".to_owned()
            }
            Advice::CompareCallers => {
                "Look at the 4xx after the rollback. If they continue, the callers cause them. If they stop, find out what the \
                 release rejects."
                    .to_owned()
            }
            Advice::WeighRollback { region } => format!(
                "Compare the numbers with the dashboard and with the other regions. If the release is at fault, stop every start \
                 (meridian halt), then roll {} back by hand: meridian history --region {region} names the rollback target.",
                self.title(region)
            ),
            Advice::LightByHand => {
                "Look at the endpoint: mend what keeps it from answering, or delete it. Then lift the halt: the region asks it again, or makes another one."
                    .to_owned()
            }
            Advice::LookAtEndpoint => {
                "Look at the endpoint and at its callers at once. When the alarm is OK, lift the halt.".to_owned()
            }
            Advice::FindOutWhatItDoes => {
                "Find out what the release does in this region. Then lift the halt.".to_owned()
            }
            Advice::ReadPromoteLog => {
                "Read promote's log and the pipeline's execution. Then lift the halt.".to_owned()
            }
            Advice::WaitForSoak => {
                "Check that the region is back on the previous release. Find out what the new release does here. Then lift the \
                 halt."
                    .to_owned()
            }
            Advice::UpdateByHand => {
                "At once: describe the endpoint, then update it by hand to the configuration that the ledger names.".to_owned()
            }
            Advice::RecoverByHand => {
                "Wait ten minutes. If the ledger does not say by then that the region is proved, roll it back by hand.".to_owned()
            }
        }
    }

    /// Where else customers may meet a release that is condemned, by the ledgers.
    fn elsewhere(self, version: &Version, elsewhere: &[(RegionName, Exposure)]) -> String {
        let said = elsewhere.iter().map(|(region, exposure)| {
            let title = self.title(region);
            match exposure {
                Exposure::Serves { since, .. } => {
                    format!("{title} has served {version} since {}", since.strftime("%Y-%m-%d %H:%M:%S UTC"))
                }
                Exposure::InUpdate => format!("{title} is in an update to or from {version}"),
                Exposure::Unknown => format!("{title} is unknown"),
            }
        });
        let said: Vec<String> = said.collect();
        match said.as_slice() {
            [] => "By the ledgers, no other region serves it.".to_owned(),
            said => format!("By the ledgers when this page was written: {}.", said.join("; ")),
        }
    }

    /// A command for each of them.
    fn roll_back_elsewhere(self, elsewhere: &[(RegionName, Exposure)]) -> String {
        if elsewhere.is_empty() {
            return "Then retrain or publish again.".to_owned();
        }
        let commands = elsewhere
            .iter()
            .map(|(region, exposure)| format!("\n{}: {}", self.title(region), self.way_back_command(region, exposure)));
        format!(
            "Look for the same fault in these regions, and roll back those that have it:{}\nThen retrain or publish \
             again.",
            commands.collect::<String>()
        )
    }

    /// What rolls a region back by hand; what names its rollback target, where that is not on record.
    pub(crate) fn way_back_command(self, region: &RegionName, exposure: &Exposure) -> String {
        match exposure {
            Exposure::Serves { back: Some(back), .. } => self.update_command(region, back),
            _ => format!("meridian history --region {region}"),
        }
    }

    /// What brings a region to a configuration by hand.
    pub(crate) fn update_command(self, region: &RegionName, config: &ResourceName) -> String {
        format!(
            "aws sagemaker update-endpoint --region {region} --endpoint-name {} --endpoint-config-name {config} \
             --retain-all-variant-properties",
            self.fleet.endpoint
        )
    }

    /// A region that the wave defers: its ledger says whether a release was ever confirmed there.
    fn left_behind(self, region: &RegionName, version: &Version, serves: bool) -> String {
        let title = self.title(region);
        let serves = match serves {
            true => format!("This stops nothing that serves in {title}."),
            false => format!("{title}'s ledger has no confirmed release yet."),
        };
        format!("The wave continues with {version} without {title}. {serves}")
    }
}
