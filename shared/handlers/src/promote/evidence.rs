//! What a look at a region's fleets shows: counts, judged, and golden records, asked.

use super::observe::Look;
use crate::context::HandlerError;
use crate::files;
use crate::ports::{Answer, CountsQuery, Ports};
use futures_util::future::join_all;
use meridian_domain::lookout::{ArmMinutes, Instances, Lookout, Span};
use meridian_domain::plan::{Golden, Hour};
use meridian_domain::reason::Unseen;
use meridian_domain::{Fleet, Region, RegionName, Seen, Target};
use meridian_evaluation::GoldenRecords;
use meridian_judge::Judgement;

/// Golden records asked at the same time.
const AT_ONCE: usize = 16;

impl Look {
    /// What the judge says of the region's update: green's minutes against blue's, pooled with the other regions' evidence.
    pub(super) async fn judged<P: Ports>(&self, ports: &P, fleet: &Fleet, region: &Region) -> Seen<Judgement> {
        let history = self.sight.regions.get(&region.name).and_then(Seen::known);
        let update = history.and_then(|history| history.update.as_ref());
        let looked = update.and_then(|update| Some((update, Lookout::on(fleet, update, ports.now())?)));
        let Some((update, lookout)) = looked else {
            return Seen::Unknown(Unseen::NoCanaryOnRecord);
        };
        let back = update.back.as_ref();
        let green = minutes(ports, fleet, region, &update.target, lookout.green).await;
        let blue = match back {
            Some(back) => minutes(ports, fleet, region, back, lookout.blue).await,
            None => Ok(ArmMinutes::default()),
        };
        let (green, blue) = match (green, blue) {
            (Ok(green), Ok(blue)) => (green, blue),
            (Err(error), _) | (_, Err(error)) => return Seen::Unknown(error.into()),
        };
        let endpoint = self.sight.endpoints.get(&region.name).and_then(Seen::known).and_then(Option::as_ref);
        let instances = endpoint.map(|endpoint| Instances::seen(endpoint, update)).unwrap_or_default();
        let beside = self.sight.evidence_beside(&region.name);
        Seen::Known(lookout.at_stake(fleet, region).judgement(fleet, &green, &blue, instances, &beside))
    }

    /// What the region's champion served in the last hour that is counted: a canary is planned by it.
    pub(super) async fn last_hour<P: Ports>(&self, ports: &P, fleet: &Fleet, region: &Region) -> Seen<Hour> {
        let history = self.sight.regions.get(&region.name).and_then(Seen::known);
        let Some(serving) = history.and_then(|history| history.serving.as_ref()) else {
            return Seen::Unknown(Unseen::NothingOnRecord);
        };
        match minutes(ports, fleet, region, &serving.target, Lookout::last_hour(ports.now())).await {
            Ok(served) => Seen::Known(Hour::of(&fleet.judge, &served)),
            Err(error) => {
                tracing::warn!(%error, "the last hour cannot be read; the canary is planned by usual traffic");
                Seen::Unknown(error.into())
            }
        }
    }

    /// Asks the golden records. One that is not answered says nothing about the model: what answers stays unknown.
    pub(super) async fn ask_golden<P: Ports>(
        &mut self,
        ports: &P,
        fleet: &Fleet,
        region: &Region,
        target: &Target,
    ) -> Result<(), HandlerError> {
        let golden = files::golden_checked(
            ports,
            &fleet.home,
            target.release,
            self.sight.hub.golden.get(&target.release).copied(),
        )
        .await?;
        let answer = match asked(ports, fleet, &region.name, &golden).await {
            Ok(answer) => Seen::Known(answer),
            Err(error) => {
                tracing::warn!(%error, "the endpoint did not answer a golden record");
                Seen::Unknown(error.into())
            }
        };
        self.sight.golden.insert(region.name.clone(), answer);
        Ok(())
    }
}

/// What one of an update's fleets served; nothing where no minute is asked for.
async fn minutes<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    region: &Region,
    served: &Target,
    span: Span,
) -> Answer<ArmMinutes> {
    if span.is_empty() {
        return Ok(ArmMinutes::default());
    }
    let query = CountsQuery {
        endpoint: fleet.endpoint.clone(),
        variant: fleet.variant.clone(),
        config: served.config.clone(),
        release: served.release,
        role: served.role,
        from: span.from,
        to: span.to,
        metrics: Lookout::metrics(&fleet.judge),
    };
    ports.counts(&region.name, &query).await
}

/// Asks several records at once, for the region may be an ocean away, as far as the first few with a wrong answer: one is
/// enough to know.
pub(crate) async fn asked<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    region: &RegionName,
    golden: &GoldenRecords,
) -> Answer<Golden> {
    let mut right = 0;
    for few in golden.records.chunks(AT_ONCE) {
        let accept = golden.answer.accept();
        let payloads = few.iter().map(|record| &record.payload);
        let answers = join_all(payloads.map(|payload| ports.invoke(region, &fleet.endpoint, payload, accept))).await;
        let mut all = true;
        for (record, answer) in few.iter().zip(answers) {
            let same = golden.is_right(record, &answer?);
            right += u32::from(same);
            all &= same;
        }
        if !all {
            break;
        }
    }
    Ok(Golden { asked: count(golden.records.len()), right })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
