//! What endpoints capture of their customers' requests (SageMaker developer guide, "model-monitor-data-capture"): JSON Lines in the
//! region's own bucket, by endpoint, variant and hour.
//!
//! A world that knows no requests captures nothing: traffic is counts elsewhere. What is captured is a sample whatever the traffic:
//! [`MOST`] records a file, a file every [`EVERY`].

use crate::services::s3::bucket::Version;
use crate::services::sagemaker::endpoint::Capacity;
use crate::services::sagemaker::models::split_s3_url;
use crate::services::sagemaker::types::DataCaptureConfig;
use crate::world::customers::feature::FeatureChange;
use crate::world::random::Random;
use crate::world::state::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use serde_json::{Value, json};

/// Between two files of one configuration.
const EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Records of a file: one in ten seconds.
const MOST: u64 = 60;
/// How requests and answers are sent.
const CSV: &str = "text/csv";

impl World {
    /// Writes what every region's endpoint captured since the last file, where a file is due.
    pub(crate) fn capture_requests(&mut self) {
        if self.config.requests.is_none() || self.now.as_second() % EVERY.as_secs() != 0 {
            return;
        }
        let from = self.now.saturating_sub(EVERY).unwrap_or(self.now);
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        for region in regions {
            for (key, body) in self.captured(&region, from) {
                // A bucket that is not there keeps nothing, and the endpoint answers on.
                let _lost = self.write_object(&region, &key, body);
            }
        }
    }

    /// Makes what a region's endpoint captured before the world's start, as far as a shadow looks back: without events, without log.
    pub(crate) fn make_captured(&mut self, region: &RegionName) {
        let Some(shadow) = self.config.fleet.shadow.clone().filter(|_| self.config.requests.is_some()) else { return };
        let files = i64::from(shadow.hours) * 3600 / EVERY.as_secs();
        let last = self.config.start.as_second().div_euclid(EVERY.as_secs()) * EVERY.as_secs();
        for from in (1..=files).filter_map(|back| Timestamp::from_second(last - back * EVERY.as_secs()).ok()) {
            for (key, body) in self.captured(region, from) {
                let id = Random::labelled(self.config.seed, ["installed", &key]).token(32);
                if let Some(own) = self.regions.get_mut(region) {
                    own.bucket.put(&key, Version::new(id, body, from));
                }
            }
        }
    }

    /// The files of a region's capture that begins at a moment: one for each configuration that serves and captures.
    fn captured(&mut self, region: &RegionName, from: Timestamp) -> Vec<(String, Bytes)> {
        if self.is_silenced(region, from) {
            return Vec::new();
        }
        let fleets = self.fleets(region, from);
        let files = fleets.iter().filter_map(|serving| {
            let endpoint = self.regions.get(region)?.sagemaker.endpoints.get(self.config.fleet.endpoint.as_str())?;
            let capacity = endpoint.capacity(&serving.config)?.clone();
            let capture = capacity.capture.clone().filter(|capture| capture.enable_capture == Some(true))?;
            let share = f64::from(capture.initial_sampling_percentage) / 100.0 * serving.share;
            let requests = self.customers_rps(region, from) * share * EVERY.as_secs_f64();
            Some((capacity, capture, requests))
        });
        let files: Vec<_> = files.collect();
        files
            .into_iter()
            .filter_map(|(capacity, capture, requests)| {
                let moment = from.as_millisecond().to_string();
                let label = ["captured", region.as_str(), &capacity.config, &moment];
                let mut random = Random::labelled(self.config.seed, label);
                let hour = from.strftime("%Y/%m/%d/%H/%M-%S-000");
                let (bucket, prefix) = split_s3_url(&capture.destination_s3_uri)?;
                let endpoint = &self.config.fleet.endpoint;
                let key = format!("{prefix}/{endpoint}/{}/{hour}-{}.jsonl", capacity.variant, random.uuid());
                let count = random.poisson(requests).min(MOST);
                let body = self.capture_file(region, &capacity, &capture, (from, count), &mut random)?;
                self.instances_may_capture(region, &capacity.config, bucket, &key).then_some((key, body))
            })
            .collect()
    }

    /// So many requests of a moment, drawn from the records that the world knows, with what the instances answer.
    fn capture_file(
        &self,
        region: &RegionName,
        capacity: &Capacity,
        capture: &DataCaptureConfig,
        (at, count): (Timestamp, u64),
        random: &mut Random,
    ) -> Option<Bytes> {
        let requests = self.config.requests.as_ref()?;
        let model = &self.models.get(&capacity.archive?)?.model;
        let factors = self.factors(region, at);
        let last = i64::try_from(requests.rows().checked_sub(1)?).ok()?;
        let mut lines = String::new();
        for _ in 0..count {
            let row = requests.row(usize::try_from(random.between(0, last)).ok()?);
            let fields = row.iter().zip(&factors).map(|(value, factor)| match value.is_nan() {
                true => String::new(),
                false => ((f64::from(*value) * factor) as f32).to_string(),
            });
            let payload = fields.collect::<Vec<_>>().join(",");
            // A request that the model refuses is captured without an answer.
            let answer = model.answer_csv(&payload).ok();
            lines.push_str(&event(capture, &payload, answer.as_deref(), at, random).to_string());
            lines.push('\n');
        }
        (count > 0).then(|| Bytes::from(lines))
    }

    /// By feature, how many times its usual value customers of a region send at a moment.
    fn factors(&self, region: &RegionName, at: Timestamp) -> Vec<f64> {
        let start = self.config.start;
        let applies = |own: &&FeatureChange| {
            own.region.as_ref().is_none_or(|only| only == region) && own.from.is_none_or(|from| from.after(start) <= at)
        };
        let changes: Vec<&FeatureChange> = self.config.features.iter().filter(applies).collect();
        let features = self.config.requests.iter().flat_map(|requests| requests.features());
        features.map(|name| changes.iter().filter(|own| own.feature == *name).map(|own| own.factor).product()).collect()
    }
}

/// One line of a capture file.
fn event(
    capture: &DataCaptureConfig,
    payload: &str,
    answer: Option<&str>,
    at: Timestamp,
    random: &mut Random,
) -> Value {
    let captures = |side: &str| {
        capture.capture_options.iter().any(|own| own.capture_mode == side || own.capture_mode == "InputAndOutput")
    };
    let listed = capture.capture_content_type_header.as_ref();
    let as_text = listed.is_some_and(|own| own.csv_content_types.iter().any(|own| own == CSV));
    let side = |mode: &str, content_type: &str, text: &str| {
        let (data, encoding) = if as_text { (text.to_owned(), "CSV") } else { (STANDARD.encode(text), "BASE64") };
        json!({"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding})
    };
    let mut data = serde_json::Map::new();
    if captures("Input") {
        data.insert("endpointInput".to_owned(), side("INPUT", CSV, payload));
    }
    if let Some(answer) = answer.filter(|_| captures("Output")) {
        data.insert("endpointOutput".to_owned(), side("OUTPUT", "text/csv; charset=utf-8", answer));
    }
    let metadata = json!({"eventId": random.uuid(), "inferenceTime": at.to_string()});
    json!({"captureData": data, "eventMetadata": metadata, "eventVersion": "0"})
}
