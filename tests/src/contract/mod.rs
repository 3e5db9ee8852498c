//! What the ports promise, port by port, and what all of them promise of errors.
//!
//! A promise's name says what holds. Where AWS's references leave a choice (an unknown job may be "not found" or
//! "refused"), so does the promise.

use meridian_handlers::ports::{Answer, ErrorKind};

pub mod artifacts;
pub mod clock;
pub mod endpoints;
pub mod errors;
pub mod images;
pub mod ledger;
pub mod lending;
pub mod pager;
pub mod pipeline;
pub mod registry;
pub mod scaling;
pub mod signals;
pub mod updates;
pub mod words;

/// The kind of a failure; none where there was none.
fn kind<T>(answer: Answer<T>) -> Option<ErrorKind> {
    answer.err().map(|error| error.kind)
}

/// Makes every promise a test of its own for one door into `local`'s world: a path to a function that takes a promise.
///
/// ```ignore
/// mod direct { meridian_tests::contract!(meridian_tests::doors::direct); }
/// ```
#[macro_export]
macro_rules! contract {
    ($door:path) => {
        $crate::modelled_promises!($door);
        mod local {
            $crate::local_promises!($door);
        }
    };
}

/// The promises that hold for proof's world as well.
#[macro_export]
macro_rules! modelled_promises {
    ($door:path) => {
        $crate::promises! { $door,
            ledger: [
                an_entry_comes_with_the_stores_own_time,
                the_kept_end_of_another_chain_is_no_entry,
                a_chain_begins_empty,
                entries_are_read_in_order_from_a_number_on,
                a_number_is_taken_once,
                chains_of_one_bucket_do_not_mix,
                a_long_chain_is_read_whole,
                the_newest_checkpoint_is_found_and_is_no_entry,
            ],
            endpoints: [
                a_serving_endpoint_names_its_configuration,
                a_model_is_created_once,
                a_configuration_is_created_once,
                a_configuration_needs_its_model,
                an_update_needs_its_configuration,
                an_update_needs_its_alarms,
                a_running_update_is_pending,
                a_second_update_conflicts,
                a_canary_bakes_before_it_shifts,
                an_update_all_at_once_is_watched_after_it_moved,
                an_update_ends_on_its_configuration,
                a_tripped_alarm_turns_the_update_back,
                an_endpoint_answers_a_number,
            ],
            signals: [
                a_verdict_is_an_alarm_until_it_is_withdrawn,
                an_alarms_description_is_the_one_written_last,
                a_rewritten_alarm_keeps_its_state,
                an_alarm_for_silence_goes_off_in_silence,
                composite_alarms_are_shown,
                alarms_that_do_not_exist_are_left_out,
                a_metric_far_from_now_is_refused,
                a_fleet_that_never_served_counts_nothing,
            ],
            pipeline: [
                one_token_starts_one_execution,
                an_unknown_pipeline_is_not_found,
                an_answered_job_leads_to_the_next,
                a_continuation_comes_back_after_half_a_minute,
                a_job_is_answered_once,
                an_unknown_job_takes_no_answer,
            ],
            clock: [calls_take_no_time],
            errors: [
                a_dark_plane_is_unreachable_after_twelve_seconds,
                a_dark_plane_is_ill_again_the_next_time,
                a_dark_plane_still_serves,
                a_throttled_control_plane_says_so_after_three_tries,
            ],
        }
    };
}

/// The promises that need what proof's world leaves out.
#[macro_export]
macro_rules! local_promises {
    ($door:path) => {
        $crate::promises! { $door,
            // It keeps no bytes but those of the ledger, the manifests and the golden records, and all buckets have the same.
            artifacts: [
                what_was_created_is_read_back,
                a_missing_key_is_not_found,
                an_object_that_is_too_large_is_not_read,
                a_key_is_created_once,
                a_replaced_object_has_a_new_version,
                an_empty_object_is_an_object,
                a_large_object_is_read_whole,
                an_unusual_key_is_a_key,
                keys_are_listed_in_order_after_a_key,
                a_listing_holds_a_thousand_keys,
                a_region_outside_of_the_fleet_is_refused,
            ],
            // Its writers are unverified, and its entries are no objects that somebody else could write.
            ledger: [
                the_writer_is_whom_sts_says,
                what_is_no_entry_is_refused,
            ],
            // Whatever a release names is there.
            images: [
                an_image_is_found_by_its_digest_in_its_region,
            ],
            // Every release is registered and approved.
            registry: [
                a_release_is_registered_once,
                a_new_package_is_pending,
                a_decision_stands,
                a_package_names_its_evaluation_and_keeps_what_is_added,
                a_long_reason_is_cut,
                an_unknown_group_is_refused,
                an_unknown_package_is_not_approved,
            ],
            endpoints: [
                // Each region has one endpoint, which is there.
                an_endpoint_that_is_not_there_is_none,
                an_endpoint_is_created_once,
                an_endpoint_that_is_not_there_answers_nothing,
                // Whatever a release names is there.
                instances_do_not_start_without_a_file_beside_their_model,
                // Its fleets have no region of these styles.
                a_linear_update_waits_after_every_step_but_the_last,
                a_rolling_update_ends_on_its_configuration,
                // It answers golden records, and no customers.
                an_endpoint_that_is_asked_for_json_answers_json,
                what_is_no_payload_is_refused_without_repeating_it,
                a_customers_question_is_answered_as_the_container_answers_it,
                a_containers_error_is_an_answer_with_its_own_status,
            ],
            // Its fleets have no `[scaling]`.
            scaling: [
                a_raised_floor_brings_instances,
                scaling_and_an_update_keep_out_of_each_others_way,
                a_nightly_floor_comes_and_goes,
                an_endpoint_that_is_not_there_is_not_scaled,
                another_instance_type_wants_a_variant_that_does_not_scale,
            ],
            signals: [
                // All alarms exist, and are OK before they have data: nothing decides by the difference. They say no reason.
                a_new_alarm_has_insufficient_data,
                an_alarm_goes_off_after_its_period,
                // What is counted is drawn minute by minute, complete at once, for the last eight: there is no traffic.
                a_fleet_is_counted_minute_by_minute,
                a_metric_counts_what_its_name_says,
                a_whole_endpoint_is_counted_slot_by_slot,
                only_minutes_that_start_in_the_stretch_count,
                a_minute_is_complete_two_minutes_after_its_end,
                a_metric_that_cannot_be_counted_is_refused,
            ],
            // It keeps no words that people are told.
            pipeline: [
                a_failed_job_fails_the_execution,
                the_latest_executions_are_listed,
                long_words_are_cut,
            ],
            // Likewise.
            pager: [
                a_page_arrives_as_it_was_sent,
                a_page_carries_what_its_text_was_made_of,
                an_advice_is_no_page,
                a_subject_that_sns_would_refuse_is_made_to_fit,
                a_topic_of_each_region,
            ],
            // It has whole seconds, and a sleep takes one at least.
            clock: [
                a_sleep_takes_what_it_says,
                a_sleep_that_is_over_takes_nothing,
            ],
            // Of services beside SageMaker it knows only that they do not answer; and it has neither retries nor the services' words.
            errors: [
                a_throttled_call_says_so_after_three_tries,
                a_call_that_recovers_is_answered,
                a_failing_service_is_unreachable_after_three_tries,
                a_large_upload_has_more_time,
                a_refusal_is_not_repeated,
                a_customer_waits_two_seconds_and_no_longer,
                an_error_names_its_operation_and_region,
            ],
        }
    };
}

/// The tests of [`contract!`], from the promises' names.
#[macro_export]
macro_rules! promises {
    ($door:path, $($port:ident: [$($promise:ident),* $(,)?]),* $(,)?) => {$(
        mod $port {
            $(
                #[test]
                fn $promise() -> $crate::Kept {
                    $door(async |stage| $crate::contract::$port::$promise(stage).await)
                }
            )*
        }
    )*};
}
