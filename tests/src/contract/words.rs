//! A tour that writes down what the ports answer, word for word: two implementations must tell the same.

use super::pager::page;
use crate::stage::{DARK, FLAKY, Stage, THROTTLED, payload, release};
use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::alarms::{composite_name, guard_names};
use meridian_domain::{Chain, RegionName, Routing, UpdateSpec};
use meridian_handlers::ports::{
    Answer, CountsQuery, FailureKind, MetricPoint, ObjectVersion, PackageSpec, Ports, StartSpec,
};
use std::error::Error;
use std::fmt::Debug;

/// What was answered, and when.
#[derive(Debug, Default)]
struct Diary(Vec<String>);

impl Diary {
    fn note<T: Debug>(&mut self, stage: &Stage<impl Ports>, what: &str, answer: Answer<T>) {
        let answer = match answer {
            Ok(answer) => format!("{answer:?}"),
            Err(error) => error.to_string(),
        };
        self.0.push(format!("{} {what}: {answer}", stage.ports.now()));
    }
}

/// Goes through every port, its errors above all. The last lines are the number of calls that it took.
///
/// # Errors
/// A name of the tour's own is none.
pub async fn tour(stage: &Stage<impl Ports>) -> Result<Vec<String>, Box<dyn Error>> {
    let mut diary = Diary::default();
    store(stage, &mut diary).await?;
    registry(stage, &mut diary).await;
    update(stage, &mut diary).await?;
    signals(stage, &mut diary).await?;
    pipeline(stage, &mut diary).await?;
    ill_regions(stage, &mut diary).await?;
    diary
        .0
        .extend(stage.calls().iter().map(|((region, operation), times)| format!("{operation} in {region}: {times}")));
    Ok(diary.0)
}

async fn store(stage: &Stage<impl Ports>, diary: &mut Diary) -> Result<(), Box<dyn Error>> {
    let (ports, home) = (&stage.ports, stage.home());
    diary.note(stage, "create", ports.create(home, "notes/a", Bytes::from_static(b"a")).await);
    diary.note(stage, "create again", ports.create(home, "notes/a", Bytes::from_static(b"b")).await);
    diary.note(stage, "replace", ports.replace(home, "notes/a", Bytes::from_static(b"b")).await);
    diary.note(stage, "get", ports.get(home, "notes/a").await);
    diary.note(stage, "get nothing", ports.get(home, "notes/none").await);
    diary.note(stage, "get of no region", ports.get(&"us-east-1".parse()?, "notes/a").await);
    diary.note(stage, "create nameless", ports.create(home, &"k".repeat(1025), Bytes::new()).await);
    diary.note(stage, "list", ports.list(home, "", None).await);
    ports.create(home, &Chain::Home.key(&stage.fleet.name, 0), Bytes::from_static(b"[]")).await?;
    diary.note(stage, "a broken chain", ports.entries(home, &Chain::Home, 0).await);
    Ok(())
}

async fn registry(stage: &Stage<impl Ports>, diary: &mut Diary) {
    let (ports, home) = (&stage.ports, stage.home());
    let package = PackageSpec {
        release: release("v427"),
        group: stage.fleet.name.to_string(),
        description: "the next one".to_owned(),
        image: "fraud-xgboost".to_owned(),
        model_data_url: "s3://fraud-models-eu/model.tar.gz".to_owned(),
        evaluation: "s3://fraud-models-eu/evaluation.json".to_owned(),
        metadata: Vec::new(),
    };
    diary.note(stage, "register", ports.register(home, &package).await);
    let many = (0..51).map(|number| (number.to_string(), "x".to_owned())).collect();
    let crowded = PackageSpec { release: release("v428"), metadata: many, ..package.clone() };
    let odd = vec![("auc".to_owned(), "0.92 (better), 100 %".to_owned())];
    let unwritable = PackageSpec { release: release("v429"), metadata: odd, ..package.clone() };
    diary.note(stage, "register with odd words", ports.register(home, &unwritable).await);
    diary.note(stage, "register with too much", ports.register(home, &crowded).await);
    diary.note(
        stage,
        "register nowhere",
        ports.register(home, &PackageSpec { group: "g".to_owned(), ..package }).await,
    );
    diary.note(stage, "approval of nothing", ports.approval(home, "arn:aws:sagemaker:nothing").await);
}

async fn update(stage: &Stage<impl Ports>, diary: &mut Diary) -> Result<(), Box<dyn Error>> {
    let (ports, home) = (&stage.ports, stage.home());
    let bake = SignedDuration::from_mins(5);
    let update = stage.prepare("v427", Routing::Canary { instances: 1, bake }).await?;
    diary.note(stage, "create model again", ports.create_model(home, &stage.model("v427")?).await);
    diary.note(stage, "create config again", ports.create_config(home, &stage.config("v427")?).await);
    diary.note(stage, "create config of nothing", ports.create_config(home, &stage.config("v428")?).await);
    let greedy = UpdateSpec { routing: Routing::Canary { instances: 2, bake }, ..update.clone() };
    diary.note(stage, "too large a canary", ports.update(home, &greedy).await);
    let alarms = vec!["nothing".to_owned()];
    diary.note(stage, "no alarm", ports.update(home, &UpdateSpec { rollback_alarms: alarms, ..update.clone() }).await);
    let unknown = UpdateSpec { config: "nothing".parse()?, ..update.clone() };
    diary.note(stage, "update to nothing", ports.update(home, &unknown).await);
    let nowhere = UpdateSpec { endpoint: "nothing".parse()?, ..update.clone() };
    diary.note(stage, "update of nothing", ports.update(home, &nowhere).await);
    diary.note(stage, "update", ports.update(home, &update).await);
    diary.note(stage, "update again", ports.update(home, &update).await);
    for _ in 0..12 {
        diary.note(stage, "describe", ports.describe(home, &stage.fleet.endpoint).await);
        ports.sleep(SignedDuration::from_mins(1)).await;
    }
    diary.note(stage, "invoke", ports.invoke(home, &stage.fleet.endpoint, &payload(), "text/csv").await);
    diary.note(stage, "invoke with words", ports.invoke(home, &stage.fleet.endpoint, "words", "text/csv").await);
    diary.note(stage, "invoke nothing", ports.invoke(home, &"nothing".parse()?, &payload(), "text/csv").await);
    Ok(())
}

async fn signals(stage: &Stage<impl Ports>, diary: &mut Diary) -> Result<(), Box<dyn Error>> {
    let (ports, home) = (&stage.ports, stage.home());
    let config = stage.target("v427")?.config;
    let guards = meridian_domain::alarms::guards(&stage.fleet, stage.policy()?, &config, None);
    diary.note(stage, "put alarms", ports.put_alarms(home, &guards).await);
    if let Some(guard) = guards.first() {
        let broken = meridian_domain::AlarmSpec { period: 7, ..guard.clone() };
        diary.note(stage, "put a broken alarm", ports.put_alarms(home, &[broken]).await);
    }
    let revert = |hours: i64| MetricPoint {
        name: meridian_domain::alarms::VERDICT,
        endpoint: stage.fleet.endpoint.clone(),
        value: 1.0,
        at: ports.now() + SignedDuration::from_hours(hours),
    };
    diary.note(stage, "publish", ports.publish(home, &[revert(0)]).await);
    diary.note(stage, "publish too early", ports.publish(home, &[revert(3)]).await);
    let names: Vec<String> = guard_names(&stage.fleet).into_iter().chain([composite_name(&stage.fleet)]).collect();
    for _ in 0..10 {
        diary.note(stage, "alarms", ports.alarms(home, &names).await);
        ports.sleep(SignedDuration::from_secs(40)).await;
    }
    for version in ["v426", "v427"] {
        let query = CountsQuery {
            endpoint: stage.fleet.endpoint.clone(),
            variant: stage.fleet.variant.clone(),
            config: stage.config(version)?.name,
            release: stage.target(version)?.release,
            role: stage.target(version)?.role,
            from: ports.now() - SignedDuration::from_mins(30),
            to: ports.now(),
            metrics: stage.fleet.judge.required(),
        };
        diary.note(stage, version, ports.counts(home, &query).await);
        let backwards = CountsQuery { to: query.from, ..query };
        diary.note(stage, "no time at all", ports.counts(home, &backwards).await);
    }
    Ok(())
}

async fn pipeline(stage: &Stage<impl Ports>, diary: &mut Diary) -> Result<(), Box<dyn Error>> {
    let (ports, home) = (&stage.ports, stage.home());
    let start = StartSpec {
        pipeline: stage.fleet.pipeline.clone(),
        token: release("v427").to_string(),
        variables: vec![("release".to_owned(), "r".to_owned())],
        source: ("Source".to_owned(), ObjectVersion("v".to_owned())),
    };
    diary.note(stage, "start nothing", ports.start(home, &StartSpec { pipeline: "x".parse()?, ..start.clone() }).await);
    let empty = vec![("release".to_owned(), String::new())];
    diary.note(stage, "start with nothing", ports.start(home, &StartSpec { variables: empty, ..start.clone() }).await);
    diary.note(stage, "start", ports.start(home, &start).await);
    let job = stage.next_job().await?;
    diary.note(stage, &format!("continue {job:?}"), ports.succeed(home, &job.id, Some("later"), "").await);
    diary.note(stage, "continue again", ports.succeed(home, &job.id, Some("later"), "").await);
    let job = stage.next_job().await?;
    diary.note(stage, &format!("fail {job:?}"), ports.fail(home, &job.id, FailureKind::JobFailed, "no").await);
    diary.note(stage, "fail nothing", ports.fail(home, "nothing", FailureKind::JobFailed, "no").await);
    let page = page("Look", "");
    diary.note(stage, "an empty page", ports.page(home, &page).await);
    Ok(())
}

async fn ill_regions(stage: &Stage<impl Ports>, diary: &mut Diary) -> Result<(), Box<dyn Error>> {
    let ports = &stage.ports;
    let (dark, throttled, flaky): (RegionName, RegionName, RegionName) =
        (DARK.parse()?, THROTTLED.parse()?, FLAKY.parse()?);
    let page = page("Look", "Look.");
    diary.note(stage, "dark", ports.describe(&dark, &stage.fleet.endpoint).await);
    diary.note(stage, "dark, its data plane", ports.invoke(&dark, &stage.fleet.endpoint, &payload(), "text/csv").await);
    diary.note(stage, "throttled", ports.alarms(&throttled, &["a".to_owned()]).await);
    diary.note(stage, "silent", ports.list(&throttled, "", None).await);
    diary.note(stage, "recovering", ports.page(&flaky, &page).await);
    diary.note(stage, "unavailable", ports.fail(&flaky, "job", FailureKind::JobFailed, "no").await);
    diary.note(stage, "no upload", ports.replace(&flaky, "notes/a", Bytes::from(vec![1; 3 << 20])).await);
    Ok(())
}
