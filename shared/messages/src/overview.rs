//! The fleet on one screen: what a person has to do, and what comes next.

use crate::Voice;
use crate::ledger::who;
use crate::operator::home_is;
use crate::pages::{JOB_FAILED, RejectedFor, not_replicated_title, rejected_title};
use crate::unseen::words;
use crate::why::{clock, listed};
use meridian_domain::account::{Account, Interruption, Phase, State, Underway};
use meridian_domain::overview::{Need, Next, OffRecord, OpenPage, Overview, PageCause, Unheard, WaveRow, WaveStop};
use meridian_domain::reason::{Barred, Fault, Reason, Unseen, WaveEnd};
use meridian_domain::{Chain, Exposure, RegionName, ResourceName, Version};

impl Voice<'_> {
    /// What has to be done and why, and the command or the runbook for it: two sentences.
    pub fn need(self, need: &Need) -> (String, String) {
        let look = |region: &RegionName| format!("docs/runbook.md (Look at an endpoint), region {region}");
        match need {
            Need::Endpoint { region, status } => (
                format!("{}'s endpoint is {status:?}", self.title(region)),
                "docs/runbooks/update-rollback-failed.md".to_owned(),
            ),
            Need::EndpointGone { region, config } => (
                format!("{} has no endpoint; its ledger says that {config} serves", self.title(region)),
                "find out who deleted it; then create it again with that configuration:".to_owned(),
            ),
            Need::UnknownRelease { region, since } => (
                format!("{}: serving release unknown since {}", self.title(region), clock(*since)),
                "docs/runbooks/update-rollback-failed.md".to_owned(),
            ),
            Need::Condemned { version, exposed } => (
                format!("{version} is condemned, and {}", self.exposed(version, exposed)),
                "docs/runbooks/model-fault.md: roll these regions back where they show the fault".to_owned(),
            ),
            Need::Alarm { region, ledger_known } => {
                let rolls =
                    if *ledger_known { "the region is not rolling back" } else { "whether it rolls back is unknown" };
                (format!("{}: the rollback alarm is in ALARM, and {rolls}", self.title(region)), look(region))
            }
            Need::AlarmUnseen { region, why } => {
                let there = match why {
                    Unseen::NoAlarm { .. } => "if it was deleted, create it again:".to_owned(),
                    _ => look(region),
                };
                (format!("{}'s rollback alarm cannot be seen: {}", self.title(region), words(why)), there)
            }
            Need::NotOnRecord { region, config, is, expected } => {
                let ledger = expected.as_ref().map_or("that nothing serves", ResourceName::as_str);
                let stands = match is {
                    OffRecord::Serving => format!("serves {config}, which is not on record; its ledger says {ledger}"),
                    OffRecord::Coming => {
                        format!("is being updated to {config}, which is not on record; its ledger says {ledger}")
                    }
                    OffRecord::Leaving => {
                        format!("serves {config}, which is not on record, and is on its way back to {ledger}")
                    }
                };
                let what = format!("{}'s endpoint {stands}", self.title(region));
                let has_command = !self.need_commands(need).is_empty();
                let back = if has_command { "; then go back to what the ledger says:" } else { "" };
                (what, format!("find out who changed it, {}{back}", look(region)))
            }
            Need::ForeignConfig { region, config, expected } => {
                (format!("{}'s endpoint names {config}; its ledger says {expected}", self.title(region)), look(region))
            }
            Need::Ledger { chain } => (
                format!("ledger chain {chain} cannot be read, or is altered: what it says is unknown"),
                "meridian history".to_owned(),
            ),
            Need::EndpointUnseen { region } => (
                format!("{}'s endpoint cannot be seen: SageMaker did not answer", self.title(region)),
                "docs/runbooks/regional-fault.md".to_owned(),
            ),
            Need::Halt { region, fleet, since, why } => {
                let place = region.as_ref().map_or("the fleet", |region| self.title(region));
                let wide = if *fleet && region.is_some() { ", and no region starts anything" } else { "" };
                let chain = region.as_ref().map_or("home", |region| self.title(region));
                (
                    format!("{place} has been halted since {}{wide}: {}", clock(*since), self.why(why)),
                    format!("find out why; then meridian lift --region {chain} --who ... --why ..."),
                )
            }
            Need::WeighRollback { region, version } => (
                format!(
                    "{}: {version} is worse than the days before, and policy leaves the rollback to people",
                    self.title(region)
                ),
                format!("docs/runbook.md (Roll a region back by hand), region {region}"),
            ),
            Need::PagingAlarm { region, alarm } => (
                format!("{}: alarm {alarm} is in ALARM", self.title(region)),
                format!("docs/runbook.md (Pages of CloudWatch), region {region}"),
            ),
            Need::PagesOwed { region, count } => (
                format!("{}: {count} page(s) did not go out", self.title(region)),
                "the region sends them again every five minutes; check its SNS topic".to_owned(),
            ),
            Need::WaveSilent { version, execution, since } => (
                format!(
                    "the wave of {version} ({execution}) has not ended, and its lease ran out at {}",
                    clock(*since)
                ),
                "docs/runbook.md (Start a new execution)".to_owned(),
            ),
            Need::Lags { region, newest } => (
                format!("{} lags behind {newest} more than policy allows", self.title(region)),
                "docs/runbooks/regional-fault.md".to_owned(),
            ),
            Need::Differs { region, version, newest } => (
                format!("{} serves {version} and not {newest}, and no entry says why", self.title(region)),
                "docs/runbook.md (Start a new execution)".to_owned(),
            ),
        }
    }

    /// The commands of a need that has some. Of a condemned release one for each region, after its title and since when it is so there.
    pub fn need_commands(self, need: &Need) -> Vec<String> {
        let exposed = match need {
            Need::Condemned { exposed, .. } => exposed,
            Need::EndpointGone { region, config } => return vec![self.create_command(region, config)],
            Need::AlarmUnseen { region, why: Unseen::NoAlarm { alarm } } => {
                return vec![self.alarm_command(region, alarm)];
            }
            Need::NotOnRecord {
                region, is: OffRecord::Serving | OffRecord::Coming, expected: Some(config), ..
            } => {
                return vec![self.update_command(region, config)];
            }
            _ => return Vec::new(),
        };
        let line = |(region, exposure): &(RegionName, Exposure)| {
            let since = match exposure {
                Exposure::Serves { since, .. } => format!("since {}", since.strftime("%Y-%m-%d %H:%M:%S")),
                Exposure::InUpdate | Exposure::Unknown => "unknown".to_owned(),
            };
            format!("{} {since}: {}", self.title(region), self.way_back_command(region, exposure))
        };
        exposed.iter().map(line).collect()
    }

    /// What creates a region's endpoint again, with the configuration that its ledger says serves.
    fn create_command(self, region: &RegionName, config: &ResourceName) -> String {
        format!(
            "aws sagemaker create-endpoint --region {region} --endpoint-name {} --endpoint-config-name {config}",
            self.fleet.endpoint
        )
    }

    /// What creates a region's rollback alarm again, as the template has it: a deployment creates nothing that it takes to be there.
    fn alarm_command(self, region: &RegionName, alarm: &str) -> String {
        let name = &self.fleet.name;
        format!(
            "aws cloudwatch put-composite-alarm --region {region} --alarm-name {alarm} --alarm-rule \
             'ALARM(\"{name}-endpoint-latency\") OR ALARM(\"{name}-endpoint-5xx\")'"
        )
    }

    /// What an open page says, as its subject did, without the fleet's name.
    pub fn open_page(self, page: &OpenPage) -> String {
        match &page.cause {
            PageCause::LeftBehind { version, why } if **why == Reason::Fault(Fault::ReplicaLate) => {
                format!("{version} starts without {}", self.title(&page.region))
            }
            PageCause::LeftBehind { why, .. } => {
                let (region, why) = (page.region.clone(), why.clone());
                self.headline(&WaveEnd::Deferred { region, why }.into())
            }
            PageCause::Condemned(end) | PageCause::Ended(end) => self.wave_end_headline(end),
            PageCause::Told(told) => self.told_headline(told),
            PageCause::Owed { why, .. } => format!("{} (not sent yet)", self.headline(why)),
            PageCause::Lags(why) => self.headline(why),
            PageCause::Refused { release, version, why } => {
                let release = version.as_ref().map_or_else(|| release.short(), ToString::to_string);
                self.refused_title(&release, why, &page.region)
            }
            PageCause::NotReplicated { bucket } => not_replicated_title(bucket),
            PageCause::ChainAltered { chain, .. } => self.altered_title(chain),
            PageCause::HomeLost { deputy } => self.lost_home_title(deputy),
            PageCause::Rejected { release, version, verdict, why } => {
                let release = version.as_ref().map_or_else(|| release.short(), ToString::to_string);
                rejected_title(&release, RejectedFor::on_record(*verdict, why))
            }
            PageCause::JobFailed(_) => JOB_FAILED.to_owned(),
        }
    }

    /// "EU and AU serve it".
    fn exposed(self, version: &Version, exposed: &[(RegionName, Exposure)]) -> String {
        let titles = |is: fn(&Exposure) -> bool| {
            let titles = exposed.iter().filter(|(_, own)| is(own)).map(|(region, _)| self.title(region).to_owned());
            titles.collect::<Vec<String>>()
        };
        let serves = titles(|own| matches!(own, Exposure::Serves { .. }));
        let unknown = titles(|own| *own == Exposure::Unknown);
        let verb = if serves.len() == 1 { "still serves" } else { "still serve" };
        let mut said = vec![format!("{} {verb} {version}", listed(&serves))];
        if !unknown.is_empty() {
            said.push(format!("{} unknown", listed(&unknown)));
        }
        said.join("; ")
    }

    /// By which wave, rollback or installation a region is as it is, for a table: none where that is not to be said of its state.
    pub fn by(self, account: &Account) -> Option<String> {
        match account.began()? {
            (_, Some(by)) => Some(who(by.as_str())),
            // Its ledger says that it is back, and not by whom.
            (_, None) if account.state == State::One => Some("not on record".to_owned()),
            (_, None) => None,
        }
    }

    /// What interrupted the releases that serve, lately, one line for each region.
    pub fn interruptions(self, overview: &Overview) -> Vec<String> {
        let lately = overview.regions.iter().filter_map(|row| Some((row, row.interrupted_lately(overview.at)?)));
        lately.map(|(row, own)| format!("{}: {}", self.title(&row.region), interrupted(own))).collect()
    }

    /// What is in progress and what comes next, one line each.
    pub fn next(self, overview: &Overview) -> Vec<String> {
        let mut said: Vec<String> = overview.wave.iter().map(|wave| self.wave_row(wave)).collect();
        let left = overview.wave.iter().flat_map(|wave| &wave.left);
        said.extend(left.map(|(region, why)| format!("{}: left behind, {}", self.title(region), self.brief(why))));
        for row in &overview.regions {
            said.extend(
                row.in_progress().map(|update| format!("{}: {}", self.title(&row.region), in_progress(update))),
            );
        }
        said.extend(overview.next.iter().map(|next| format!("next: {}", self.comes(next))));
        said
    }

    fn comes(self, next: &Next) -> String {
        let titles = |regions: &[RegionName]| -> Vec<String> {
            regions.iter().map(|region| self.title(region).to_owned()).collect()
        };
        match next {
            Next::Lift { chains } => {
                let place = |chain: &Chain| match chain {
                    Chain::Home => "the fleet".to_owned(),
                    Chain::Region(region) => self.title(region).to_owned(),
                };
                let places: Vec<String> = chains.iter().map(place).collect();
                format!("nothing starts in any region until the halt of {} is lifted", listed(&places))
            }
            Next::Regions { version, regions } => format!("{version} goes on to {}", titles(regions).join(", then ")),
            Next::Held { region, frozen } => {
                format!("{} is {}: nothing starts there before that", self.title(region), self.frozen(frozen))
            }
            Next::WaveEnds { version } => {
                format!("the wave of {version} ends when the regions in progress are done")
            }
            Next::Try { region, version, from } => {
                format!("{} is tried again with {version}, not before {}", self.title(region), clock(*from))
            }
            Next::GoesOn { version, regions } => {
                format!("home goes on with {version} to {} by itself", listed(&titles(regions)))
            }
            Next::CatchUp { version, regions } => format!(
                "{} can get {version} with a new execution, docs/runbook.md#start-a-new-execution; otherwise the next wave \
                 brings its own release",
                listed(&titles(regions))
            ),
            Next::InFailover { region, version } => {
                format!("{} can get {version} with a new execution once its failover is over", self.title(region))
            }
            Next::Frozen { region, version, frozen } => {
                let title = self.title(region);
                format!("{title} is {}: it can get {version} with a new execution after that", self.frozen(frozen))
            }
            Next::HomeMoved(moved) => home_is(self, moved),
            Next::Release => "the next release that is published starts a wave".to_owned(),
        }
    }

    /// How a wave stands whose end is not on record.
    fn wave_goes(self, version: &Version, stopped: Option<&WaveStop>, unheard: Option<&Unheard>) -> String {
        let stops = match stopped {
            None => None,
            Some(WaveStop::Rejected { why }) => Some(format!("evaluation rejected {version}: {}", self.brief(why))),
            Some(WaveStop::Barred(Barred::Condemned { .. })) => {
                Some(format!("starts no further region, {version} is condemned"))
            }
            Some(WaveStop::Barred(Barred::Quarantined(_))) => {
                Some(format!("starts no further region, {version} is in quarantine"))
            }
        };
        match (stops, unheard.map(not_heard)) {
            (None, None) => "in progress".to_owned(),
            (Some(stops), None) => stops,
            (None, Some(unheard)) => unheard,
            (Some(stops), Some(unheard)) => format!("{stops}; {unheard}"),
        }
    }

    fn wave_row(self, wave: &WaveRow) -> String {
        let WaveRow { version, execution, stopped, ended, unheard, .. } = wave;
        match ended {
            None => {
                let goes = self.wave_goes(version, stopped.as_ref(), unheard.as_ref());
                format!("wave of {version} ({execution}): {goes}")
            }
            Some((at, lagging)) if lagging.is_empty() => {
                format!("wave of {version} ({execution}): ended {}, every region promoted", clock(*at))
            }
            Some((at, lagging)) => {
                let lagging: Vec<String> = lagging.iter().map(|region| self.title(region).to_owned()).collect();
                format!("wave of {version} ({execution}): ended {} without {}", clock(*at), listed(&lagging))
            }
        }
    }
}

/// What is known of a wave that has neither ended on record nor shown lately that it runs.
fn not_heard(unheard: &Unheard) -> String {
    let lease = unheard.lease.map(|until| format!(", and its lease ran out at {}", clock(until))).unwrap_or_default();
    format!(
        "its end is not on record, nothing has been heard of it since {}{lease}; whether its execution still runs is unknown, \
         docs/runbook.md#the-pipeline",
        clock(unheard.since)
    )
}

/// When a release that serves last shared its region with another one, or may have.
pub fn interrupted(own: &Interruption) -> String {
    let what = if own.canary { "had a canary" } else { "was on its way, its canary not on record," };
    let (from, until) = (own.from.strftime("%Y-%m-%d %H:%M:%S"), own.until.strftime("%H:%M:%S UTC"));
    let Some(other) = &own.other else {
        return format!("last interrupted: the serving release was unknown from {from} to {until}");
    };
    let unknown = own.unknown.map(|since| format!("; the serving release was unknown from {}", clock(since)));
    let (other, unknown) = (&other.version, unknown.unwrap_or_default());
    format!("last interrupted: {other} {what} from {from} to {until}{unknown}")
}

/// Where an open update stands.
fn in_progress(update: &Underway) -> String {
    let to = &update.to.version;
    let until = update.canary.map(|canary| format!(", SageMaker's timer ends {}", clock(canary.ends)));
    let until = until.unwrap_or_default();
    match update.phase {
        Phase::Asked => format!("SageMaker was asked for the update to {to}"),
        Phase::Provisioning | Phase::BeforeCanary => format!("{to}'s instances are being started"),
        Phase::Canary => {
            let percent = update.canary.map(|canary| format!(" with {} % of the traffic", canary.percent));
            format!("canary of {to}{}{until}", percent.unwrap_or_default())
        }
        Phase::Shifting => format!("the rest of the traffic is moving to {to}"),
        Phase::Soak => format!("{to} soaks: the old instances are still there"),
        Phase::RollingBack if update.decided.is_none() => format!("rolling back to {to}"),
        Phase::RollingBack => format!("rolling back; the update was to {to}"),
        Phase::RolledBackUnseen => format!("the update to {to} was rolled back, and its end is not on record"),
        Phase::First => format!("the region's endpoint is being made, with {to}"),
    }
}
