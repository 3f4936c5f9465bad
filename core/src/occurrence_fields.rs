// Generated from events/ by `make generate`; do not edit.
//! Which fields of the content name the occurrence of an event.

use crate::payload::EventType;

/// One part of the name of an occurrence.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// A field of the content.
    By(&'static str),
    /// A field of each element of a list, or of those elements whose other field has the value.
    ByEach {
        /// The field of the content that is the list.
        list: &'static str,
        /// The field of its elements.
        field: &'static str,
        /// The other field and the value that it must have.
        only: Option<(&'static str, &'static str)>,
    },
}

/// What names the occurrence of an event of this type, all of it together; nothing for a signal.
pub const fn names_of(event_type: EventType) -> &'static [Named] {
    match event_type {
        EventType::RefreshFinished => &[Named::By("credentialsId"), Named::By("finished")],
        EventType::ReportsGenerationCompleted => {
            &[Named::ByEach { list: "reports", field: "id", only: Some(("status", "CREATED")) }]
        }
        EventType::PaymentUpdated => &[Named::By("id"), Named::By("updated")],
        EventType::MandatePaymentUpdated => &[Named::By("id"), Named::By("updatedTime")],
        EventType::SettlementTransactionCreated => &[Named::By("transactionId"), Named::By("timestamp")],
        EventType::SettlementPayoutUpdated => &[Named::By("id"), Named::By("timestamp")],
        EventType::ActionableInsightsCreated => &[Named::ByEach { list: "insights", field: "id", only: None }],
        EventType::EnrichmentCompleted => &[Named::By("batchId"), Named::By("completedAt")],
        _ => &[],
    }
}
