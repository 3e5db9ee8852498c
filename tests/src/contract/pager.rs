//! Pages.

use crate::Kept;
use crate::stage::Stage;
use meridian_domain::{Advice, Reason};
use meridian_handlers::ports::{Notice, Page, Ports};
use meridian_local::world::What;
use serde_json::json;

/// A page of a cause that has a person's words.
pub(super) fn page(subject: &str, message: &str) -> Page {
    let why = Reason::Said { words: "São Paulo: a=b+c & \"100 %\"".to_owned(), by: None };
    let notice = Notice::Plan { why, advice: Advice::MendCause };
    Page { notice, subject: subject.to_owned(), message: message.to_owned() }
}

fn sent(stage: &Stage<impl Ports>) -> Vec<(String, String, String)> {
    let pages = stage.happened().into_iter().filter_map(|what| match what {
        What::PageSent { topic, subject, message, .. } => Some((topic, subject, message)),
        _ => None,
    });
    pages.collect()
}

/// Line breaks, signs and letters of every kind included.
pub async fn a_page_arrives_as_it_was_sent(stage: &Stage<impl Ports>) -> Kept {
    let page = page(
        "JP stays on v426: its control plane is dark",
        "What happened: UpdateEndpoint & co. don't answer (100 % lost).\nWhat to do: a=b+c; São Paulo → nothing.",
    );
    stage.ports.page(stage.home(), &page).await?;
    assert_eq!(sent(stage), [(stage.fleet.topic_arn(stage.home()), page.subject, page.message)]);
    Ok(())
}

/// A subscription chooses by the kind; whatever reads the message has its reason without reading its words.
pub async fn a_page_carries_what_its_text_was_made_of(stage: &Stage<impl Ports>) -> Kept {
    let page = page("JP is not promoted to v427", "Fix the cause.");
    stage.ports.page(stage.home(), &page).await?;
    stage.ports.advise(stage.home(), &page).await?;
    let carried = stage.happened().into_iter().filter_map(|what| match what {
        What::PageSent { about, reason, .. } | What::AdviceSent { about, reason, .. } => Some((about, reason)),
        _ => None,
    });
    let expected = (Some("mend_cause".to_owned()), Some(json!(page.notice)));
    assert_eq!(carried.collect::<Vec<_>>(), [expected.clone(), expected]);
    Ok(())
}

/// An advice is told from a page by an attribute, so that nobody is paged for it.
pub async fn an_advice_is_no_page(stage: &Stage<impl Ports>) -> Kept {
    stage.ports.advise(stage.home(), &page("Callers send what no release can read", "Limit them.")).await?;
    assert_eq!(sent(stage), []);
    let advised = stage.happened().iter().filter(|what| matches!(what, What::AdviceSent { .. })).count();
    assert_eq!(advised, 1);
    Ok(())
}

/// A refused page would reach nobody.
pub async fn a_subject_that_sns_would_refuse_is_made_to_fit(stage: &Stage<impl Ports>) -> Kept {
    let page = page(&format!("São Paulo\nrolled back {}", "x".repeat(200)), "Look.");
    stage.ports.page(stage.home(), &page).await?;
    let pages = sent(stage);
    let (_, subject, _) = pages.first().ok_or("no page was sent")?;
    assert!(subject.starts_with("S?o Paulo?rolled back x"), "{subject}");
    assert_eq!(subject.len(), 99);
    Ok(())
}

/// A region pages through its own topic: nothing else may be needed for it.
pub async fn a_topic_of_each_region(stage: &Stage<impl Ports>) -> Kept {
    let page = page("Look", "Look.");
    for region in &stage.fleet.regions {
        stage.ports.page(&region.name, &page).await?;
    }
    let topics: Vec<String> = sent(stage).into_iter().map(|(topic, ..)| topic).collect();
    let expected: Vec<String> = stage.fleet.regions.iter().map(|region| stage.fleet.topic_arn(&region.name)).collect();
    assert_eq!(topics, expected);
    Ok(())
}
